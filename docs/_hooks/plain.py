"""Text of docstrings as Markdown: nothing in it means more than it says, and code stays code."""

import re
from html import escape


def as_markdown(text: str) -> str:
    """The text with every sign escaped that Markdown or HTML would read, outside of backticks."""
    return re.sub(r"`[^`]*`|[^`]+|`", lambda part: _escaped(part[0]), text)


def _escaped(part: str) -> str:
    if part.startswith("`"):
        return part
    said = escape(part, quote=False).replace("|", "&#124;")  # which would end a cell of a table
    return re.sub(r"([*_\[\]])", r"\\\1", said)
