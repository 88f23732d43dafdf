"""One network code, two arithmetics: plain numbers, and numbers with a bound on their error.

An `Operation` holds a value and the radius of that value side by side. `plain` uses the first;
`within(precision)` uses both, and turns every array into a `Ball`.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from refnet.architecture import Array
from refnet.rounding.precision import Precision


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

    def rounded_up(self) -> "Ball":
        """The ball with room for the rounding of its own radius, which is computed in float64."""
        return Ball(self.value, self.radius * (1 + 2.0**-20))


class Operation(NamedTuple):
    """A function of arrays with a bound on how far two legal evaluations of it lie apart.

    value:   (arrays) -> array
    radius:  (precision, value, balls) -> array; operations are whole steps of the network, so that
             every order of summation and every legal formula is covered.
    guarded: the radius is never nan, because a look for overflow finds that too
    """

    value: Callable[..., Array]
    radius: Callable[..., Array | float]
    guarded: bool = False


Arithmetic = Callable[..., Any]


def plain(operation: Operation, *arguments: Any) -> Any:
    """The operation on plain arrays."""
    return operation.value(*arguments)


quiet = np.errstate(all="ignore")
"""For whoever computes radii: they overflow to infinity where nothing can be promised"""


@cache
def within(precision: Precision) -> Arithmetic:
    """The operation on balls: the reference's value, and the implementation's largest distance.

    The radius bounds |implementation - engine| for every implementation that keeps the promises of
    `precision`; the exact value, being one of them, lies in the ball too.
    """
    return quiet(ball_arithmetic(precision))


@cache
def ball_arithmetic(precision: Precision) -> Arithmetic:
    """The same, for whoever is `quiet` around all operations at once."""
    both = precision.with_reference()

    def apply(operation: Operation, *arguments: Any) -> Ball:
        given = [x if isinstance(x, Ball) else Ball(exact(x), 0.0) for x in arguments]
        value = operation.value(*[ball.value for ball in given])
        return bounded(operation, value, operation.radius(both, value, *given))

    return apply


def exact(argument: Any) -> Any:
    """What was not computed is exact, and the reference goes on in float64."""
    if isinstance(argument, np.ndarray) and argument.dtype.char not in "dg":
        return argument.astype(np.float64)
    return argument


def bounded(operation: Operation, value: Array, radius: Array | float) -> Ball:
    """The ball of an operation, which knows nothing where its radius is nan."""
    radius = np.asarray(radius)
    # nan is the largest of all
    if not operation.guarded and math.isnan(radius.item(radius.argmax())):
        radius = np.where(np.isnan(radius), np.inf, radius)
    return Ball(value, radius)
