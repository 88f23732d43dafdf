"""From a matplotlib figure to an SVG whose colours belong to the page."""

import io
import re
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

INK, FAINT, FIRST, SECOND, THIRD = "#010101", "#020202", "#030303", "#040404", "#050505"
"""Stand-ins: no drawing uses them for what they are."""

PAGE = {
    INK: "currentColor",
    FAINT: "var(--figure-faint)",
    FIRST: "var(--figure-first)",
    SECOND: "var(--figure-second)",
    THIRD: "var(--figure-third)",
}

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.prop_cycle": cycler(color=[FIRST, SECOND, THIRD]),
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def style() -> AbstractContextManager[None]:
    """Draw inside this, so that every line has a colour of the page."""
    return mpl.rc_context(STYLE)


def to_page(figure: Figure, name: str) -> str:
    """The figure as an <svg> to stand inside a page."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE | {"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?)width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'id="(?!\w*[0-9a-f]{10})[^"]*"', "", svg)  # names of parts, alike in all figures
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", svg)
    for stand_in, colour in PAGE.items():
        svg = svg.replace(stand_in, colour)
    return re.sub(r"\n\s*", "\n", svg)
