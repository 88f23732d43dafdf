"""A badge: how many laws hold, in a small SVG that asks nobody for anything."""

from backproof.reports.report import Report, exit_status

GREEN, YELLOW, RED = "#2e7d32", "#8a6d00", "#b3261e"
"""White letters on each of them have a contrast of 4.5 at least."""

MARGIN, LETTERS = 6, dict.fromkeys("0123456789bdhp", 6.9)
LETTERS |= {"a": 6.6, "c": 5.7, "k": 6.5, "l": 3.0, "o": 6.7, "r": 4.7, "f": 3.9, " ": 3.9}
"""Pixels beside a text, and of the letters in it, as Verdana has them at 11."""

BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}">
<title>{label}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444"/>\
<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{left_middle}" y="14" textLength="{left_text}">backproof</text>
<text x="{right_middle}" y="14" textLength="{right_text}">{counts}</text>
</g>
</svg>"""


def badge(reports: list[Report]) -> str:
    """How many laws of how many hold, for all subjects together."""
    laws = [row for report in reports for row in report.laws]
    counts = f"{sum(row.status == 'holds' for row in laws)} of {len(laws)} hold"
    left_text, right_text = (_width(words) for words in ("backproof", counts))
    left, right = left_text + 2 * MARGIN, right_text + 2 * MARGIN
    return BADGE.format(
        label=f"backproof: {counts}",
        counts=counts,
        colour=_colour(reports),
        width=left + right,
        left=left,
        right=right,
        left_text=left_text,
        right_text=right_text,
        left_middle=left / 2,
        right_middle=left + right / 2,
    )


def _width(words: str) -> int:
    return round(sum(LETTERS[letter] for letter in words))


def _colour(reports: list[Report]) -> str:
    """Red where the run fails, yellow where something stays open, green otherwise."""
    if exit_status(reports):
        return RED
    statuses = {row.status for report in reports for row in report.laws}
    return YELLOW if statuses & {"weak", "unfinished", "known"} else GREEN
