"""Softmax and log-sum-exp: shift by the maximum, then exponentiate, so that nothing overflows.

At logits that lie e_k from the engine's, log p̂_k - log p_k is within e_k + max e, and the
evaluation errs by u (|z_k - m| + c + sum_j p_j (|z_j - m| + c) + K + 2): the shift, exp,
the sum and the quotient. exp(z_k - l), with l = log sum_j e^z_j, is legal too: l and z_k - l round
at the size of the logits, by u (|l| + |z_k - l|) <= u (max |z| + |z_k - m| + 2 log K), and the
logarithm by 8u max(1, log K). exp(z_k - m - log s) rounds twice at |z_k - m| <= max |z| + |z_k|.

Source: Blanchard, Higham, Higham, IMA J. Numer. Anal. 41 (2021), for the shifted formula.
"""

import math
from typing import NamedTuple

import numpy as np

from refnet.architecture import Array
from refnet.functions.elementwise import Activation, Facts
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.operations import product_radius, row_sum
from refnet.rounding.precision import Precision


def shifted(z: Array) -> Array:
    """The differences z - max z, at least the lowest finite number, so that 0 times it is 0"""
    with np.errstate(over="ignore"):
        below = z - np.maximum.reduce(z, axis=-1, keepdims=True)
    lowest = np.finfo(np.result_type(below, np.float16)).min
    return np.maximum(below, lowest)


def softmax(z: Array) -> Array:
    """e^z_k / sum_j e^z_j"""
    powers = np.exp(shifted(z))
    return np.asarray(powers / row_sum(powers)[..., None])


class Spread(NamedTuple):
    """What the bounds of softmax and log-sum-exp share.

    farthest: max_k e_k, how far the maximum may move (n, 1)
    distance: |z_k - m| for every legal z (n, K)
    exponent: relative error of sum_j e^(z_j - m), its own rounding (n, 1)
    """

    farthest: Array
    distance: Array
    exponent: Array


def growth(probabilities: Array, exponent: Array) -> Array:
    """The largest |p̂ - p| for |log p̂ - log p| <= t: p (e^t - 1), and at most 1

    A probability that underflows to 0 may be any other for a logit of which so little is known.
    """
    powers = np.expm1(np.minimum(exponent, 700.0))
    return np.where(exponent < 700, np.minimum(probabilities * powers, 1.0), 1.0)


def spread(p: Precision, z: Ball, probabilities: Array) -> Spread:
    """The quantities of `Spread`, for logits z with these probabilities."""
    e = np.broadcast_to(z.radius, z.value.shape)
    farthest = np.maximum.reduce(e, axis=-1, keepdims=True)
    distance = e + farthest - shifted(z.value)
    legal = probabilities + growth(probabilities, e + farthest)
    mean = np.add.reduce(legal * distance, axis=-1, keepdims=True)
    exponent = p.unit * (mean + p.exp_error + z.value.shape[-1])
    return Spread(farthest, distance, exponent)


def log_bound(relative: Array) -> Array:
    """|log(1 + d)| <= -log(1 - r) for every |d| <= r; infinite from r = 1 on"""
    return np.asarray(-np.log1p(-np.minimum(relative, 1.0)))


def _softmax_radius(p: Precision, probabilities: Array, z: Ball) -> Array:
    size, log_classes = z.magnitude, math.log(z.value.shape[-1])
    own = size + np.maximum.reduce(size, axis=-1, keepdims=True)
    return _radius(p, probabilities, z, own + 2 * log_classes + 8 * max(1.0, log_classes))


def _shifted_radius(p: Precision, probabilities: Array, z: Ball) -> Array:
    return _radius(p, probabilities, z, 0.0)


def _radius(p: Precision, probabilities: Array, z: Ball, size: Array | float) -> Array:
    """The radius of a softmax whose exponents round by u (|z_k - m| + size)."""
    known = spread(p, z, probabilities)
    own = p.unit * (known.distance + size)
    own = own + log_bound(known.exponent + p.unit * (p.exp_error + 2))
    radius = growth(probabilities, z.radius + known.farthest + own) + p.underflow
    return np.where(known.farthest < np.inf, radius, np.inf)  # an overflow may end as nan


def _pullback(s: Array, z: Array, a: Array) -> Array:
    return a * (s - row_sum(a * s)[..., None])


def _pullback_radius(p: Precision, _: Array, s: Ball, z: Ball, a: Ball) -> Array:
    """The rounding of a (s - sum a s), of the Jacobian times s, and of every order between."""
    classes = s.value.shape[-1]
    terms = a.radius * s.magnitude + a.value * s.radius + p.underflow
    mean = np.add.reduce(terms, axis=-1, keepdims=True)
    size = s.magnitude + np.add.reduce(a.magnitude * s.magnitude, axis=-1, keepdims=True)
    centred = s.value - np.add.reduce(a.value * s.value, axis=-1, keepdims=True)
    radius = s.radius + mean + (classes + 3) * p.unit * size
    return product_radius(p, a, Ball(centred, radius))


SOFTMAX = Activation(
    Operation(softmax, _softmax_radius),
    Operation(_pullback, _pullback_radius),
    Facts(kinked=False, zero_at_zero=False, bounded=True, monotone=False, per_unit=False),
)

SHIFTED_SOFTMAX = Operation(softmax, _shifted_radius)
"""The softmax by exp(z - max z) alone, whose error does not grow with the logits."""
