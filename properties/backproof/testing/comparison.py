"""A comparison in a test: it passes, or fails in words, and says where it could see nothing."""

import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from backproof.judging.judge import POWER, Broken, Tally, near, tallying
from backproof.judging.verdict import WEAK
from backproof.reports.row import Finding
from backproof.subjects.subject import declared
from refnet.architecture import Array
from refnet.problem import Problem
from refnet.rounding.arithmetic import Ball, quiet
from refnet.rounding.precision import FLOAT32, Precision


class Weak(UserWarning):
    """So much is legal in most entries that an error of 5 % would not have been seen."""


class Compared(NamedTuple):
    """What was compared: the observed numbers, the ball that they lie in, and their scale."""

    what: str
    observed: Array
    ball: Ball
    scale: Array | None = None


In = Callable[[Precision], Iterator[Compared]]
"""What is compared, if the network computes in this precision."""


def hold(compared: In, problem: Problem, precision: Precision) -> None:
    """Every observed number lies in its ball.

    Raises: AssertionError at the first array with a number outside of its ball; ValueError where
            any value is legal.
    Warns:  Weak, where less than a quarter of the entries have power.
    """
    __tracebackhide__ = True
    with tallying(Tally()) as tally:
        broken = _broken(compared, precision)
    if broken is not None:
        raise AssertionError(_words(broken, compared, problem, precision))
    if not tally.judged:
        raise ValueError(
            f"nothing can be judged: in {precision.name} any value is legal here; "
            "give numbers that do not overflow"
        )
    if tally.power < WEAK and tally.measured + tally.beyond:
        warnings.warn(
            f"an error of {POWER:.0%} would be seen in {tally.power:.0%} of the entries: "
            "give numbers that cancel less, fewer epochs, or a finer precision",
            Weak,
            stacklevel=3,
        )


@quiet  # what overflows is judged, and warns of nothing
def _broken(compared: In, precision: Precision) -> Finding | None:
    try:
        for what, observed, ball, scale in compared(precision):
            near(observed, ball.value, ball.radius, scale, what=what)
    except Broken as broken:
        return broken.finding
    return None


def _words(found: Finding, compared: In, problem: Problem, precision: Precision) -> str:
    declares = declared({problem.architecture.head: problem.conventions}, precision)
    lines = [
        f"{found.place()}: the error is {found.ratio:.3g} times the largest legal one",
        f"  observed {found.observed!r}",
        f"  expected {found.expected!r}",
        f"  allowed  {found.allowed!r}, the largest error that is legal here",
        f"  judged in {precision.name}, under {', '.join(declares) or 'the strict conventions'}",
    ]
    if _single(compared):
        lines.append("  it fits float32: say precision='float32' if the network computes in that")
    return "\n".join(lines)


@quiet
def _single(compared: In) -> bool:
    """Whether every observed number is one of float32, and right in that."""
    single = all(np.array_equal(x.observed, FLOAT32.round(x.observed)) for x in compared(FLOAT32))
    return single and _broken(compared, FLOAT32) is None
