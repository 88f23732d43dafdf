"""Ctrl-C, or a request to end, as a wish: raised where work can stop, remembered elsewhere.

This file imports almost nothing, so that it listens before anything slow is imported.
"""

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

SOON = 0.01
"""Seconds until a wish that was dropped is raised again."""

CURSOR = b"\x1b[?25h"
"""Shows the cursor of a terminal, which progress has hidden."""


class Interrupts:
    """Listens to SIGINT, SIGTERM and SIGHUP; at a second one the process ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self._open, self._first, self._dropped = False, 0.0, False
        sys.unraisablehook, self._otherwise = self._once_more, sys.unraisablehook
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first
            signal.signal(number, self._handle)
        hang_up = getattr(signal, "SIGHUP", None)  # not every system has it
        if hang_up and signal.getsignal(hang_up) != signal.SIG_IGN:  # as nohup wants it
            signal.signal(hang_up, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._dropped:
            self._dropped = False
        elif not self.asked:
            self.asked, self._first = True, time.monotonic()
        elif time.monotonic() > self._first + ONE:
            _leave()
        else:
            return
        if self._open:
            raise KeyboardInterrupt

    def _once_more(self, dropped: "sys.UnraisableHookArgs") -> None:
        """What is raised in a callback, as of the garbage collector, is dropped: ask again soon."""
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            self._dropped = True
            threading.Timer(SOON, _remind).start()
        else:
            self._otherwise(dropped)

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


def _remind() -> None:
    """SIGINT to the main thread, which it wakes where a system can."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def _leave() -> None:
    """Without a traceback from wherever it is; what was started ends with this process."""
    with suppress(OSError):
        if os.isatty(1):
            os.write(1, CURSOR)
        os.write(2, b"backproof: interrupted a second time; the report is not whole\n")
    os._exit(130)
