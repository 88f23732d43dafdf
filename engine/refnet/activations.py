"""The activations: value, derivative, and the facts that a bound needs, one row each.

A row of the table `elementwise` builds holds, for a = f(z):

value(z)            f(z)
slope(z, a)         f'(z)
lipschitz(z, e)     sup |f'| on [z - e, z + e]
error(z, a)         the evaluation error that is legal, in unit roundoffs (z is a magnitude)
slope_radius(z, a)  (unit, ball, ball) -> how far two legal slopes lie apart

The errors are those that published elementary functions reach, with room for every formula in use:
0.5 (1 + tanh(z / 2)) is a legal sigmoid, so a sigmoid errs absolutely and not relatively.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from refnet.architecture import Array
from refnet.arithmetic import Ball, Operation
from refnet.conventions import Conventions
from refnet.operations import product_radius
from refnet.precision import Precision


class Activation(NamedTuple):
    """The value a = f(z), and the pullback of a derivative s of the loss: s f'(z).

    Shapes: value (n, width) -> (n, width); pullback (s, z, a) -> (n, width).
    """

    value: Operation
    pullback: Operation


def elementwise(
    value: Callable[[Array], Array],
    slope: Callable[[Array, Array], Any],
    lipschitz: Callable[[Array, Any], Any],
    error: Callable[[Array, Array], Any],
    slope_radius: Callable[[float, Ball, Ball], Any],
) -> Activation:
    """A row of the table: a function that acts on each entry alone."""

    def value_radius(p: Precision, a: Array, z: Ball) -> Array:
        rounding = p.unit * error(z.magnitude, np.abs(a))
        return np.asarray(lipschitz(z.value, z.radius) * z.radius + rounding + p.underflow)

    def pullback(s: Array, z: Array, a: Array) -> Array:
        return np.asarray(s * slope(z, a))

    def pullback_radius(p: Precision, _: Array, s: Ball, z: Ball, a: Ball) -> Array:
        slopes = Ball(slope(z.value, a.value), slope_radius(p.unit, z, a))
        return product_radius(p, s, slopes)

    return Activation(Operation(value, value_radius), Operation(pullback, pullback_radius))


def _nearest_to_zero(z: Array, e: Any) -> Array:
    """The least |x| for x in [z - e, z + e], where the slope of sigmoid and tanh is largest."""
    return np.asarray(np.maximum(np.abs(z) - e, 0.0))


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z)"""
    return np.asarray(special.expit(z))


def _sigmoid_slope_at(m: Array) -> Array:
    tail = np.exp(-m)  # m >= 0, so that exp cannot overflow
    return np.asarray(tail / (1 + tail) ** 2)


SIGMOID = elementwise(
    value=sigmoid,
    slope=lambda z, a: a * (1 - a),
    lipschitz=lambda z, e: _sigmoid_slope_at(_nearest_to_zero(z, e)),
    error=lambda z, a: 4.0,
    # |â(1-â) - a(1-a)| = |â - a| |1 - (â + a)|
    slope_radius=lambda u, z, a: a.radius * (np.abs(1 - 2 * a.value) + a.radius) + 3 * u,
)

TANH = elementwise(
    value=np.tanh,
    slope=lambda z, a: 1 - a * a,
    lipschitz=lambda z, e: 4 * _sigmoid_slope_at(2 * _nearest_to_zero(z, e)),
    error=lambda z, a: 8.0,
    slope_radius=lambda u, z, a: a.radius * (2 * np.abs(a.value) + a.radius) + 3 * u,
)

IDENTITY = elementwise(
    value=lambda z: z,
    slope=lambda z, a: 1.0,
    lipschitz=lambda z, e: 1.0,
    error=lambda z, a: 0.0,
    slope_radius=lambda u, z, a: 0.0,
)

RELU = elementwise(
    value=lambda z: np.maximum(z, 0.0),
    slope=lambda z, a: (z > 0).astype(np.float64),
    lipschitz=lambda z, e: np.where(z + e > 0, 1.0, 0.0),
    error=lambda z, a: 0.0,
    # within rounding of the kink both slopes are legal
    slope_radius=lambda u, z, a: np.where(np.abs(z.value) <= z.radius, 1.0, 0.0),
)


TABLE: dict[str, Callable[[Conventions], Activation]] = {
    "identity": lambda conventions: IDENTITY,
    "sigmoid": lambda conventions: SIGMOID,
    "tanh": lambda conventions: TANH,
    "relu": lambda conventions: RELU,
}


def activation(name: str, conventions: Conventions) -> Activation:
    """The row of the table, in the form that the conventions declare.

    Raises: ValueError for a name that the table lacks.
    """
    if name not in TABLE:
        raise ValueError(f"activation={name!r}: the engine has {', '.join(TABLE)}")
    return TABLE[name](conventions)
