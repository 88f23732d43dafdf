"""A process of our own with two pipes: a frame goes in, the one with its number comes out."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, BinaryIO

from backproof.subjects.last_words import last_words
from backproof.subjects.messages import read, write
from backproof.subjects.rights import rights

PIPE = 32 * 1024
"""Bytes that a pipe takes at once on every system."""

LAST = 2**16
"""Bytes of standard error that are read again: a crash names every module in the process."""


LOOK = 0.25
"""Seconds after which a process that does not answer is looked at: another may hold its pipe."""


class TooLate(Exception):  # noqa: N818 (what the answer is)
    """No frame has come within its time."""


class Strange(Exception):  # noqa: N818 (what the answer is)
    """A frame has come that answers no request."""


class Piped:
    """A Python module that runs in a process and a process group of its own.

    user: whose rights it has; "": those of whoever starts it
    """

    def __init__(self, module: str, *words: str, user: str = "") -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        threads = {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }  # small nets: more is slower
        # -P: nothing in the current folder may stand in for a module of ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=threads | dict(os.environ),
            start_new_session=True,  # a Ctrl-C is for the judge, who ends the child himself
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # Windows: likewise
            **rights(user),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._number = self._process.stdin, 0
        self._replies: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        reader = (self._process.stdout, self._asked, self._replies)
        self._reader = threading.Thread(target=_pump, args=reader, daemon=True)
        self._reader.start()

    def ask(self, body: bytes, limit: float) -> bytes | None:
        """The reply to a frame, or None where the process has ended.

        Raises: TooLate after so many seconds; Strange where the reply is to another frame.
        """
        self._number += 1
        self._asked.put(True)
        request = (self._requests, self._number, body)
        if len(body) < PIPE:
            _send(*request)
        else:  # a pipe takes no more until it is read, and a subject may have stopped reading
            threading.Thread(target=_send, args=request, daemon=True).start()
        reply = self._reply(time.monotonic() + limit)
        if reply is None:
            return None
        if reply[0] != self._number:
            raise Strange(f"reply {reply[0]} came to request {self._number}")
        return reply[1]

    def _reply(self, until: float) -> tuple[int, bytes] | None:
        """The next frame, or None where there will be none.

        Raises: TooLate.
        """
        while True:
            left = max(0.0, until - time.monotonic())
            with contextlib.suppress(queue.Empty):
                return self._replies.get(timeout=min(LOOK, left))
            if self._process.poll() is not None:
                with contextlib.suppress(queue.Empty):  # what it has said before
                    return self._replies.get(timeout=LOOK)
                return None
            if not left:
                raise TooLate

    def last_words(self) -> tuple[str, str]:
        """How the process has ended, and what it wrote last to standard error."""
        try:
            ending = _ending(self._process.wait(timeout=1.0))
        except subprocess.TimeoutExpired:
            ending = "its pipe is closed, or has what is no reply"
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
        """End the process, whatever it is doing, with whatever it has started.

        It is asked first: a guard then also ends what is in no group of its own.
        """
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            self._process.terminate()
            self._process.wait(timeout=1.0)
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._asked.put(False)
        self._reader.join(timeout=LOOK)  # it closes the stream that it reads
        for stream in (self._requests, self._errors):
            with contextlib.suppress(OSError):
                stream.close()


def _send(stream: IO[bytes], number: int, body: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):  # a dead child: the reader tells
        write(stream, number, body)


def _pump(
    stream: BinaryIO,
    asked: "queue.SimpleQueue[bool]",
    replies: "queue.SimpleQueue[tuple[int, bytes] | None]",
) -> None:
    """A frame from the child for each that is asked; None when there will be no more.

    What nobody has asked for stays in the pipe, and takes no memory here.
    """
    with contextlib.suppress(OSError, ValueError, MemoryError), stream:
        while asked.get() and (frame := read(stream)) is not None:
            replies.put(frame)
    replies.put(None)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
