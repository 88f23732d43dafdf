"""What is shown while laws are judged: a line for each chapter, which opens where it does not hold.

A few laws, or all of them where that is asked for, have a line each.
"""

import time
from collections.abc import Callable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from backproof.reports.report import Report
from backproof.reports.row import FAILING, Row, Status

COLOURS: dict[Status, str] = {
    "internal": "bold magenta",
    "broken": "bold red",
    "error": "bold red",
    "stale": "red",
    "vacuous": "red",
    "unfinished": "yellow",
    "weak": "yellow",
    "known": "yellow",
    "holds": "green",
    "unsupported": "dim",
}
"""The gravest first: it stands for a chapter."""

COLUMN = 12
"""Where the names begin."""

FEW = 12
"""So many laws are shown one by one."""


class Lines:
    """The rows that are done, by chapter or one by one; `update` is told what is running."""

    def __init__(self, report: Report, console: Console, verbose: bool = False) -> None:
        self._report, self._console = report, console
        self.update: Callable[[str], None] = lambda words: None
        self._each = verbose or len(report.laws) <= FEW
        self._waiting = {row.law: row.chapter for row in report.laws}
        self._begun = time.monotonic()

    def started(self, row: Row) -> None:
        """A law begins: how many are done, and how long the others will take at this pace."""
        count, seconds = len(self._report.laws), time.monotonic() - self._begun
        done = count - len(self._waiting)
        left = f", about {_clock(seconds / done * (count - done))} left" if done else ""
        words = f"{done} of {count} laws, {_clock(seconds)}{left}: {row.law} ..."
        self.update(words[: self._console.width - COLUMN])

    def finished(self, row: Row) -> None:
        """A law has its verdict, or may be tried again."""
        if row.status != "unfinished":
            self._done(row)

    def rest(self) -> None:
        """What has not been shown: laws that were not finished, or never begun."""
        for row in self._report.laws:
            if row.law in self._waiting:
                self._done(row)

    def _done(self, row: Row) -> None:
        del self._waiting[row.law]
        if self._each:
            line(row, self._console)
        elif row.chapter not in self._waiting.values():
            chapter([one for one in self._report.laws if one.chapter == row.chapter], self._console)


def chapter(rows: list[Row], console: Console) -> None:
    """The line of a chapter, and below it the laws of which there is more to say."""
    statuses = {row.status for row in rows}
    gravest = next(s for s in COLOURS if s in statuses)
    parts = [counted(rows)]
    if judged := sum(row.judged for row in rows):
        worst = max(row.worst_ratio for row in rows)
        parts += [f"worst ratio {ratio(worst)}", f"{judged:,} entries"]
    parts.append(f"{sum(row.seconds for row in rows):.1f} s")
    head = _head(gravest, f"{rows[0].chapter:<15} ")
    _print(head, Text(", ".join(parts), "dim"), console)
    for row in rows:
        if row.status not in ("holds", "unsupported"):
            line(row, console, indent="  ")


def counted(rows: list[Row]) -> str:
    """How many laws hold, and how many have each other verdict."""
    counts = {status: sum(row.status == status for row in rows) for status in COLOURS}
    others = [f"{counts[s]} {s}" for s in COLOURS if counts[s] and s != "holds"]
    return ", ".join([f"{counts['holds']} of {len(rows)} hold", *others])


def line(row: Row, console: Console, indent: str = "") -> None:
    """One row: the verdict, the law, and how much was judged."""
    parts = [f"{_measures(row)}, {row.seconds:.1f} s"] if row.judged else []
    if row.reason and row.status not in FAILING:
        parts.append(row.reason)
    head = _head(row.status, row.law, indent)
    _print(head, Text("  ".join(parts), "dim"), console)


def _head(status: Status, name: str, indent: str = "") -> Text:
    text = Text(indent)
    text.append(f"{status:<{COLUMN - len(indent)}}", COLOURS[status])
    return text.append(name)


def _print(head: Text, rest: Text, console: Console) -> None:
    """On one line; on a terminal that is too narrow the rest stands below, whole words a line."""
    if not rest:
        console.print(head, soft_wrap=True)
    elif console.is_terminal and len(head) + 2 + len(rest) > console.width:
        console.print(head, soft_wrap=True)
        console.print(Padding(rest, (0, 0, 0, COLUMN)))
    else:
        gap = "" if head.plain.endswith(" ") else "  "
        console.print(head + Text(gap) + rest, soft_wrap=True)


def _measures(row: Row) -> str:
    """How much was judged, how near to its limit it came, and how much it could have seen."""
    uneven = row.least_power_of and row.least_power < row.power - 0.05
    least = f" ({row.least_power:.0%} {row.least_power_of})" if uneven else ""
    planted = f", found a planted {row.limit.share:.0e}" if row.limit and row.limit.relative else ""
    return (
        f"{row.examples} examples, {row.judged:,} entries, "
        f"worst ratio {ratio(row.worst_ratio)}, power {row.power:.0%}{least}{_sees(row)}{planted}"
    )


def _sees(row: Row) -> str:
    """The relative error that half of the comparisons see; a statistical test allows none."""
    if row.chance:
        return ""
    return f", sees {f'{row.median_allowed:.0e}' if row.median_allowed else 'any'} error"


def ratio(value: float) -> str:
    """A ratio as a person reads it."""
    if value >= 1e300 or value != value:
        return "infinite"
    return f"{value:.2f}" if 0.005 <= value < 1000 or value == 0 else f"{value:.1e}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
