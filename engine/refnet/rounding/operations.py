"""The elementwise steps and sums of a network, each with its rounding bound."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refnet.architecture import Array
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.precision import Precision


def relaxed(g: float, size: Array, radius: Any) -> Array:
    """g (size + radius) + radius, for numbers of this size in a ball of this radius"""
    return np.asarray(g * (size + radius) + radius)


def unless_above(limit: float, sizes: Array, radius: Array) -> Array:
    """The radius, infinite where a size is not below the limit, nan included."""
    if sizes.item(sizes.argmax()) < limit:  # nan is the largest of all
        return radius
    return np.where(sizes < limit, radius, np.inf)


def gamma(p: Precision, roundings: float) -> float:
    """k u / (1 - k u), for k roundings in numerators and denominators alike"""
    total = roundings * p.unit
    return total / (1 - total) if total < 1 else math.inf


def largest_divisor(divisor: Ball) -> float:
    """The largest of a stack of data sets, and at least 1."""
    total: Any = divisor.value
    return total if isinstance(total, int) else max(1.0, total.item(total.argmax()))


def product_radius(p: Precision, left: Ball, right: Ball) -> Array:
    """Radius of an elementwise product of two balls."""
    size = np.abs(left.value)
    moved = relaxed(p.unit, size, left.radius) * right.magnitude
    return moved + size * right.radius + p.underflow * (1 + left.magnitude + right.magnitude)


def row_sum(entries: Array) -> Array:
    """The sum over the outputs of each row: (n, k) -> (n,)"""
    ones = np.ones(entries.shape[-1], entries.dtype)
    # np.add.reduce is slow on short rows, and a stack rounds as its parts do only in matmul
    return np.asarray(entries.dot(ones) if entries.ndim == 2 else np.matmul(entries, ones))


MULTIPLY = Operation(np.multiply, lambda p, value, left, right: product_radius(p, left, right))
"""left * right, entry by entry"""


def _sum_radius(p: Precision, value: Array, left: Ball, right: Ball) -> Any:
    radius = left.radius + right.radius
    return radius + p.unit * (np.abs(value) + radius) + 2 * p.underflow


ADD = Operation(lambda left, right: left + right, _sum_radius)
"""left + right, entry by entry, or of two numbers"""

SUBTRACT = Operation(np.subtract, _sum_radius)
"""left - right, entry by entry"""


def _constant_radius(p: Precision, _: Array, value: Ball, roundings: Ball) -> Array:
    return np.asarray(gamma(p, float(roundings.value)) * np.abs(value.value))


CONSTANT = Operation(lambda value, roundings: value, _constant_radius)
"""A number that an implementation computes from its arguments with so many roundings, like 1/n"""


def _scale_radius(
    p: Precision, value: Array, entries: Ball, factor: Ball, roundings: Ball, divisor: Ball
) -> Array:
    largest, size = largest_divisor(divisor), np.abs(factor.value)
    if not largest < p.largest / 4:
        return np.full_like(value, np.inf)
    c = gamma(p, float(roundings.value))
    radius = relaxed(c + p.unit * (1 + c), np.abs(entries.value), entries.radius)
    # what is divided first may be flushed before it is multiplied
    flushed = np.maximum(1.0, size * largest) + size + entries.magnitude
    return radius * size + p.underflow * flushed


SCALE = Operation(lambda entries, factor, roundings, divisor: entries * factor, _scale_radius)
"""entries * factor, for a factor that an implementation computes with so many roundings

The divisor is what the factor is a fraction of, which may overflow.
"""


NOTHING = Operation(np.zeros_like, lambda p, value, entries: np.zeros_like(value))
"""0, whatever the entries: the derivative by what is not there"""


def _sum_of_all(entries: Array) -> Array:
    return np.asarray(np.add.reduce(entries, axis=(-2, -1)))


def _weighted_sum(entries: Array, scale: Array | float, *_: Any) -> Array:
    return _sum_of_all(entries * scale)  # scaled first: no mean overflows


def _weighted_sum_radius(
    p: Precision, _: Array, entries: Ball, scale: Ball, roundings: Ball, divisor: Ball, terms: Ball
) -> Array:
    scale = Ball(scale.value, _constant_radius(p, scale.value, scale, roundings))
    radius = _sum_of_all(product_radius(p, entries, scale))
    size = _sum_of_all(entries.magnitude * scale.magnitude)
    # the entries may be summed before they are divided, and the divisor may overflow itself
    undivided = np.maximum(size, 1.0) * largest_divisor(divisor)
    largest = np.maximum(_sum_of_all(entries.magnitude), undivided)
    radius = radius + (float(terms.value) + 1) * p.unit * size
    return unless_above(p.largest / 4, np.asarray(largest), radius)


WEIGHTED_SUM = Operation(_weighted_sum, _weighted_sum_radius)
"""sum_ik entries_ik scale_i: (n, k), (n, 1) or () -> (); a scale of so many roundings; the divisor
as for the matrix products; the terms of the whole accumulator, in which others may stand too"""


def _sum_of_squares(*arrays: Array) -> Array:
    return np.asarray(sum(np.sum(x * x, axis=(-1, -2)) for x in arrays))


def _sum_of_squares_radius(p: Precision, value: Array, *balls: Ball) -> Array:
    count = sum(ball.value.shape[-1] * ball.value.shape[-2] for ball in balls)
    radius = (count + 1) * p.unit * value + count * p.underflow
    return unless_above(p.largest / 4, value, radius)


SUM_OF_SQUARES = Operation(_sum_of_squares, _sum_of_squares_radius)
"""The sum of the squares of all entries of matrices that are exactly known."""


def _adding(accumulation: Callable[[Precision], float]) -> Operation:
    def radius(
        p: Precision, value: Array, base: Ball, term: Ball, factor: Ball, others: Any = _NONE
    ) -> Array:
        size, count, largest = abs(factor.value), float(others.value), term.magnitude
        # four roundings: the factor is itself a product or a quotient, cast to the precision
        roundings = 4 * p.unit + count * accumulation(p)
        added = size * (term.radius + roundings * largest)
        # the base, the product, one of its factors, or a sum on its way is flushed
        added = added + p.underflow * (2 + count + size + largest)
        if not factor.exact:
            added = added + factor.radius * largest * (1 + 4 * p.unit)
        radius = base.radius + added
        radius = radius + p.unit * (np.abs(value) + radius)
        return unless_above(p.largest / 4, np.asarray(base.magnitude + size * largest), radius)

    return Operation(lambda base, term, factor, others=0: base + factor * term, radius)


_NONE = Ball(np.asarray(0), 0.0)

ADD_SCALED = _adding(lambda p: max(p.unit, p.accumulation))
"""base + factor * term, for a number that is known as well as a product of two cast numbers

Where the base is a sum, the term may stand anywhere in it, first for instance, and is then rounded
with each of so many others.
"""

ADD_PRODUCT = _adding(lambda p: p.accumulation)
"""The same, where the base is a matrix product, whose accumulator the term may share."""
