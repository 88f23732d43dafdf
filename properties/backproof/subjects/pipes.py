"""A process of our own with two pipes: frames go in, frames come out within a time."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO, BinaryIO

from backproof.subjects.last_words import last_words
from backproof.subjects.messages import read, write_frame

PIPE = 32 * 1024
"""Bytes that a pipe takes at once on every system."""

LAST = 2**16
"""Bytes of standard error that are read again: a crash names every module in the process."""


class TooLate(Exception):  # noqa: N818 (what the answer is)
    """No frame has come within its time."""


class Piped:
    """A Python module that runs in a process and a process group of its own."""

    def __init__(self, module: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        threads = {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }  # small nets: more is slower
        # -P: nothing in the current folder may stand in for a module of ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=threads | dict(os.environ),
            start_new_session=True,  # a Ctrl-C is for the judge, who ends the child himself
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        reader = (self._process.stdout, self._replies)
        self._reader = threading.Thread(target=_pump, args=reader, daemon=True)
        self._reader.start()

    def ask(self, body: bytes, limit: float) -> bytes | None:
        """The reply to a frame, or None where the process has ended.

        Raises: TooLate after so many seconds.
        """
        if len(body) < PIPE:
            _send(self._requests, body)
        else:  # a pipe takes no more until it is read, and a subject may have stopped reading
            threading.Thread(target=_send, args=(self._requests, body), daemon=True).start()
        try:
            return self._replies.get(timeout=limit)
        except queue.Empty:
            raise TooLate from None

    def last_words(self) -> tuple[str, str]:
        """How the process has ended, and what it wrote last to standard error."""
        ending = _ending(self._process.wait())
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - LAST))
        return ending, last_words(self._errors.read().decode("utf-8", "replace"))

    def hanging(self) -> str:
        """Where the process hangs, which it says as it ends; nothing where no system asks it."""
        if not hasattr(signal, "SIGABRT") or os.name == "nt":
            return ""
        self._process.send_signal(signal.SIGABRT)  # faulthandler answers, even inside C
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)
            return self.last_words()[1].replace("Fatal Python error: Aborted", "it was here:")
        return ""

    def end(self) -> None:
        """End the process, whatever it is doing, with whatever it has started."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._reader.join(timeout=1.0)  # it closes the stream that it reads
        for stream in (self._requests, self._errors):
            with contextlib.suppress(OSError):
                stream.close()


def _send(stream: IO[bytes], body: bytes) -> None:
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
