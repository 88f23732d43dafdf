"""Text that others have written, made harmless for the place where it is shown."""

import re

MEANING = re.compile(r"(?!(?<=\d)\.\d)[^\w =,+'()-]|_")
"""Every sign but a few, and but the point of a number: a name with points might be a link."""


def printable(text: str) -> str:
    """One line, with every control, bidirectional or invisible character as its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> str:
    """The lines of a text, each of them printable: XML 1.0 has no place for other characters."""
    return "\n".join(map(printable, text.split("\n")))


def in_markdown(text: str) -> str:
    """The text as inline code of Markdown or of a table in it: nothing means more than it says.

    Every sign that may mean something is an entity; in code GitHub knows no person and no issue.
    """
    line = printable(" ".join(text.split()))
    literal = re.sub(MEANING, lambda sign: f"&#{ord(sign[0])};", line)
    return f"<code>{literal}</code>"


def fenced(text: str) -> str:
    """The text as a block of Markdown, behind a fence that is longer than any in it."""
    runs = re.findall(r"`+", text)
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    return f"{fence}text\n{printable_lines(text)}\n{fence}"
