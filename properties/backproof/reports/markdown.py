"""Markdown for a pull request: the headline, what does not hold, and each finding folded."""

from backproof.reports.report import FAILING, STATUSES, Report, Row
from backproof.reports.terminal import explained, nearest_first
from backproof.reports.text import fenced, in_markdown

MOST = 10
"""Findings that are shown: a comment on GitHub has room for 65,536 characters."""


def markdown(reports: list[Report]) -> str:
    """The reports as Markdown, one after the other."""
    return "\n\n".join(map(_section, reports))


def _section(report: Report) -> str:
    subject, places = report.subject, nearest_first(report)
    counts, *rest = report.headline().split("\n")
    about = f"{subject.name} {subject.version}".strip() + f" in {subject.precision}"
    parts = [f"### backproof: {counts}", in_markdown(about), *map(in_markdown, rest)]
    if subject.declared:
        parts[1] += f", which declares {in_markdown(', '.join(subject.declared))}"
    parts.append(_table(report, places))
    parts += [_folded(report, place) for place in places[:MOST]]
    if len(places) > MOST:
        parts.append(f"{len(places) - MOST} more fail; `--json` has them all.")
    return "\n\n".join(filter(None, parts))


def _table(report: Report, failing: list[int]) -> str:
    """A line for each law that fails, and one for all that are left out for the same reason."""
    rows = [report.laws[place] for place in failing]
    lines: list[tuple[str, str, str]] = [(row.status, _law(row), _why(row)) for row in rows]
    others: dict[tuple[str, str], list[str]] = {}
    for row in sorted(report.laws, key=lambda row: STATUSES.index(row.status)):
        if row.status not in {*FAILING, "internal", "holds"}:
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


def _folded(report: Report, place: int) -> str:
    row = report.laws[place]
    summary = f"<details><summary>{row.status}: <code>{row.law}</code></summary>"
    return f"{summary}\n\n{fenced(explained(report, place))}\n\n</details>"
