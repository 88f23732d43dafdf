"""The activations that are z times a smooth gate: silu z sigmoid(z), gelu z Phi(z).

The two constants of each, sup |f'| and sup |f''|, hold on the whole line.
"""

import math

import numpy as np
import scipy

from refnet.architecture import Array
from refnet.functions.elementwise import Facts, elementwise
from refnet.functions.smooth import sigmoid
from refnet.rounding.arithmetic import Ball

SILU_SLOPE, SILU_CURVATURE = 1.0999, 0.5
GELU_SLOPE, GELU_CURVATURE = 1.1290, 0.7979


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
    return np.asarray(scipy.special.ndtr(z) + w * np.exp(-w * w / 2) / math.sqrt(2 * math.pi))


GELU_ERF = elementwise(
    "gelu",
    facts=Facts(kinked=False, zero_at_zero=True, bounded=False, monotone=False),
    value=lambda z: z * scipy.special.ndtr(z),
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
