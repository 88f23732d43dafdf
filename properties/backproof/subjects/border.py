"""The border: whatever text a subject gives is made plain here, and is plain text everywhere after.

The types that carry it cross the border when they are made: `Hello`, `Failure`, `Outcome`,
`CannotLoad`, `Died`. A control, bidirectional or invisible character is shown as its escape, so
that no text can move a cursor, set a title, turn a line round or begin a line of its own; of a text
that is too long the beginning and the end are left.
"""

from collections.abc import Callable
from typing import Any

from backproof.reports.text import printable

NAME, LINE, LINES = 80, 600, 30
"""The most characters of a name and of another line, and the most lines."""

_CUT = " ... "


def plain(text: str, most: int = LINE) -> str:
    """The text in one line of printable characters, most of them at the most."""
    return _cut(printable(" ".join(_cut(text, 16 * most).split())), most)


def plain_lines(text: str) -> str:
    """The text in lines of printable characters, indented: none looks like one of ours."""
    lines = [line for line in _cut(text, 16 * LINE * LINES).split("\n") if line.strip()]
    if len(lines) > LINES:
        lines = [*lines[: LINES // 2], "  ...", *lines[1 - LINES // 2 :]]
    return "\n".join(map(_indented, lines))


def said(value: Any, words: Callable[[Any], str] = str) -> str:
    """str(value), or other words for it, in one line; where they cannot be had, that is said."""
    try:
        return plain(words(value))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a __str__, a __repr__ or a property does
        return f"(it cannot be shown: {_kind(error)})"


def raised(error: BaseException) -> str:
    """The type of an exception, and what it says."""
    return f"{_kind(error)}: {said(error)}"


def _kind(error: BaseException) -> str:
    true_name = type.__dict__["__name__"].__get__  # a metaclass may have another of its own
    return plain(true_name(type(error)), NAME)


def _indented(line: str) -> str:
    text = printable(_cut(line, LINE).expandtabs().rstrip())
    return _cut(text if text.startswith("  ") else f"  {text}", LINE)


def _cut(text: str, most: int) -> str:
    """The text, or its beginning and its end: the way out comes last."""
    text = str.__str__(text)  # and not what a class derived from str makes of itself
    if len(text) <= most:
        return text
    end = (most - len(_CUT)) // 3
    return text[: most - len(_CUT) - end].rstrip() + _CUT + text[-end:].lstrip()
