"""The child process, python -m backproof.subjects.serve: it answers calls until its input ends.

The streams of the protocol are put out of reach before any foreign code is loaded: what a subject
prints goes to files of its own and is reported, and its input is empty.
"""

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
import tempfile
from typing import Any, BinaryIO

from backproof.subjects.calls import hello, perform
from backproof.subjects.failures import CannotLoad
from backproof.subjects.handed import Handed
from backproof.subjects.loading import load, loading
from backproof.subjects.messages import Call, Failure, Load, Outcome, decoder, read, write


def main() -> None:
    """Answer one `Load`, then calls."""
    _die_with_the_parent()
    requests, replies, noise = _take_streams()
    faulthandler.enable()
    body = read(requests)
    if body is None:
        return
    message = decoder(Load).decode(body)
    _limit("RLIMIT_CORE", 0)  # no core file in the user's folder
    if message.memory:
        _limit("RLIMIT_DATA", message.memory)
    try:
        with loading(message.subject):
            implementation = load(message.subject, message.precision, message.options)
            greeting = hello(implementation, message.subject)
    except CannotLoad as reason:
        failure = Failure(kind="load", message=reason.message, detail=reason.detail)
        write(replies, Outcome(failure=failure))
        return
    write(replies, noise.beside(Outcome(hello=greeting)))
    _answer_calls(implementation, requests, replies, noise)


def _answer_calls(
    implementation: Any, requests: BinaryIO, replies: BinaryIO, noise: "Noise"
) -> None:
    calls, handed = decoder(Call), Handed()
    while (body := read(requests)) is not None:
        write(replies, noise.beside(perform(implementation, calls.decode(body), handed)))


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
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 1)
    return requests, replies, Noise(os.dup(1), os.dup(2))


def _die_with_the_parent() -> None:
    """Linux: a judge that is killed leaves no subject behind, not even one that hangs."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _limit(name: str, most: int) -> None:
    with contextlib.suppress(ImportError, AttributeError, ValueError, OSError, OverflowError):
        import resource  # not every system has such limits

        resource.setrlimit(getattr(resource, name), (most, most))


if __name__ == "__main__":
    main()
