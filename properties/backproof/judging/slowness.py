"""A slow subject is no broken one: small cases come first, and a scope is named that takes less.

Where time is limited, the examples of a law are drawn as ever and judged in the order of their
sizes, so that what is judged in time is judged on small networks.
"""

import contextlib
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis.strategies import SearchStrategy

from backproof.cases.memory import largest
from backproof.cases.recipe import Drawn
from backproof.contract import Scope
from backproof.judging.questions import ask
from backproof.subjects.messages import Call

HELD = 32
"""So many of the largest cases may be held at once."""

DRAWING = 0.25
"""The share of the time that drawing may take."""


class Enough(KeyboardInterrupt):
    """The time for drawing, searching or shrinking is over; what has been found stands.

    A KeyboardInterrupt, because Hypothesis lets only those pass at once.
    """


def ask_small_first(
    body: Callable[..., None],
    strategies: dict[str, SearchStrategy[Any]],
    *,
    examples: int,
    seed: int,
    ends: float,
) -> None:
    """Call the body with so many examples in the order of their sizes.

    Those that cannot be held, or drawn in time, come after the others, in no order.
    """
    until = (1 - DRAWING) * time.monotonic() + DRAWING * ends
    drawn: list[dict[str, Any]] = []
    held = asked = 0

    def keep(**arguments: Any) -> None:
        nonlocal held
        held += size(arguments)
        if held > HELD * largest() or time.monotonic() > until:
            raise Enough
        drawn.append(arguments)

    def call(**arguments: Any) -> None:
        nonlocal asked
        asked += 1
        if asked > len(drawn):
            body(**arguments)

    with contextlib.suppress(Enough):
        ask(keep, strategies, examples=examples, seed=seed)
    for arguments in sorted(drawn, key=size):
        body(**arguments)
    if len(drawn) < examples:
        ask(call, strategies, examples=examples, seed=seed)


def size(value: Any) -> int:
    """Bytes of the arrays in what was drawn."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    parts = vars(value) if isinstance(value, Drawn) else value
    if isinstance(parts, dict):
        parts = list(parts.values())
    return sum(map(size, parts)) if isinstance(parts, list | tuple) else 0


class Took(NamedTuple):
    """An example: its seconds, and the largest width and number of rows that it asked for."""

    seconds: float
    width: int
    rows: int

    @property
    def limit(self) -> int:
        """The larger of the two."""
        return max(self.width, self.rows)


def took(seconds: float, calls: list[Call]) -> Took:
    """What an example with these calls took."""
    width = max((max(call.architecture.widths) for call in calls), default=1)
    rows = max((len(call.inputs) for call in calls if call.inputs is not None), default=1)
    return Took(seconds, width, rows)


def too_slow(taken: list[Took], scope: Scope, examples: int, seconds: float) -> str:
    """What took long, and in which scope so many examples would not, in so many seconds."""
    if not taken:
        return "the time limit came first"
    slowest = max(taken)
    words = (
        f"the time limit came after {len(taken)} of {examples} examples, the smallest first; one "
        f"with widths to {slowest.width} and {slowest.rows} rows took {slowest.seconds:.2g} s"
    )
    for limit in sorted({one.limit for one in taken if one.limit < slowest.limit}, reverse=True):
        inside = [one.seconds for one in taken if one.limit <= limit]
        if math.fsum(inside) / len(inside) * examples <= seconds:
            return f"{words}: a scope with {narrower(scope, limit)} asks for less"
    return f"{words}: allow more time"


def narrower(scope: Scope, limit: int) -> str:
    """The ranges of a scope without larger sizes, as they are declared."""
    names = ("widths", "rows") if scope.architectures is None else ("rows",)
    lows = {name: getattr(scope, name)[0] for name in names}
    return " and ".join(f"{name}={(low, max(low, limit))}" for name, low in lows.items())
