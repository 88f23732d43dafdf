"""Where the progress of a run is shown."""

from typing import Protocol

from backproof.reports.row import Row


class Show(Protocol):
    """Whoever is told of each law."""

    def started(self, row: Row) -> None:
        """A law begins."""

    def finished(self, row: Row) -> None:
        """A law has its verdict."""
