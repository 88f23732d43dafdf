"""The judge: every verdict is a ratio of an observed error to the error that is allowed.

A law calls `near`, `at_most` and `probable`; a ratio above 1 is a counterexample. What is judged is
written into the tally of the law that is running.
"""

import contextvars
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from backproof.reports.row import Finding
from backproof.subjects.answers import Answer
from refnet.architecture import Array
from refnet.rounding.arithmetic import quiet

POWER = 0.05
"""An entry has power when the allowed error is at most this share of its scale."""


class Compared(NamedTuple):
    """What was compared, entry by entry; the ratio above 1 says where it is wrong."""

    observed: Array
    expected: Array
    allowed: Array
    ratios: Array


class Broken(AssertionError):  # noqa: N818 (a verdict, not a fault)
    """A counterexample: the finding says what was compared, where, and by how much it is off."""

    def __init__(self, finding: Finding, compared: Compared) -> None:
        super().__init__(finding.sentence())
        self.finding, self.compared = finding, compared


@dataclass
class Tally:
    """What has been judged.

    judged:   entries compared; beyond: those with no bound; astray: those of which a law compares
              two answers that are both wrong
    itself:   the judged ones in which the subject is compared with itself
    strong:   those with power, of the measured ones, which have a scale
    shares:   for each measured entry what is allowed, as a share of its scale
    by_value: what was compared with the engine or with a theorem, in the words of the contract
    chance:   how probable it is, at most, that a correct implementation fails by chance
    remarks:  what is worth saying of an example and is no fault
    compared: what was compared, in the words of the laws
    """

    judged: int = 0
    beyond: int = 0
    astray: int = 0
    itself: int = 0
    measured: int = 0
    strong: int = 0
    worst_ratio: float = 0.0
    shares: list[Array] = field(default_factory=list)
    by_value: set[str] = field(default_factory=set)
    chance: float = 0.0
    remarks: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)

    @property
    def entries(self) -> int:
        """All entries that were compared, whether they could be judged or not."""
        return self.judged + self.beyond + self.astray

    @property
    def power(self) -> float:
        """The share of the entries that had power, of those measured and those without a bound."""
        entries = self.measured + self.beyond + self.astray
        return self.strong / entries if entries else 0.0

    @property
    def median_share(self) -> float:
        """What is allowed as a share of the scale, in half of the measured entries or fewer."""
        return float(np.median(np.concatenate(self.shares))) if self.measured else math.inf

    def add(self, other: "Tally") -> None:
        """What has been judged elsewhere."""
        self.judged += other.judged
        self.beyond += other.beyond
        self.astray += other.astray
        self.itself += other.itself
        self.measured += other.measured
        self.strong += other.strong
        self.worst_ratio = max(self.worst_ratio, other.worst_ratio)
        self.shares += other.shares
        self.by_value |= other.by_value
        self.chance += other.chance
        self.remarks |= other.remarks
        self.compared |= other.compared


_tally: contextvars.ContextVar[Tally] = contextvars.ContextVar("tally")


@contextmanager
def tallying(tally: Tally) -> Iterator[Tally]:
    """What is judged inside is written into this tally."""
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def remark(words: str) -> None:
    """Say this of the example in the row of the law; the verdict is not touched."""
    if (tally := _tally.get(None)) is not None:
        tally.remarks.add(words)


@quiet  # an answer may be infinite, and the error that is allowed too
def near(
    observed: ArrayLike | Answer,
    expected: ArrayLike,
    allowed: ArrayLike,
    scale: ArrayLike | None = None,
    *,
    what: str = "value",
    astray: ArrayLike | None = None,
) -> None:
    """|observed - expected| <= allowed, entry by entry

    An `Answer` as it came from the subject is judged by value: what is expected comes from the
    engine or from a theorem. A report names what is declared and was never given so.

    An entry has power where allowed is at most 5 % of `scale`, by default |expected|; give the sum
    of the magnitudes that cancel where a law says 0. So an exact comparison (allowed = 0) has it
    wherever there is a scale. Without one, as where an activation happens to be 0, an entry is
    judged, and its power is not measured. An entry with infinite `allowed` cannot be judged, and is
    counted so.

    `astray` is given where the subject is compared with itself, and says where both answers are
    wrong: there nothing is judged.

    Raises: Broken at the entry with the largest ratio above 1; nan is above 1.
    """
    value, of = _taken(observed)
    o, e, a = _arrays(value, expected, allowed)
    error = np.where(o == e, 0.0, np.abs(o - e))
    ratios = np.where(error == 0, 0.0, error / a)
    scale = np.abs(e) if scale is None else np.asarray(scale)
    _record(("near", what), (o, e, a), ratios, scale, of, astray)


@quiet
def at_most(
    observed: ArrayLike | Answer,
    bound: ArrayLike,
    allowed: ArrayLike,
    scale: ArrayLike | None = None,
    *,
    what: str = "value",
) -> None:
    """Observed <= bound + allowed, for a bound that is a theorem and at least 0

    Raises: Broken at the entry with the largest ratio observed / (bound + allowed) above 1.
    """
    value, of = _taken(observed)
    o, b, a = _arrays(value, bound, allowed)
    ratios = np.where(o <= 0, 0.0, o / (b + a))
    scale = np.abs(b) if scale is None else np.asarray(scale)
    _record(("at_most", what), (o, b, a), ratios, scale, of)


def probable(p: float, limit: float, *, what: str = "p-value", of: tuple[str, ...] = ()) -> None:
    """P >= limit, for a test whose p-value is uniform on a correct implementation

    The ratio is log p / log limit, and the limit is what chance allows a correct implementation to
    fail: the limits of all tests of a run are added up. `of` is that of the answers that are held
    to a distribution.

    Raises: Broken when the p-value is below the limit.
    """
    ratio = 0.0 if p >= 1 else math.log(p) / math.log(limit) if p > 0 else math.inf
    one, tally = np.ones(1), _tally.get(None)
    if tally is not None:
        tally.chance += limit
    _record(("probable", what), (p * one, limit * one, 0 * one), ratio * one, one, of)


def _taken(observed: Any) -> tuple[Any, tuple[str, ...]]:
    """The value, and what was asked for it."""
    return (observed.value, observed.of) if isinstance(observed, Answer) else (observed, ())


def _arrays(*values: ArrayLike) -> list[Any]:
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    alike = len({array.shape for array in arrays}) == 1  # which is told faster than broadcast
    return arrays if alike else list(np.broadcast_arrays(*arrays))


def _record(
    asked: tuple[str, str],
    compared: tuple[Any, Any, Any],
    ratios: Any,
    scale: Any,
    of: tuple[str, ...] = (),
    astray: ArrayLike | None = None,
) -> None:
    tally, a = _tally.get(None), compared[-1]
    bounded = np.isfinite(a) if astray is None else np.isfinite(a) & ~np.asarray(astray)
    # where a radius is infinite, a law's own arithmetic may make nan of the ratio
    np.copyto(ratios, np.inf, where=np.isnan(ratios))
    np.copyto(ratios, 0.0, where=~bounded)
    worst = float(ratios.max(initial=0.0))
    if tally is not None:
        found = _counted(a, bounded, scale, astray)
        found.worst_ratio = worst
        tally.add(found)
        tally.by_value.update(of if found.judged else ())
        tally.compared.add(asked[1])
    if not worst <= 1:
        whole = Compared(*compared, ratios)
        raise Broken(_finding(*asked, whole), whole)


@quiet
def _counted(a: Any, bounded: Any, scale: Any, astray: ArrayLike | None) -> Tally:
    """The entries, by what could be seen there."""
    judged, lost = int(np.count_nonzero(bounded)), 0
    shares = (a / scale)[bounded & (scale > 0)]
    if astray is not None:
        lost = int(np.count_nonzero(np.broadcast_to(astray, bounded.shape)))
    return Tally(
        judged=judged,
        beyond=bounded.size - judged - lost,
        astray=lost,
        itself=0 if astray is None else judged,
        measured=shares.size,
        strong=int(np.count_nonzero(shares <= POWER)),
        shares=[shares],
    )


def _finding(verb: str, what: str, compared: Compared) -> Finding:
    o, e, a, ratios = compared
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratios)), ratios.shape))
    return Finding(
        kind="broken",
        verb=verb,
        what=what,
        ratio=float(ratios[at]),
        observed=float(o[at]),
        expected=float(e[at]),
        allowed=float(a[at]),
        at=list(at),
    )
