"""A guard between the judge and the subject, so that nothing of a subject outlives it.

Linux alone: the process that the judge starts stays as the guard, and a copy of it, made before any
foreign code is loaded, serves. What the subject starts, in whatever session, comes to the guard as
soon as its own parent ends (a subreaper). When the copy ends, or the judge does or asks for it, the
guard ends all of them. It also watches the memory that they have together, since no limit of a
process counts what is mapped to be shared.

Elsewhere there is no guard: the process group is ended, and a subject looks whether the judge
lives.
"""

import ctypes
import os
import signal
import threading
import time
from contextlib import suppress
from typing import NoReturn

from backproof.subjects.held import children, too_much

PERIOD = 0.25
"""Seconds between two looks."""

_DEATH_SIGNAL, _SUBREAPER = 1, 36  # of prctl


def guarded(judge: int, memory: int) -> None:
    """Return in the process that is to serve; memory: bytes for it and all it starts, 0 for any."""
    try:
        guard, server = os.getpid(), _copied(judge)
    except (AttributeError, OSError):  # a system without the means, or without a process more
        threading.Thread(target=_end_with, args=(judge,), daemon=True).start()
        return
    if server:
        _Guard(server, memory).watch()
    _ends_with_its_parent(guard, signal.SIGKILL)


def _copied(judge: int) -> int:
    """What os.fork answers, in the guard the process that is to serve.

    Raises: AttributeError or OSError where there is to be no guard.
    """
    if not _prctl(_SUBREAPER, 1):
        raise OSError("what a subject starts would not come to a guard")
    _ends_with_its_parent(judge, signal.SIGTERM)
    return os.fork()


def _prctl(option: int, value: int) -> bool:
    with suppress(Exception):  # no such library, or no such function in it
        return bool(ctypes.CDLL(None).prctl(option, value) == 0)
    return False


def _ends_with_its_parent(parent: int, number: signal.Signals) -> None:
    """Be sent a signal when the parent ends, if it has not ended already."""
    _prctl(_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        os._exit(1)


def _end_with(judge: int) -> None:
    while os.getppid() == judge:
        time.sleep(PERIOD)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


class _Guard:
    """What the guard does until the server has ended, and all that it has started."""

    def __init__(self, server: int, memory: int) -> None:
        self._signals = signal.SIGCHLD, signal.SIGTERM, signal.SIGABRT
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        self._server, self._memory = server, memory
        for pipe in (0, 1):  # the judge and the server alone hold the ends of their pipes
            os.close(pipe)

    def watch(self) -> NoReturn:
        """Wait for the end of the server, and end as it has ended."""
        while (status := self._reaped()) is None:
            told = signal.sigtimedwait(self._signals, PERIOD)
            if told is None:
                self._look_at_memory()
            elif told.si_signo == signal.SIGTERM:
                _kill(self._server)
            elif told.si_signo == signal.SIGABRT:  # it is to say where it hangs
                _kill(self._server, signal.SIGABRT)
        self._end_all()
        _end_as(status)

    def _reaped(self) -> int | None:
        """The status of the server, once it has ended; others come to the guard, and go."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._server:
                    return ended[1]
        return None

    def _end_all(self) -> None:
        """End whatever is left; the children of what ends come to the guard."""
        while left := children(os.getpid()):
            for child in left:
                _kill(child)
                with suppress(ChildProcessError):
                    os.waitpid(child, 0)

    def _look_at_memory(self) -> None:
        if self._memory and too_much(children(os.getpid()), self._memory):
            words = f"it took more than {self._memory / 2**30:.3g} GiB in all; --memory allows more"
            os.write(2, words.encode())
            _kill(self._server)


def _kill(process: int, number: signal.Signals | None = None) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, number or signal.SIGKILL)


def _end_as(status: int) -> NoReturn:
    """End with the status that another process had, a signal included."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with suppress(OSError):  # SIGKILL is not to be changed
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))
