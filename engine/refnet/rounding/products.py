"""The matrix products of a network, each with its rounding bound.

|fl(A B) - A B| <= n u |A||B| for inner length n, in any order of summation
(Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34, 2013). A flushed product adds the underflow,
a flushed factor that times the other factor.
Writing  for the implementation and A for the engine,
|Â B̂ - A B| <= |A| e_B + e_A (|B| + e_B), which with rounding gives the radii below.
"""

from typing import Any

import numpy as np

from refnet.architecture import Array
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.operations import largest_divisor, relaxed
from refnet.rounding.precision import Precision


def _product(left: Array, right: Array) -> Array:
    """left @ right"""
    if left.size == 1 or right.size == 1:
        return left * right  # a dot would skip a 1 x 1 matrix that is 0, though 0 inf is nan
    # matmul has twice the overhead, and leaves BLAS where rows are in reversed order
    both = left.ndim == 2 and right.ndim == 2
    return np.asarray(left.dot(right) if both else np.matmul(left, right))


def _product_radius(p: Precision, left: Ball, right: Ball, length: int, extra: int = 0) -> Array:
    g = p.gain(length + extra)
    flushed = p.underflow / g  # g (|a| + flushed) (|w| + flushed), where it is not rounded away
    size, right_size = np.abs(left.value) + flushed, np.abs(right.value) + flushed
    if left.exact and right.exact:
        radius = g * _product(size, right_size)  # g last: times a subnormal number it would be 0
    elif right.exact:
        radius = _product(relaxed(g, size, left.radius), right_size)
    elif left.exact:
        radius = _product(size, relaxed(g, right_size, right.radius))
    else:
        radius = _product(size + left.radius, relaxed(g, right_size, right.radius))
        radius += _product(np.asarray(left.radius), right_size)
    radius += (length + extra) * p.underflow
    return radius


def _all_below(sizes: Array, limit: float) -> bool:
    return bool(sizes.item(sizes.argmax()) < limit)  # so that nan fails


def _stored(p: Precision, radius: Array, value: Array, times: int) -> Array:
    if not p.stores:
        return radius
    return radius + times * p.stores * (np.abs(value) + radius)


def _affine(inputs: Array, weights: Array, biases: Array) -> Array:
    return _add_biases(_product(inputs, weights), biases)


def _add_biases(products: Array, biases: Array) -> Array:
    """products + biases, in place for one network: a large array costs more to make than to fill"""
    if biases.ndim > 1 or products.dtype != biases.dtype:
        return products + biases[..., None, :]
    products += biases
    return products


def _affine_radius(p: Precision, z: Array, inputs: Ball, weights: Ball, biases: Ball) -> Array:
    length = weights.value.shape[-2]
    g = p.gain(length + 1)
    radius = _product_radius(p, inputs, weights, length, extra=1)
    own = (g + p.stores) * np.abs(biases.value)
    if not biases.exact:
        own += (1 + g) * np.asarray(biases.radius)
    radius, limit = _stored(p, _add_biases(radius, own), z, 2), p.largest / 4
    if _all_below(radius, g * limit):  # radius / g bounds the sums of the magnitudes
        return radius
    sums = _add_biases(_product(inputs.magnitude, weights.magnitude), biases.magnitude)
    return np.where(sums < limit, radius, np.inf)


AFFINE = Operation(_affine, _affine_radius)
"""inputs @ weights + biases: (n, fan_in), (fan_in, fan_out), (fan_out,) -> (n, fan_out)"""


def _signal_radius(
    p: Precision, value: Array, left: Ball, right: Ball, delta: Ball, divisor: Ball
) -> Array:
    """The radius of left @ right as it is stored, infinite where its sums may overflow.

    One of the two is delta: where that may hold infinity, its row or column is lost, as 0 inf is
    nan.
    """
    length, limit = left.value.shape[-1], p.largest / 4 / largest_divisor(divisor)
    radius = _stored(p, _product_radius(p, left, right, length), value, 1)
    size = delta.magnitude
    if _all_below(radius, p.gain(length) * limit) and _all_below(size, limit):
        return radius
    sums = _product(left.magnitude, right.magnitude)
    finite = np.all(size < limit, axis=-1 if delta is left else -2, keepdims=True)
    return np.where((sums < limit) & finite, radius, np.inf)


def _back_radius(p: Precision, s: Array, delta: Ball, weights: Ball, divisor: Ball) -> Array:
    return _signal_radius(p, s, delta, weights.transposed, delta, divisor)


BACK = Operation(lambda delta, weights, divisor: _product(delta, weights.mT), _back_radius)
"""delta @ weights^T: (n, fan_out), (fan_in, fan_out) -> (n, fan_in)

The last argument of this operation and the next two is what a mean divides by: an implementation
that divides last meets numbers that much larger, and these may overflow.
"""


def _outer_radius(p: Precision, g: Array, inputs: Ball, delta: Ball, divisor: Ball) -> Array:
    return _signal_radius(p, g, inputs.transposed, delta, delta, divisor)


OUTER = Operation(lambda inputs, delta, divisor: _product(inputs.mT, delta), _outer_radius)
"""inputs^T @ delta, the gradient of the weights: (n, fan_in), (n, fan_out) -> (fan_in, fan_out)"""


def _column_sum(delta: Array, divisor: Any) -> Array:
    return np.asarray(np.add.reduce(delta, axis=-2))


def _column_sum_radius(p: Precision, g: Array, delta: Ball, divisor: Ball) -> Array:
    rows, limit = delta.value.shape[-2], p.largest / 4 / largest_divisor(divisor)
    # no input rounding: a sum is no matrix product; yet ones @ delta is a legal way to write it
    gain = max(rows - 1, 0) * p.summation + 2 * p.input
    radius = _column_sum(relaxed(gain, np.abs(delta.value), delta.radius), divisor)
    if p.input or p.summation < p.unit:
        radius = radius + p.unit * (np.abs(g) + radius)
    if _all_below(radius, gain * limit):
        return radius
    return np.where(_column_sum(delta.magnitude, divisor) < limit, radius, np.inf)


COLUMN_SUM = Operation(_column_sum, _column_sum_radius)
"""The sum over rows, the gradient of the biases: (n, fan_out) -> (fan_out,)"""
