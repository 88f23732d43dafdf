"""Ctrl-C, or a request to end, as a wish: raised where work can stop, remembered elsewhere.

This file imports almost nothing, so that it listens before anything slow is imported.
"""

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ONE = 0.25
"""Seconds in which several signals are one wish, as a terminal that closes sends two."""

CURSOR = b"\x1b[?25h"
"""Shows the cursor of a terminal, which progress has hidden."""


class Interrupts:
    """Listens to SIGINT, SIGTERM and SIGHUP; at a second one the process ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self._open, self._lost, self._first = False, False, 0.0
        self._heard = [signal.SIGINT, signal.SIGTERM]  # a shell's background job ignores the first
        hang_up = getattr(signal, "SIGHUP", None)  # not every system has it
        if hang_up and signal.getsignal(hang_up) != signal.SIG_IGN:  # as nohup wants it
            self._heard.append(hang_up)
        for number in self._heard:
            signal.signal(number, self._handle)

    def over(self) -> None:
        """Listen no more: the exit status stands, and Python's own end would let a signal in."""
        for number in self._heard:
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.asked:
            self.asked, self._first = True, time.monotonic()
        elif self._lost:
            self._lost = False
        elif time.monotonic() > self._first + ONE:
            _leave()
        else:
            return
        if self._open:
            sys.unraisablehook = self._not_raised
            raise KeyboardInterrupt

    def _not_raised(self, found: "sys.UnraisableHookArgs") -> None:
        """Raise it again outside of a finaliser, which lets no exception out."""
        if issubclass(found.exc_type, KeyboardInterrupt):
            self._lost = True
            threading.Timer(0.01, _again).start()
        else:
            sys.__unraisablehook__(found)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """A stretch of work that Ctrl-C may stop at any point.

        Raises: KeyboardInterrupt, also at once where Ctrl-C came before.
        """
        try:
            self._open = True
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False


def _again() -> None:
    """A signal to the main thread, which may be asleep."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _leave() -> None:
    """Without a traceback from wherever it is; what was started ends with this process."""
    with suppress(OSError):
        if os.isatty(1):
            os.write(1, CURSOR)
        os.write(2, b"backproof: interrupted a second time; the report is not whole\n")
    os._exit(130)
