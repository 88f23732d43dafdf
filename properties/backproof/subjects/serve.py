"""The child process, python -m backproof.subjects.serve JUDGE MEMORY: it answers calls.

It ends with its input, or with the process JUDGE; MEMORY is what a subject may take, 0 for any.
The streams of the protocol are put out of reach before any foreign code is loaded: what a subject
prints goes to files of its own and is reported, its input is empty, and a copy that it makes of its
process has neither.
"""

import contextlib
import faulthandler
import os
import sys
import tempfile
from typing import Any, BinaryIO

from backproof.subjects.calls import hello, perform
from backproof.subjects.failures import CannotLoad
from backproof.subjects.guard import guarded
from backproof.subjects.handed import Handed
from backproof.subjects.loading import load, loading
from backproof.subjects.messages import Call, Failure, Load, Outcome, decoder, encode, read, write


def main() -> None:
    """Answer one `Load`, then calls."""
    judge, memory = map(int, sys.argv[1:])
    _limit("RLIMIT_CORE", 0)  # no core file in the user's folder
    guarded(judge, memory)
    requests, replies, noise = _take_streams()
    faulthandler.enable()
    if (frame := read(requests)) is None:
        return
    _limit("RLIMIT_DATA", memory or None)  # what the judge may take is no limit of its
    number, body = frame
    try:
        message = decoder(Load).decode(body)
        with loading(message.subject):
            implementation = load(message.subject, message.precision, message.options)
            greeting = hello(implementation, message.subject)
    except CannotLoad as reason:
        failure = Failure(kind="load", message=reason.message, detail=reason.detail)
        write(replies, number, encode(Outcome(failure=failure)))
        return
    write(replies, number, encode(noise.beside(Outcome(hello=greeting))))
    _answer_calls(implementation, requests, replies, noise)


def _answer_calls(
    implementation: Any, requests: BinaryIO, replies: BinaryIO, noise: "Noise"
) -> None:
    calls, handed = decoder(Call), Handed()
    while (frame := read(requests)) is not None:
        number, body = frame
        outcome = perform(implementation, calls.decode(body), handed)
        write(replies, number, encode(noise.beside(outcome)))


class Noise:
    """What has been printed to both outputs since it was last asked.

    The files are held apart: a subject may close its own, and open others in their place.
    """

    def __init__(self, printed: int, errors: int) -> None:
        self._files = printed, errors

    def beside(self, outcome: Outcome) -> Outcome:
        """The outcome with what was printed meanwhile."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # a subject may have closed or replaced it
                stream.flush()
        outcome.noise, outcome.errors = map(_emptied, self._files)
        return outcome


def _emptied(file: int) -> str:
    """The first thousand bytes of a file, which is empty then."""
    if not os.fstat(file).st_size:
        return ""
    os.lseek(file, 0, os.SEEK_SET)
    printed = os.read(file, 1000)
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    return printed.decode("utf-8", "replace")


def _take_streams() -> tuple[BinaryIO, BinaryIO, Noise]:
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 1)

    def without() -> None:
        for stream in (requests, replies):  # a copy of the process neither answers nor listens
            os.dup2(nothing, stream.fileno(), inheritable=False)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=without)
    return requests, replies, Noise(os.dup(1), os.dup(2))


def _limit(name: str, most: int | None) -> None:
    with contextlib.suppress(ImportError, AttributeError, ValueError, OSError, OverflowError):
        import resource  # not every system has such limits

        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1] if most is None else most
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
