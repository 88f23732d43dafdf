"""The activations with a derivative everywhere: identity, sigmoid, tanh, softplus, exp, silu, gelu.

Their errors are those that published elementary functions reach, with room for every formula in
use: 0.5 (1 + tanh(z / 2)) is a legal sigmoid, so a sigmoid errs absolutely and not relatively.
The two constants of silu and of gelu, sup |f'| and sup |f''|, hold on the whole line.
"""

import math
from typing import Any

import numpy as np
from scipy import special

from refnet.architecture import Array
from refnet.functions.elementwise import Facts, elementwise
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.precision import U64, Precision

SILU_SLOPE, SILU_CURVATURE = 1.0999, 0.5
GELU_SLOPE, GELU_CURVATURE = 1.1290, 0.7979


def nearest_to_zero(z: Array, e: Any) -> Array:
    """The least |x| for x in [z - e, z + e], where the slope of sigmoid and tanh is largest."""
    return np.maximum(np.abs(z) - e, 0.0)


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z)"""
    return special.expit(z)


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


def _silu_slope(z: Array, a: Array) -> Array:
    """f'(z) = s + z s (1 - s), with s = sigmoid(z)"""
    s = sigmoid(z)
    return np.asarray(s + a * (1 - s))


def _slope_radius(curvature: float, u: float, z: Ball) -> Array:
    return np.asarray(curvature * z.radius + 12 * u * (1 + z.magnitude))


SILU = elementwise(
    "silu",
    facts=Facts(kinked=False, zero_at_zero=True, bounded=False, monotone=False),
    value=lambda z: z * sigmoid(z),
    slope=_silu_slope,
    lipschitz=lambda z, a, e: SILU_SLOPE,
    slope_radius=lambda u, z, a: _slope_radius(SILU_CURVATURE, u, z),
    units=12.0,
    scale=lambda z, size: z.magnitude,
)


def _gelu_slope(z: Array, a: Array) -> Array:
    """Phi(z) + z phi(z)"""
    w = np.clip(z, -40, 40)  # beyond, phi is 0 in float64, and the square cannot overflow
    return np.asarray(special.ndtr(z) + w * np.exp(-w * w / 2) / math.sqrt(2 * math.pi))


GELU_ERF = elementwise(
    "gelu",
    facts=Facts(kinked=False, zero_at_zero=True, bounded=False, monotone=False),
    value=lambda z: z * special.ndtr(z),
    slope=_gelu_slope,
    lipschitz=lambda z, a, e: GELU_SLOPE,
    slope_radius=lambda u, z, a: _slope_radius(GELU_CURVATURE, u, z),
    units=16.0,
    scale=lambda z, size: z.magnitude,
)

_ROOT, _CUBE = math.sqrt(2 / math.pi), 0.044715


def _inner_tanh(w: Array) -> Array:
    return np.asarray(np.tanh(_ROOT * (w + _CUBE * w**3)))


def _gelu_tanh(z: Array) -> Array:
    """f(z) = z (1 + t) / 2, with t = tanh(sqrt(2 / pi) (z + 0.044715 z^3))"""
    w = np.clip(z, -40, 40)  # beyond, t is -1 or 1, and the cube cannot overflow
    return np.asarray(0.5 * z * (1 + _inner_tanh(w)))


def _gelu_tanh_slope(z: Array, a: Array) -> Array:
    """f'(z) = (1 + t) / 2 + z (1 - t^2) sqrt(2 / pi) (1 + 3 * 0.044715 z^2) / 2"""
    w = np.clip(z, -40, 40)
    t = _inner_tanh(w)
    inner = _ROOT * (1 + 3 * _CUBE * w * w)
    return np.asarray(0.5 * (1 + t) + 0.5 * w * (1 - t * t) * inner)


def _gelu_tanh_radius(u: float, z: Ball, a: Ball) -> Array:
    # 1 - t^2 errs by twice the 8u of t, until t is 1 in every precision
    w = np.minimum(z.magnitude, 8.0)
    cancelled = 16 * u * 0.5 * w * _ROOT * (1 + 3 * _CUBE * w * w)
    return np.asarray(_slope_radius(GELU_CURVATURE, u, z) + cancelled)


GELU_TANH = elementwise(
    "gelu",
    facts=Facts(kinked=False, zero_at_zero=True, bounded=False, monotone=False),
    value=_gelu_tanh,
    slope=_gelu_tanh_slope,
    lipschitz=lambda z, a, e: GELU_SLOPE,
    slope_radius=_gelu_tanh_radius,
    units=16.0,
    scale=lambda z, size: z.magnitude,
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
