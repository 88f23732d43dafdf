"""Text of docstrings as Markdown: nothing in it means more than it says, and code stays code."""

import re
from collections.abc import Iterable, Sequence
from html import escape


def as_markdown(text: str) -> str:
    """The text with every sign escaped that Markdown or HTML would read, outside of backticks."""
    return re.sub(r"`[^`]*`|[^`]+|`", lambda part: _escaped(part[0]), text)


def _escaped(part: str) -> str:
    if part.startswith("`"):
        return part
    said = escape(part, quote=False).replace("|", "&#124;")  # which would end a cell of a table
    return re.sub(r"([*_\[\]])", r"\\\1", said)


def table(heads: str, rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """A table of Markdown, whose heads are parted by commas; its last columns may be numbers."""
    names = heads.split(", ")
    sides = ["---"] * (len(names) - numbers) + ["--:"] * numbers
    cells = [[cell.replace("|", "&#124;") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [names, sides, *cells])
