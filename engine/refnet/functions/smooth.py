"""The smooth activations that never fall: identity, sigmoid, tanh, softplus, exp.

Their errors are those that published elementary functions reach, with room for every formula in
use: 0.5 (1 + tanh(z / 2)) is a legal sigmoid, so a sigmoid errs absolutely and not relatively.
"""

import math
from typing import Any

import numpy as np
import scipy

from refnet.architecture import Array
from refnet.functions.elementwise import Facts, elementwise
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.precision import U64, Precision


def nearest_to_zero(z: Array, e: Any) -> Array:
    """The least |x| for x in [z - e, z + e], where the slope of sigmoid and tanh is largest."""
    return np.asarray(np.maximum(np.abs(z) - e, 0.0))


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z)"""
    return scipy.special.expit(z)


def sigmoid_slope_at(m: Array) -> Array:
    """e^-m / (1 + e^-m)^2, for m >= 0, so that exp cannot overflow"""
    tail = np.exp(-m)
    return np.asarray(tail / (1 + tail) ** 2)


_NEAR = 2.0**-5  # the radius up to which a slope is bounded by its growth
_SLACK = 16 * U64  # what 1 - a a, and 1 - a of the sigmoid, err by


def _sigmoid_lipschitz(z: Array, a: Array, e: Any) -> Array:
    """a (1 - a) e^r, with r the largest radius, since |(log sigmoid')'| = |1 - 2a| <= 1

    Where r is large: the slope at the least |m| of [z - e, z + e].
    """
    farthest = float(np.max(e))
    if not farthest <= _NEAR:
        return sigmoid_slope_at(nearest_to_zero(z, e))
    return np.asarray((1 + _SLACK - a) * a * math.exp(farthest))


def _tanh_lipschitz(z: Array, a: Array, e: Any) -> Array:
    """(1 - a^2) e^(2r), with r the largest radius, since |(log tanh')'| = |2a| <= 2

    Where r is large: tanh'(m) = 4 sigmoid'(2m), at the least |m| of [z - e, z + e].
    """
    farthest = float(np.max(e))
    if not farthest <= _NEAR:
        return 4 * sigmoid_slope_at(2 * nearest_to_zero(z, e))
    growth = math.exp(2 * farthest)
    return np.asarray(growth * (1 + _SLACK) - a * a * growth)


IDENTITY = elementwise(
    "identity",
    facts=Facts(kinked=False, zero_at_zero=True, bounded=False, monotone=True),
    value=lambda z: z,
    slope=lambda z, a: 1.0,
    lipschitz=lambda z, a, e: 1.0,
    slope_radius=lambda u, z, a: 0.0,
)

SIGMOID = elementwise(
    "sigmoid",
    facts=Facts(kinked=False, zero_at_zero=False, bounded=True, monotone=True),
    value=sigmoid,
    slope=lambda z, a: a * (1 - a),
    lipschitz=_sigmoid_lipschitz,
    # |â(1-â) - a(1-a)| = |â - a| |1 - (â + a)|
    slope_radius=lambda u, z, a: a.radius * (np.abs(1 - 2 * a.value) + a.radius) + 3 * u,
    units=4.0,
)

TANH = elementwise(
    "tanh",
    facts=Facts(kinked=False, zero_at_zero=True, bounded=True, monotone=True),
    value=np.tanh,
    slope=lambda z, a: 1 - a * a,
    lipschitz=_tanh_lipschitz,
    # |â^2 - a^2| <= e (2 |a| + e)
    slope_radius=lambda u, z, a: (2 * np.abs(a.value) + a.radius) * a.radius + 3 * u,
    units=8.0,
)

SOFTPLUS = elementwise(
    "softplus",
    facts=Facts(kinked=False, zero_at_zero=False, bounded=False, monotone=True),
    value=lambda z: np.logaddexp(0.0, z),
    slope=lambda z, a: sigmoid(z),
    lipschitz=lambda z, a, e: sigmoid(z + e),
    # the slope may come from the value, 1 - e^-a: 8u a e^-a + 8u max(1, a) e^-a + u
    slope_radius=lambda u, z, a: (
        sigmoid_slope_at(nearest_to_zero(z.value, z.radius)) * z.radius + 20 * u
    ),
    units=8.0,
    scale=lambda z, size: np.maximum(1.0, size),
)


def exponential(z: Array) -> Array:
    """e^z, infinite from 709.8 on"""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(z))


def exponential_radius(p: Precision, z: Ball) -> Array:
    """Radius of e^z: e^(z+e) (e + c u), infinite where the precision may overflow."""
    largest = exponential(z.value + z.radius)
    radius = largest * (z.radius + p.exp_error * p.unit) + p.underflow
    return np.asarray(np.where(largest < p.largest / 4, radius, np.inf))


EXP = elementwise(
    "exp",
    facts=Facts(kinked=False, zero_at_zero=False, bounded=False, monotone=True),
    value=exponential,
    slope=lambda z, a: a,
    lipschitz=lambda z, a, e: exponential(z + e),
    slope_radius=lambda u, z, a: a.radius,
)._replace(value=Operation(exponential, lambda p, a, z: exponential_radius(p, z)))
