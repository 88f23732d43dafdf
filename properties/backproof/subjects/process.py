"""The subject in a process of its own: calls with a time limit, hangs and crashes with a name."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from typing import IO, BinaryIO

import msgspec

from backproof.subjects.failures import CannotLoad, Died
from backproof.subjects.messages import (
    Call,
    Hello,
    Load,
    Outcome,
    decoder,
    encode,
    read,
    write_frame,
)

PIPE = 32 * 1024
"""Bytes that a pipe takes at once on every system."""


@dataclass(frozen=True)
class Limits:
    """What a subject may take: seconds for a call and for the first one, bytes of memory.

    The first call, and loading, may take six times as long unless said: there is much to import.
    """

    seconds: float = 10.0
    first_seconds: float = 0.0
    memory: int = 4 * 2**30

    def __post_init__(self) -> None:
        if not self.first_seconds:
            object.__setattr__(self, "first_seconds", 6 * self.seconds)


@dataclass
class Child:
    """A child process that serves one subject, started anew whenever it has died.

    isolated: true; what the subject does cannot reach the judge.
    """

    subject: str
    precision: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    isolated: bool = True

    def __post_init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._errors: BinaryIO | None = None
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._decoder = decoder(Outcome)
        self._fresh = self._patient = True

    def hello(self) -> Hello:
        """Start the child and load the subject.

        Raises: CannotLoad with the child's own reason.
        """
        self.close()
        self._start()
        load = Load(
            subject=self.subject,
            precision=self.precision,
            options=self.options,
            memory=self.limits.memory,
        )
        try:
            outcome = self._ask(load, "loading", self.limits.first_seconds)
        except Died as reason:
            detail = f"\n{reason.detail}" if reason.detail else ""
            raise CannotLoad(f"{self.subject}: {reason.message}{detail}") from None
        if outcome.failure is not None:
            self.close()
            raise CannotLoad(outcome.failure.message)
        assert outcome.hello is not None  # a reply to Load has one or the other
        self._fresh = True
        return outcome.hello

    def call(self, call: Call) -> Outcome:
        """The outcome of one call.

        Raises: Died when the subject hangs or crashes.
        """
        if self._process is None:
            self.restart()
        first = self._fresh and self._patient  # who has hung once is not waited for so long again
        limit = self.limits.first_seconds if first else self.limits.seconds
        outcome = self._ask(call, call.capability, limit)
        self._fresh = False
        return outcome

    def restart(self) -> None:
        """A fresh child, which remembers nothing.

        Raises: Died when the subject does not start again.
        """
        try:
            self.hello()
        except CannotLoad as reason:
            raise Died("starting again", str(reason)) from None

    def close(self) -> None:
        """End the child, whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started
            else:
                process.kill()
        process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1.0)  # it closes the stream that it reads
        for stream in (process.stdin, self._errors):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        self._errors = None

    def _start(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
        threads = {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }  # small nets: more is slower
        # -P: nothing in the current folder may stand in for a module of ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "backproof.subjects.serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=threads | dict(os.environ),
            start_new_session=True,  # a Ctrl-C is for the judge, who ends the child himself
        )
        self._replies = queue.SimpleQueue()
        assert self._process.stdout is not None
        reader = (self._process.stdout, self._replies)
        self._reader = threading.Thread(target=_pump, args=reader, daemon=True)
        self._reader.start()

    def _ask(self, message: Load | Call, what: str, limit: float) -> Outcome:
        assert self._process is not None
        assert self._process.stdin is not None
        body = encode(message)
        if len(body) < PIPE:
            _send(self._process.stdin, body)
        else:  # a pipe takes no more until it is read, and a subject may have stopped reading
            sending = (self._process.stdin, body)
            threading.Thread(target=_send, args=sending, daemon=True).start()
        try:
            reply = self._replies.get(timeout=limit)
        except queue.Empty:
            self.close()
            self._patient = False
            words = f"{what} gave no answer within {limit:g} s; --call-seconds allows more"
            raise Died(what, words) from None
        except BaseException:  # Ctrl-C: the answer that is still to come must meet no later call
            self.close()
            raise
        if reply is None:
            raise self._crashed(what)
        return self._decoded(reply, what)

    def _decoded(self, body: bytes, what: str) -> Outcome:
        try:
            outcome: Outcome = self._decoder.decode(body)
        except (msgspec.DecodeError, ValueError, TypeError) as error:
            self.close()
            raise Died(what, f"{what} sent bytes that are no message: {error}") from None
        return outcome

    def _crashed(self, what: str) -> Died:
        assert self._process is not None
        status = self._process.wait()
        detail = self._last_words()
        self.close()
        return Died(what, f"{what} ended its process ({_ending(status)})", detail)

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 2000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return "\n".join(lines[-8:])


def _send(stream: "IO[bytes]", body: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):  # a dead child: the reader tells
        write_frame(stream, body)


def _pump(stream: BinaryIO, replies: "queue.SimpleQueue[bytes | None]") -> None:
    """Frames from the child into the queue; None when there will be no more."""
    with contextlib.suppress(OSError, ValueError), stream:
        while (body := read(stream)) is not None:
            replies.put(body)
    replies.put(None)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
