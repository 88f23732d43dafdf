"""Markdown for a pull request: the headline, what does not hold, and each finding folded."""

from backproof.reports.causes import Cause
from backproof.reports.ledger import entries
from backproof.reports.report import Report
from backproof.reports.row import STATUSES, Row
from backproof.reports.terminal import told
from backproof.reports.text import fenced, in_markdown

MOST = 10
"""Findings that are shown: a comment on GitHub has room for 65,536 characters."""


def markdown(reports: list[Report]) -> str:
    """The reports as Markdown, one after the other."""
    return "\n\n".join(map(_section, reports))


def _section(report: Report) -> str:
    subject, found = report.subject, report.causes
    counts, *rest = report.headline().split("\n")
    about = f"{subject.name} {subject.version}".strip() + f" in {subject.precision}"
    parts = [f"### backproof: {counts}", in_markdown(about), *map(in_markdown, rest)]
    if subject.declared:
        parts[1] += f", which declares {in_markdown(', '.join(subject.declared))}"
    parts.append(_table(report, found))
    parts += [_folded(report, cause) for cause in found[:MOST]]
    if len(found) > MOST:
        parts.append(f"{len(found) - MOST} more findings; `--json` has them all.")
    parts.append(f"Run all of it again: {in_markdown(report.again())}")
    return "\n\n".join(filter(None, parts))


def _table(report: Report, found: list[Cause]) -> str:
    """A line for each law that fails, and one for all that are left out for the same reason."""
    names = [name for cause in found for name in cause.laws]
    rows = sorted(
        (row for row in report.laws if row.law in names), key=lambda row: names.index(row.law)
    )
    lines: list[tuple[str, str, str]] = [(row.status, _law(row), _why(row)) for row in rows]
    others: dict[tuple[str, str], list[str]] = {}
    for row in sorted(report.laws, key=lambda row: STATUSES.index(row.status)):
        if not row.fails and row.status != "holds":
            others.setdefault((row.status, _why(row)), []).append(_law(row))
    lines += [(status, ", ".join(laws), why) for (status, why), laws in others.items()]
    if not lines:
        return ""
    head = ["| verdict | law | what is said |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(cells)} |" for cells in lines)])


def _law(row: Row) -> str:
    return f"`{row.law}`"


def _why(row: Row) -> str:
    said = row.findings[0].sentence() if row.findings else row.reason
    return in_markdown(said) if said else ""


def _folded(report: Report, cause: Cause) -> str:
    count = f", and {len(cause.laws) - 1} more" * (len(cause.laws) > 1)
    status = next(row.status for row in report.laws if row.law == cause.shown)
    summary = f"<details><summary>{status}: <code>{cause.shown}</code>{count}</summary>"
    parts = [summary, fenced(told(report, cause))]
    if known := entries(report, cause):
        parts += ["To leave it so, a ledger of known breaks has", fenced(known)]
    return "\n\n".join([*parts, "</details>"])
