"""Ctrl-C, or a request to end, as a wish: raised where work can stop, remembered elsewhere.

This file imports almost nothing, so that it listens before anything slow is imported.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Listens to SIGINT, SIGTERM and SIGHUP; a second one is raised wherever it comes."""

    def __init__(self) -> None:
        self.asked = False
        self._open = False
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first
            signal.signal(number, self._handle)
        hang_up = getattr(signal, "SIGHUP", None)  # not every system has it
        if hang_up and signal.getsignal(hang_up) != signal.SIG_IGN:  # as nohup wants it
            signal.signal(hang_up, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if self._open or again:
            raise KeyboardInterrupt

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
