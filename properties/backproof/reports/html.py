"""One HTML file that a person reads and passes on: it loads nothing, and its one script copies."""

import math
from html import escape
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from backproof.reports.causes import Cause
from backproof.reports.ledger import entries
from backproof.reports.lines import counted, ratio
from backproof.reports.remarks import remarks
from backproof.reports.report import Report
from backproof.reports.row import Row
from backproof.reports.terminal import told
from backproof.reports.text import printable_lines

DECADES = 3
"""The bar of a ratio begins so many below 1, and ends so many above."""

LONGEST = 2**16
"""Characters of a script on the page."""

TOO_LONG = "# The case has too many numbers for a script on this page; --json has them."

SETTLED = ("holds", "unsupported")
"""A chapter of these alone is folded."""


def html(reports: list[Report]) -> str:
    """The reports as one page, a section for each."""
    return _page().render(
        reports=reports,
        headline=_headline,
        causes=lambda report: [(cause, told(report, cause)) for cause in report.causes],
        chapters=_chapters,
        remarks=remarks,
        where=lambda report: report.document().environment,
        why=_why,
        ratio=ratio,
        bar=_bar,
        copies=_copies,
    )


def framed(report: Report) -> str:
    """The page in a frame of its own, so that a notebook and it leave each other's style alone."""
    style = "width: 100%; height: 40em; border: 0"
    return f'<iframe sandbox style="{style}" srcdoc="{escape(html([report]))}"></iframe>'


def _page() -> Template:
    """The template; whatever is put into it is printable, and no markup."""
    return Environment(
        loader=PackageLoader("backproof.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable_lines(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.j2")


def _headline(report: Report) -> str:
    """The counts alone: what is declared and was not judged has a place of its own."""
    return report.headline().split("\n")[0]


def _chapters(report: Report) -> list[tuple[str, list[Row], str, bool]]:
    """Each chapter with its laws, how many hold, and whether it is shown unfolded."""
    parts = [(name, [*rows]) for name, rows in groupby(report.laws, lambda row: row.chapter)]
    return [
        (name, rows, counted(rows), any(row.status not in SETTLED for row in rows))
        for name, rows in parts
    ]


def _copies(report: Report, cause: Cause) -> list[tuple[str, str]]:
    """What can be copied of a cause, with its title."""
    copies, script = list[tuple[str, str]](), report.scripts.get(cause.shown)
    if script is not None:
        text = script if 0 < len(script) <= LONGEST else TOO_LONG
        copies.append(("the case as a script, to be saved where the run was started", text))
    if known := entries(report, cause):
        copies.append(("for a ledger of known breaks, if it is to be left so", known))
    return copies


def _why(row: Row) -> str:
    """The reason, where no block of a cause tells it."""
    return "" if row.fails else row.reason or ""


def _bar(value: float) -> str:
    """How long the bar of a ratio is, in per cent, on a scale of decades with 1 in the middle."""
    if not value > 0:
        return "100" if math.isnan(value) else "0"
    decades = max(-DECADES, min(DECADES, math.log10(value)))
    return f"{50 + 50 * decades / DECADES:.1f}"
