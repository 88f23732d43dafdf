"""The linear steps of a network, each with its rounding bound.

Matrix products: |fl(A B) - A B| <= n u |A||B| for inner length n, in any order of summation
(Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34, 2013); a flushed product adds the underflow.
Writing  for the implementation and A for the engine,
|Â B̂ - A B| <= |A| e_B + e_A (|B| + e_B), which with rounding gives the radii below.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from refnet.architecture import Array
from refnet.arithmetic import Ball, Operation
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
    inexact = not _exact(right)
    if _exact(left):
        terms = _relaxed(g, right_size, right.radius) if inexact else g * right_size
        radius = _product(left_size, terms)
    else:
        radius = _product(_relaxed(g, left_size, left.radius), right_size)
        if inexact:
            left_size += left.radius
            left_size *= 1 + g
            radius += _product(left_size, np.asarray(right.radius))
    radius += length * p.underflow
    return radius


def _relaxed(g: float, size: Array, radius: Any) -> Array:
    """g size + (1 + g) radius"""
    terms: Array = size + radius
    terms *= g
    terms += radius
    return terms


def _exact(ball: Ball) -> bool:
    return isinstance(ball.radius, float) and ball.radius == 0.0


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
    flipped = radius if _exact(ball) else np.asarray(radius).mT
    return Ball(ball.value.mT, flipped)


@lru_cache(maxsize=16)
def _ones(count: int, dtype: np.dtype[Any]) -> Array:
    """Ones to multiply by, which sums short rows faster than `np.add.reduce`."""
    ones: Array = np.ones(count, dtype)
    ones.flags.writeable = False
    return ones


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
    if not _exact(biases):
        own += (1 + g) * np.asarray(biases.radius)[..., None, :]
    radius = _stored(p, radius + own, z, 2)
    limit = p.largest / 4
    radius = _guarded(p, radius, g, inputs, weights, limit)
    return radius if _all_below(bias_size, limit) else np.where(bias_size < limit, radius, np.inf)


AFFINE = Operation(_affine, _affine_radius)
"""inputs @ weights + biases: (n, fan_in), (fan_in, fan_out), (fan_out,) -> (n, fan_out)"""


def _back(delta: Array, weights: Array, divisor: Any) -> Array:
    return _product(delta, weights.mT)


def _back_radius(p: Precision, s: Array, delta: Ball, weights: Ball, divisor: Ball) -> Array:
    length = weights.value.shape[-1]
    flipped, gain = _flip(weights), _rounding(p, length)[0]
    radius = _stored(p, _product_radius(p, delta, flipped, length), s, 1)
    limit = _limit(p, divisor)
    radius = _guarded(p, radius, gain, delta, flipped, limit)
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
    return p.largest / 4 / _largest_divisor(divisor)


def _largest_divisor(divisor: Ball) -> float:
    """The largest of a stack of data sets, and at least 1."""
    total: Any = divisor.value
    return max(1.0, total if isinstance(total, int) else total.item(total.argmax()))


def _outer(inputs: Array, delta: Array, divisor: Any) -> Array:
    return _product(inputs.mT, delta)


def _outer_radius(p: Precision, g: Array, inputs: Ball, delta: Ball, divisor: Ball) -> Array:
    rows = delta.value.shape[-2]
    flipped, gain = _flip(inputs), _rounding(p, rows)[0]
    radius = _stored(p, _product_radius(p, flipped, delta, rows), g, 1)
    limit = _limit(p, divisor)
    radius = _guarded(p, radius, gain, flipped, delta, limit)
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
    ones = _ones(delta.shape[-2], delta.dtype)
    total: Array = ones.dot(delta) if delta.ndim == 2 else np.matmul(ones, delta)
    return total


def _column_sum_radius(p: Precision, g: Array, delta: Ball, divisor: Ball) -> Array:
    rows = delta.value.shape[-2]
    # no input rounding: a sum is no matrix product; yet ones @ delta is a legal way to write it
    gain = max(rows - 1, 0) * p.accumulation + 2 * p.input
    radius = _column_sum(_relaxed(gain, np.abs(delta.value), delta.radius), 1)
    return _where_sums_fit(_stored(p, radius, g, 1), delta, _limit(p, divisor))


COLUMN_SUM = Operation(_column_sum, _column_sum_radius)
"""The sum over rows, the gradient of the biases: (n, fan_out) -> (fan_out,)"""


def product_radius(p: Precision, left: Ball, right: Ball) -> Array:
    """Radius of an elementwise product of two balls."""
    left_size = np.abs(left.value)
    radius = _relaxed(p.unit, left_size, left.radius)
    radius = radius * right.magnitude
    radius += left_size * right.radius
    radius += p.underflow
    return radius


def row_sum(entries: Array) -> Array:
    """The sum over the outputs of each row: (n, k) -> (n,)"""
    outputs = entries.shape[-1]
    if outputs == 1:
        return entries[..., 0]
    total: Array = entries.dot(_ones(outputs, entries.dtype))
    return total


def row_radius(p: Precision, size: Array, radius: Array) -> Array:
    """Radius of a sum over the outputs of each row, whose entries have this size and radius."""
    return row_sum(radius + (size.shape[-1] - 1) * p.unit * (size + radius))


def _multiply(left: Array, right: Array) -> Array:
    return left * right


def _multiply_radius(p: Precision, _: Array, left: Ball, right: Ball) -> Array:
    return product_radius(p, left, right)


MULTIPLY = Operation(_multiply, _multiply_radius)
"""left * right, entry by entry"""


def _subtract(left: Array, right: Array) -> Array:
    return left - right


def _subtract_radius(p: Precision, value: Array, left: Ball, right: Ball) -> Any:
    radius = left.radius + right.radius
    return radius + p.unit * (np.abs(value) + radius)


SUBTRACT = Operation(_subtract, _subtract_radius)
"""left - right, entry by entry"""


def _constant(value: Array, roundings: int) -> Array:
    return value


def _constant_radius(p: Precision, _: Array, value: Ball, roundings: Ball) -> Array:
    total = float(roundings.value) * p.unit
    # k u / (1 - k u), because some of the roundings stand in a denominator
    return np.asarray((total / (1 - total) if total < 1 else np.inf) * np.abs(value.value))


CONSTANT = Operation(_constant, _constant_radius)
"""A number that an implementation computes from its arguments with so many roundings, like 1/n"""


def _weighted_sum(rows: Array, scale: Array | float, divisor: Any) -> Array:
    if isinstance(scale, float):
        return row_sum(rows) * scale
    return row_sum(rows * scale)


def _weighted_sum_radius(p: Precision, _: Array, rows: Ball, scale: Ball, divisor: Ball) -> Array:
    count = rows.value.shape[-1]
    radius = np.add.reduce(product_radius(p, rows, scale), axis=-1)
    size = np.add.reduce(rows.magnitude * scale.magnitude, axis=-1)
    # the rows may be summed before they are divided
    largest = np.maximum(np.add.reduce(rows.magnitude, axis=-1), size * _largest_divisor(divisor))
    radius = radius + (count + 1) * p.unit * size
    return np.where(largest < p.largest / 4, radius, np.inf)


WEIGHTED_SUM = Operation(_weighted_sum, _weighted_sum_radius)
"""sum_i rows_i scale_i: (n,), (n,) or () -> (); the divisor as for the matrix products"""


def _sum_of_squares(*arrays: Array) -> Array:
    return np.asarray(sum(np.sum(x * x, axis=(-1, -2)) for x in arrays))


def _sum_of_squares_radius(p: Precision, value: Array, *balls: Ball) -> Array:
    count = sum(ball.value.shape[-1] * ball.value.shape[-2] for ball in balls)
    radius = (count + 1) * p.unit * value + count * p.underflow
    return np.where(value < p.largest / 4, radius, np.inf)


SUM_OF_SQUARES = Operation(_sum_of_squares, _sum_of_squares_radius)
"""The sum of the squares of all entries of matrices that are exactly known."""


def _add_scaled(base: Array, term: Array, factor: Array) -> Array:
    return base + factor * term


def _add_scaled_radius(p: Precision, value: Array, base: Ball, term: Ball, factor: Ball) -> Array:
    size = np.abs(factor.value)
    # four roundings: the factor is itself a product or a quotient, cast to the precision
    added = size * (term.radius + 4 * p.unit * term.magnitude)
    added = added + p.underflow * (1 + term.magnitude)  # the product or the factor is flushed
    if not _exact(factor):
        added = added + factor.radius * term.magnitude * (1 + 4 * p.unit)
    radius = base.radius + added
    largest = base.magnitude + size * term.magnitude
    radius = radius + p.unit * (np.abs(value) + radius)
    return np.where(largest < p.largest / 4, radius, np.inf)


ADD_SCALED = Operation(_add_scaled, _add_scaled_radius)
"""base + factor * term, for a number that is known as well as a product of two cast numbers"""
