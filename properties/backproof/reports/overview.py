"""A class at a glance: a row for each submission, as a line, as CSV, and as a page of links."""

import csv
import io
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from backproof.reports.report import Report
from backproof.reports.row import Status
from backproof.reports.text import printable, printable_lines

COUNTED: dict[str, tuple[Status, ...]] = {
    "holds": ("holds", "known"),
    "broken": ("broken", "stale"),
    "error": ("error", "internal"),
    "not judged": ("unsupported", "weak", "vacuous", "unfinished"),
}
"""What stands in each column: every law is counted once."""

COLUMNS = ("submission", *COUNTED, "seconds", "first finding", "answers as where")
"""What there is to say of a submission; the last is the mistake that answers like it."""


class Submission(NamedTuple):
    """What was handed in by one: its name in the class, its report, the seconds that it took."""

    name: str
    report: Report
    seconds: float

    @property
    def counts(self) -> list[int]:
        """How many laws stand in each column."""
        return [sum(map(self.report.count, statuses)) for statuses in COUNTED.values()]

    @property
    def cells(self) -> list[str]:
        """What stands in each column, in words."""
        counts = map(str, self.counts)
        return [printable(self.name), *counts, f"{self.seconds:.1f}", *_finding(self.report)]


def _finding(report: Report) -> tuple[str, str]:
    """The first likely cause in a few words, and the likeliest mistake that answers like it."""
    found = report.causes
    if not found:
        return _without(report), ""
    row = next(row for row in report.laws if row.law == found[0].shown)
    first = row.findings[0] if row.findings else None
    words = found[0].what if row.status == "broken" or first is None else first.what
    more = f"; {len(found) - 1} more" * (len(found) > 1)
    slip = first.slips[0].partition(" (")[0] if first and first.slips else ""
    return f"{words.removeprefix(report.subject.subject.rpartition(':')[0]).strip()}{more}", slip


def _without(report: Report) -> str:
    if report.interrupted:
        return "interrupted"
    return "nothing was judged" if report.exit_status else ""


def overview_csv(submissions: list[Submission], suffix: str) -> str:
    """The table for a spreadsheet, with the file of each report."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, "report"])
    for one in submissions:
        writer.writerow(map(_no_formula, [*one.cells, f"{one.name}.{suffix}"]))
    return stream.getvalue().rstrip("\n")


def _no_formula(cell: str) -> str:
    """The cell as text: a spreadsheet computes what begins with one of these signs."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else printable(cell)


def overview_html(submissions: list[Submission], suffix: str) -> str:
    """The table as a page that links to the report of each."""
    environment = Environment(
        loader=PackageLoader("backproof.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable_lines(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("overview.html.j2").render(
        columns=COLUMNS,
        submissions=submissions,
        link=lambda one: quote(f"{one.name}.{suffix}", errors="surrogateescape"),
    )
