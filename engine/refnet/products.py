"""The matrix products of a network, each with its rounding bound.

|fl(A B) - A B| <= n u |A||B| for inner length n, in any order of summation
(Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34, 2013); a flushed product adds the underflow.
Writing  for the implementation and A for the engine,
|Â B̂ - A B| <= |A| e_B + e_A (|B| + e_B), which with rounding gives the radii below.
"""

from typing import Any

import numpy as np

from refnet.architecture import Array
from refnet.arithmetic import Ball, Operation
from refnet.operations import largest_divisor, ones_of, relaxed
from refnet.precision import Precision


def _rounding(p: Precision, length: int) -> tuple[float, float]:
    """The pair (g, s): a sum of `length` products errs by g sum|terms| + s |stored results|."""
    if p.input == 0 and p.accumulation >= p.unit:
        return length * p.accumulation, 0.0
    return 2 * p.input + p.input**2 + length * p.accumulation, p.unit


def _product(left: Array, right: Array) -> Array:
    """left @ right"""
    if left.ndim == 2 and right.ndim == 2:
        plain: Array = left.dot(right)  # a third of the overhead of matmul
        return plain
    stack: Array = np.matmul(left, right)
    return stack


def _product_radius(p: Precision, left: Ball, right: Ball, length: int, extra: int = 0) -> Array:
    g, _ = _rounding(p, length + extra)
    left_size, right_size = np.abs(left.value), np.abs(right.value)
    inexact = not right.exact
    if left.exact:
        terms = relaxed(g, right_size, right.radius) if inexact else g * right_size
        radius = _product(left_size, terms)
    else:
        radius = _product(relaxed(g, left_size, left.radius), right_size)
        if inexact:
            left_size += left.radius
            left_size *= 1 + g
            radius += _product(left_size, np.asarray(right.radius))
    radius += length * p.underflow
    return radius


def _guarded(
    p: Precision, radius: Array, gain: float, left: Ball, right: Ball, limit: float
) -> Array:
    """An infinite radius where the sum of the magnitudes may reach the limit, and so overflow.

    radius / gain bounds that sum at no cost; only where it is too large is the sum itself taken.
    """
    if _all_below(radius, gain * limit):
        return radius
    return np.where(_product(left.magnitude, right.magnitude) < limit, radius, np.inf)


def _all_below(sizes: Array, limit: float) -> bool:
    return bool(sizes.item(sizes.argmax()) < limit)  # so that nan fails


def _stored(p: Precision, radius: Array, value: Array, times: int) -> Array:
    s = _rounding(p, 1)[1]
    return radius + times * s * (np.abs(value) + radius) if s else radius


def _flip(ball: Ball) -> Ball:
    radius = ball.radius
    flipped = radius if ball.exact else np.asarray(radius).mT
    return Ball(ball.value.mT, flipped)


def _affine(inputs: Array, weights: Array, biases: Array) -> Array:
    z = _product(inputs, weights)
    if biases.ndim > 1:
        biases = biases[..., None, :]
        if z.shape[:-2] != biases.shape[:-2]:
            return z + biases
    if z.dtype is not biases.dtype:
        return z + biases
    z += biases  # a large array costs more to allocate than to fill
    return z


def _affine_radius(p: Precision, z: Array, inputs: Ball, weights: Ball, biases: Ball) -> Array:
    length = weights.value.shape[-2]
    g, s = _rounding(p, length + 1)
    bias_size = np.abs(biases.value)[..., None, :]
    radius = _product_radius(p, inputs, weights, length, extra=1)
    own = (g + s) * bias_size
    if not biases.exact:
        own += (1 + g) * np.asarray(biases.radius)[..., None, :]
    radius = _stored(p, radius + own, z, 2)
    limit = p.largest / 4
    radius = _guarded(p, radius, g, inputs, weights, limit)
    return radius if _all_below(bias_size, limit) else np.where(bias_size < limit, radius, np.inf)


AFFINE = Operation(_affine, _affine_radius)
"""inputs @ weights + biases: (n, fan_in), (fan_in, fan_out), (fan_out,) -> (n, fan_out)"""


def _stored_product_radius(
    p: Precision, value: Array, left: Ball, right: Ball, limit: float
) -> Array:
    """The radius of left @ right as it is stored, infinite where its sums may reach the limit."""
    length = left.value.shape[-1]
    radius = _stored(p, _product_radius(p, left, right, length), value, 1)
    return _guarded(p, radius, _rounding(p, length)[0], left, right, limit)


def _back(delta: Array, weights: Array, divisor: Any) -> Array:
    return _product(delta, weights.mT)


def _back_radius(p: Precision, s: Array, delta: Ball, weights: Ball, divisor: Ball) -> Array:
    limit = _limit(p, divisor)
    radius = _stored_product_radius(p, s, delta, _flip(weights), limit)
    size = delta.magnitude
    if _all_below(size, limit):
        return radius
    finite = size < limit  # else inf, and 0 inf is nan
    return np.where(np.all(finite, axis=-1)[..., None], radius, np.inf)


BACK = Operation(_back, _back_radius)
"""delta @ weights^T: (n, fan_out), (fan_in, fan_out) -> (n, fan_in)

The last argument of this operation and the next two is what a mean divides by: an implementation
that divides last meets numbers that much larger, and these may overflow.
"""


def _limit(p: Precision, divisor: Ball) -> float:
    """The size below which nothing overflows, not even where the division comes last."""
    return p.largest / 4 / largest_divisor(divisor)


def _outer(inputs: Array, delta: Array, divisor: Any) -> Array:
    return _product(inputs.mT, delta)


def _outer_radius(p: Precision, g: Array, inputs: Ball, delta: Ball, divisor: Ball) -> Array:
    limit = _limit(p, divisor)
    radius = _stored_product_radius(p, g, _flip(inputs), delta, limit)
    return _where_sums_fit(radius, delta, limit)  # else 0 inf is nan


OUTER = Operation(_outer, _outer_radius)
"""inputs^T @ delta, the gradient of the weights: (n, fan_in), (n, fan_out) -> (fan_in, fan_out)"""


def _where_sums_fit(radius: Array, delta: Ball, limit: float) -> Array:
    """An infinite radius for the columns whose sum over rows may overflow."""
    sums = _column_sum(delta.magnitude, 1)
    if _all_below(sums, limit):
        return radius
    fits = sums < limit
    return np.where(fits[..., None, :] if radius.ndim > sums.ndim else fits, radius, np.inf)


def _column_sum(delta: Array, divisor: Any) -> Array:
    ones = ones_of(delta.shape[-2], delta.dtype)
    total: Array = ones.dot(delta) if delta.ndim == 2 else np.matmul(ones, delta)
    return total


def _column_sum_radius(p: Precision, g: Array, delta: Ball, divisor: Ball) -> Array:
    rows = delta.value.shape[-2]
    # no input rounding: a sum is no matrix product; yet ones @ delta is a legal way to write it
    gain = max(rows - 1, 0) * p.accumulation + 2 * p.input
    radius = _column_sum(relaxed(gain, np.abs(delta.value), delta.radius), 1)
    limit, stored = _limit(p, divisor), _stored(p, radius, g, 1)
    if _all_below(radius, gain * limit):  # radius / gain bounds the sums of the magnitudes
        return stored
    return _where_sums_fit(stored, delta, limit)


COLUMN_SUM = Operation(_column_sum, _column_sum_radius)
"""The sum over rows, the gradient of the biases: (n, fan_out) -> (fan_out,)"""
