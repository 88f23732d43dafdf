"""One network code, two arithmetics: plain numbers, and numbers with a bound on their error.

An `Operation` holds a value and the radius of that value side by side. `plain` uses the first;
`within(precision)` uses both, and turns every array into a `Ball`.

A radius r bounds |implementation - engine|, for every implementation that keeps the promises of the
precision. Both sides' roundings are in it, so that it also bounds how far either may lie from the
exact value. A law that compares may therefore allow

r       between an answer and the engine's value
r + r'  between two answers of one implementation, that is 2r where they answer the same
sum r   between a sum of answers and what that sum is known to be exactly

and on top of each what the law's own arithmetic in float64 errs by.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from refnet.architecture import Array
from refnet.rounding.precision import Precision

quiet = np.errstate(all="ignore")
"""For whoever computes radii: they overflow to infinity where nothing can be promised"""


class Ball(NamedTuple):
    """{x : |x - value| <= radius}, entry by entry

    The radius is 0.0 for what is exactly known, and otherwise of the value's shape.
    An infinite radius says that nothing is known, for instance after an overflow that the
    precision allows.
    """

    value: Array
    radius: Array | float

    @property
    def magnitude(self) -> Array:
        """The largest absolute value in the ball: |value| + radius."""
        return np.asarray(np.abs(self.value) + self.radius)

    @property
    def transposed(self) -> "Ball":
        """The ball of the transposed matrix."""
        return Ball(self.value.mT, self.radius if self.exact else np.asarray(self.radius).mT)

    @property
    def exact(self) -> bool:
        """Whether the radius is the number 0: nothing was computed yet."""
        return isinstance(self.radius, float) and self.radius == 0.0

    @quiet
    def rounded_up(self) -> "Ball":
        """The ball with room for the rounding of its own radius, which is computed in float64."""
        return Ball(self.value, self.radius * (1 + 2.0**-20))


class Operation(NamedTuple):
    """A function of arrays, with a bound on how far an implementation's may lie from the engine's.

    value:  (arrays) -> array
    radius: (precision, value, balls) -> array; operations are whole steps of the network, so that
            every order of summation and every legal formula is covered.
    """

    value: Callable[..., Array]
    radius: Callable[..., Array | float]


Arithmetic = Callable[..., Any]


def plain(operation: Operation, *arguments: Any) -> Any:
    """The operation on plain arrays."""
    return operation.value(*arguments)


class Within:
    """The operation on balls: the engine's value, and the implementation's largest distance."""

    def __init__(self, precision: Precision) -> None:
        self.precision, self._both = precision, precision.with_engine

    @quiet
    def __call__(self, operation: Operation, *arguments: Any) -> Ball:
        """The operation on balls, and on arrays that are exactly known."""
        given = [x if isinstance(x, Ball) else Ball(_exact(x), 0.0) for x in arguments]
        value = operation.value(*[ball.value for ball in given])
        radius = np.asarray(operation.radius(self._both, value, *given))
        if math.isnan(radius.item(radius.argmax())):  # nan is the largest of all
            radius = np.where(np.isnan(radius), np.inf, radius)
        return Ball(value, radius)


within = cache(Within)
"""The arithmetic of balls in a precision."""


class Unpromised(Within):
    """Nothing is known of what is computed: every radius is infinite."""

    def __call__(self, operation: Operation, *arguments: Any) -> Ball:
        """The operation's value, about which an implementation promises nothing."""
        value = super().__call__(operation, *arguments).value
        return Ball(value, np.full(np.shape(value), np.inf))


def before(apply: Arithmetic, factor: float) -> Arithmetic:
    """The arithmetic of numbers that may yet be multiplied, so that what is flushed counts more."""
    if factor <= 1 or not isinstance(apply, Within):
        return apply
    p = apply.precision
    late = p.underflow * factor
    return within(replace(p, underflow=late)) if late < 1 else Unpromised(p)


def _exact(argument: Any) -> Any:
    """What was not computed is exact, and the engine goes on in float64."""
    if isinstance(argument, np.ndarray) and argument.dtype.char not in "dg":
        return argument.astype(np.float64)
    return argument
