"""The activations in two pieces: relu, leaky relu, elu, selu, and softplus where it is cut off.

Where a precision leaves the sign of z open, |z| <= e, the slopes of both pieces are legal.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from refnet.architecture import Array
from refnet.functions.elementwise import Activation, Facts, elementwise
from refnet.functions.smooth import SOFTPLUS, sigmoid
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.precision import Precision

_FACTS = Facts(kinked=True, zero_at_zero=True, bounded=False, monotone=True)

RELU = elementwise(
    "relu",
    facts=_FACTS,
    value=lambda z: np.maximum(z, 0.0),
    slope=lambda z, a: z > 0,
    lipschitz=lambda z, a, e: np.where(z + e > 0, 1.0, 0.0),
    slope_radius=lambda u, z, a: np.where(np.abs(z.value) <= z.radius, 1.0, 0.0),
)


def _largest_slope(z: Array, e: Any, right: float, left: Any, at_zero: float) -> Array:
    """The largest |f'| on [z - e, z + e]: the right piece, the left one, or both with the kink."""
    both = max(right, at_zero)
    return np.where(z > e, right, np.where(z + e > 0, both, left))


@cache
def leaky_relu(slope: float) -> Activation:
    """f(z) = z for z > 0, otherwise slope * z

    Or f1 z + f2 |z|, with f1 = (1 + slope) / 2 and f2 = (1 - slope) / 2: two roundings each of the
    size of (|f1| + |f2|) |z|, one of the sum, and left of 0 the cast of the slope.
    """
    pieces = max(1.0, slope)
    return elementwise(
        "leaky_relu",
        facts=_FACTS,
        value=lambda z: np.where(z > 0, z, slope * z),
        slope=lambda z, a: np.where(z > 0, a.dtype.type(1), a.dtype.type(slope)),
        lipschitz=lambda z, a, e: _largest_slope(z, e, 1.0, abs(slope), abs(slope)),
        slope_radius=lambda u, z, a: (
            np.where(np.abs(z.value) <= z.radius, abs(1 - slope), 0.0)
            + 2 * u * (pieces + np.where(z.value > z.radius, 0.5, max(0.5, slope)))
        ),
        units=2.0,
        scale=lambda z, size: pieces * z.magnitude + np.where(z.value > z.radius, 0.5, 1.0) * size,
    )


def _exponential_unit(name: str, right: float, left: float) -> Activation:
    """f(z) = right * z for z > 0, otherwise left * (e^z - 1)

    The left piece errs by 8u left, because left * (exp(z) - 1) is a legal formula; the right one
    by 2u |a| when its factor is not 1. The left slope is left * e^z, or a + left.
    """
    share = 0.0 if right == 1 else 0.25  # of the 8 units

    def scale(z: Ball, size: Array) -> Array:
        return np.where(z.value > z.radius, share * size, np.maximum(share * size, left))

    def slope_radius(u: float, z: Ball, a: Ball) -> Array:
        kink = np.where(np.abs(z.value) <= z.radius, abs(left - right), 0.0)
        curve = a.radius + 3 * u * left
        return np.asarray(kink + np.where(z.value > z.radius, 4 * u * share * right, curve))

    return elementwise(
        name,
        facts=_FACTS,
        value=lambda z: np.where(z > 0, right * z, left * np.expm1(np.minimum(z, 0.0))),
        slope=lambda z, a: np.where(z > 0, right, a + left),
        lipschitz=lambda z, a, e: _largest_slope(
            z, e, right, left * np.exp(np.minimum(z + e, 0.0)), left
        ),
        slope_radius=slope_radius,
        units=8.0,
        scale=scale,
    )


@cache
def elu(alpha: float) -> Activation:
    """f(z) = z for z > 0, otherwise alpha (e^z - 1)

    Source: Clevert, Unterthiner, Hochreiter, ICLR 2016, arXiv 1511.07289.
    """
    return _exponential_unit("elu", 1.0, alpha)


@cache
def softplus(threshold: float | None) -> Activation:
    """f(z) = log(1 + e^z), but z beyond the threshold t, where it falls by log(1 + e^-t)

    Where |z - t| <= e, with t cast, both pieces are legal.
    Source: PyTorch, torch.nn.Softplus.
    """
    if threshold is None:
        return SOFTPLUS

    def either(u: float, z: Ball, jump: Callable[[float], float]) -> Array:
        near = np.abs(z.value - threshold) <= z.radius + u * threshold
        return np.where(near, jump(-threshold * (1 - u)), 0.0)

    def value(z: Array) -> Array:
        return np.where(z > threshold, z, SOFTPLUS.value.value(z))

    def value_radius(p: Precision, a: Array, z: Ball) -> Array:
        jump = either(p.unit, z, lambda t: math.log1p(math.exp(t)))
        highest = z.value + z.radius
        # beyond the threshold it grows by e, where softplus grows by at most sigmoid(z + e) e
        steeper = np.where(highest > threshold, z.radius * sigmoid(-highest), 0.0)
        return np.asarray(SOFTPLUS.value.radius(p, a, z) + steeper + jump)

    def pullback(s: Array, z: Array, a: Array) -> Array:
        return np.where(z > threshold, s, SOFTPLUS.pullback.value(s, z, a))

    def pullback_radius(p: Precision, value: Array, s: Ball, z: Ball, a: Ball) -> Array:
        jump = either(p.unit, z, lambda t: float(sigmoid(np.asarray(t))))
        return np.asarray(SOFTPLUS.pullback.radius(p, value, s, z, a) + jump * s.magnitude)

    operations = Operation(value, value_radius), Operation(pullback, pullback_radius)
    return Activation(*operations, SOFTPLUS.facts)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

SELU = _exponential_unit("selu", SELU_SCALE, SELU_SCALE * SELU_ALPHA)
