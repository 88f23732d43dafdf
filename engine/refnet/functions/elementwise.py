"""What an activation is to the network, and how a function of one number becomes one.

A row that `elementwise` builds holds, for a = f(z):

value(z)             f(z)
slope(z, a)          f'(z)
lipschitz(z, a, e)   sup |f'| on [z - e, z + e]
units, scale(z, size) a legal evaluation errs by units * unit roundoff * scale; size bounds |a|
slope_radius(u, z, a) how far a legal slope may lie from the engine's, z and a being balls
facts                what a law may know of f
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from refnet.architecture import Array
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.operations import product_radius
from refnet.rounding.precision import Precision


class Facts(NamedTuple):
    """What a law may know of an activation f, in the strict conventions.

    kinked:       f' or f'' jumps at 0
    zero_at_zero: f(0) = 0, where only a tanh from exponentials may miss it by a rounding
    bounded:      |f| <= 1
    monotone:     f never falls
    per_unit:     f takes each unit's own logit and no other
    """

    kinked: bool
    zero_at_zero: bool
    bounded: bool
    monotone: bool
    per_unit: bool = True


class Activation(NamedTuple):
    """The value a = f(z), the pullback of a derivative s of the loss, s f'(z), and facts of f.

    Shapes: value (n, width) -> (n, width); pullback (s, z, a) -> (n, width).
    """

    value: Operation
    pullback: Operation
    facts: Facts


def absolute(z: Ball, size: Array) -> float:
    """An error that does not shrink with the value: scale 1."""
    return 1.0


def elementwise(
    name: str,
    facts: Facts,
    value: Callable[[Array], Array],
    slope: Callable[[Array, Array], Any],
    lipschitz: Callable[[Array, Array, Any], Any],
    slope_radius: Callable[[float, Ball, Ball], Any],
    units: float = 0.0,
    scale: Callable[[Ball, Array], Any] = absolute,
) -> Activation:
    """|f(ẑ) - f(z)| <= sup |f'| e + units u scale, for a function that acts on each entry alone."""

    def value_radius(p: Precision, a: Array, z: Ball) -> Array:
        moved = lipschitz(z.value, a, z.radius) * z.radius
        size = np.abs(a) + moved
        errs = units * (size if name in p.relative else scale(z, size))
        return np.asarray(moved + p.unit * errs + p.underflow)

    def pullback(s: Array, z: Array, a: Array) -> Array:
        return np.asarray(s * slope(z, a))

    def pullback_radius(p: Precision, _: Array, s: Ball, z: Ball, a: Ball) -> Array:
        slopes = Ball(slope(z.value, a.value), slope_radius(p.unit, z, a))
        return product_radius(p, s, slopes)

    return Activation(Operation(value, value_radius), Operation(pullback, pullback_radius), facts)
