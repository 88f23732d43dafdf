"""The judge: every verdict is a ratio of an observed error to the error that is allowed.

A law calls `near`, `at_most` and `probable`; a ratio above 1 is a counterexample. What is judged is
written into the tally of the law that is running.
"""

import contextvars
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from backproof.reports.report import Finding

POWER = 0.05
"""An entry has power when the allowed error is at most this share of its scale."""


class Broken(AssertionError):  # noqa: N818 (a verdict, not a fault)
    """A counterexample: the finding says what was compared, where, and by how much it is off."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence())
        self.finding = finding


@dataclass
class Tally:
    """What a law has judged so far.

    judged: entries compared; beyond: those with no bound left
    strong: those with power, of the measured ones, which have a scale or are exact
    """

    judged: int = 0
    measured: int = 0
    strong: int = 0
    beyond: int = 0
    worst_ratio: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def power(self) -> float:
        """The share of the measured entries that had power."""
        return self.strong / self.measured if self.measured else 0.0


_tally: contextvars.ContextVar[Tally] = contextvars.ContextVar("tally")


@contextmanager
def tallying(tally: Tally) -> Iterator[Tally]:
    """What is judged inside is written into this tally."""
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def near(
    observed: ArrayLike,
    expected: ArrayLike,
    allowed: ArrayLike,
    scale: ArrayLike | None = None,
    *,
    what: str = "value",
) -> None:
    """|observed - expected| <= allowed, entry by entry

    An exact comparison (allowed = 0) always has power; another has it where allowed is at most 5 %
    of `scale`, by default |expected|; give the sum of the magnitudes that cancel where a law says
    0. Without a scale, as where an activation happens to be 0, an entry is judged, and its power
    is not measured. An entry with infinite `allowed` cannot be judged, and is counted so.

    Raises: Broken at the entry with the largest ratio above 1; nan is above 1.
    """
    o, e, a = _arrays(observed, expected, allowed)
    with np.errstate(all="ignore"):
        error = np.where(o == e, 0.0, np.abs(o - e))
        ratios = np.where(error == 0, 0.0, error / a)
    _record(what, o, e, a, ratios, np.abs(e) if scale is None else np.asarray(scale))


def at_most(
    observed: ArrayLike,
    bound: ArrayLike,
    allowed: ArrayLike,
    scale: ArrayLike | None = None,
    *,
    what: str = "value",
) -> None:
    """Observed <= bound + allowed, for a bound that is a theorem and at least 0

    Raises: Broken at the entry with the largest ratio observed / (bound + allowed) above 1.
    """
    o, b, a = _arrays(observed, bound, allowed)
    with np.errstate(all="ignore"):
        ratios = np.where(o <= 0, 0.0, o / (b + a))
    _record(what, o, b, a, ratios, np.abs(b) if scale is None else np.asarray(scale))


def probable(p: float, limit: float, *, what: str = "p-value") -> None:
    """P >= limit, for a test whose p-value is uniform on a correct implementation

    The ratio is log p / log limit.

    Raises: Broken when the p-value is below the limit.
    """
    ratio = 0.0 if p >= 1 else math.log(p) / math.log(limit) if p > 0 else math.inf
    one = np.ones(1)
    _record(what, p * one, limit * one, 0 * one, ratio * one, one)


def _arrays(*values: ArrayLike) -> list[Any]:
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    alike = len({array.shape for array in arrays}) == 1  # which is told faster than broadcast
    return arrays if alike else list(np.broadcast_arrays(*arrays))


def _record(what: str, o: Any, e: Any, a: Any, ratios: Any, scale: Any) -> None:
    tally = _tally.get(None)
    judged = np.isfinite(a)  # where a radius is infinite, a law's own arithmetic may make nan of it
    ratios = np.where(judged, np.where(np.isnan(ratios), np.inf, ratios), 0.0)
    worst = float(np.max(ratios, initial=0.0))
    if tally is not None:
        tally.judged += int(np.count_nonzero(judged))
        tally.beyond += int(judged.size - np.count_nonzero(judged))
        tally.measured += int(np.count_nonzero(judged & ((scale > 0) | (a == 0))))
        tally.strong += int(np.count_nonzero(judged & ((a <= POWER * scale) | (a == 0))))
        tally.worst_ratio = max(tally.worst_ratio, worst)
    if not worst <= 1:
        raise Broken(_finding(what, o, e, a, ratios))


def _finding(what: str, o: Any, e: Any, a: Any, ratios: Any) -> Finding:
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratios)), ratios.shape))
    return Finding(
        kind="broken",
        what=what,
        ratio=float(ratios[at]),
        observed=float(o[at]),
        expected=float(e[at]),
        allowed=float(a[at]),
        at=list(at),
    )
