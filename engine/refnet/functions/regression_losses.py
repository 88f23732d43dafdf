"""The losses of real numbers and of counts: squared error, Huber, Poisson."""

import numpy as np
import scipy

from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.functions.smooth import exponential
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.precision import Precision


def _residual(p: Precision, outputs: Ball, y: Ball) -> Ball:
    residual = outputs.value - y.value
    e = outputs.radius + y.radius
    return Ball(residual, e + p.unit * (np.abs(residual) + e) + 2 * p.underflow)


def _squares(z: Array, outputs: Array, y: Array) -> Array:
    return np.asarray((outputs - y) ** 2)


def _squares_radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
    residual = _residual(p, outputs, y)
    size, e = np.abs(residual.value), residual.radius
    largest = (size + e) ** 2
    overflow = np.where(largest < p.largest / 4, 0.0, np.inf)
    return np.asarray((2 * size + e) * e + p.unit * largest + p.underflow + overflow)


SQUARES = Operation(_squares, _squares_radius)
"""(o - y)^2: (n, k) thrice -> (n, k)"""


def huber_entries(delta: float, conventions: Conventions) -> Operation:
    """r^2 / 2 for |r| <= delta, otherwise delta |r| - delta^2 / 2; smooth_l1 divides by delta

    Written as q (|r| - q / 2) with q = min(|r|, delta), which cancels nothing. The two pieces meet
    with one slope, so a residual on the wrong side of delta by a rounding costs its square alone.
    """
    divisor = delta if conventions.huber == "smooth_l1" else 1.0

    def value(z: Array, outputs: Array, y: Array) -> Array:
        return np.asarray(_huber_entries(outputs - y, delta) / divisor)

    def radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
        residual = _residual(p, outputs, y)
        size, e = np.abs(residual.value) + residual.radius, residual.radius
        inner = np.minimum(size, delta)
        own = 7 * p.unit * inner * (size + inner) + p.underflow
        overflow = np.where(size**2 < p.largest / 4, 0.0, np.inf)  # both pieces are often computed
        return np.asarray((inner * e + own) / divisor + p.underflow + overflow)

    return Operation(value, radius)


def _huber_entries(residual: Array, delta: float) -> Array:
    size = np.abs(residual)
    inner = np.minimum(size, delta)
    return np.asarray(inner * (size - inner / 2))


def huber_slope(delta: float, conventions: Conventions) -> Operation:
    """clip(r, -delta, delta), for smooth_l1 divided by delta, on (outputs, targets)"""
    divisor = delta if conventions.huber == "smooth_l1" else 1.0

    def value(outputs: Array, y: Array) -> Array:
        return np.asarray(np.clip(outputs - y, -delta, delta) / divisor)

    def radius(p: Precision, _: Array, outputs: Ball, y: Ball) -> Array:
        residual = _residual(p, outputs, y)
        size = np.minimum(np.abs(residual.value) + residual.radius, delta)
        # a residual that overflowed may be nan
        moved = np.where(residual.radius < np.inf, np.minimum(residual.radius, 2 * delta), np.inf)
        return np.asarray((moved + 3 * p.unit * size) / divisor + p.underflow)

    return Operation(value, radius)


def poisson_entries(conventions: Conventions) -> Operation:
    """e^z - y z, plus the declared constant: 0, log y!, or Stirling's formula for y > 1

    From probabilities: o - y log o, of the rounded output o.
    """
    rounded = conventions.loss_from == "probabilities"

    def value(z: Array, outputs: Array, y: Array) -> Array:
        return np.asarray(outputs - y * z + _constant(conventions, y))

    def radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
        largest = exponential(z.value + z.radius)
        slope = np.maximum(largest - y.value, y.value - exponential(z.value - z.radius))
        grown = slope * z.radius + z.magnitude * y.radius
        if rounded:
            grown = grown + outputs.radius + y.magnitude * _log_error(p, outputs)
        size = largest + y.magnitude * (1 + 8 * rounded) * z.magnitude
        own = p.exp_error * largest + 4 * size + _constant_error(conventions, y.value)
        own = np.where(size < p.largest / 4, own, np.inf)
        return np.asarray(grown + p.unit * own + p.underflow * (1 + z.magnitude))

    return Operation(value, radius)


def _log_error(p: Precision, outputs: Ball) -> Array:
    """|log(o + e) - log o| <= e / (o - e), and the logarithm's own error near 1."""
    e = outputs.radius + p.unit * outputs.value
    lowest = outputs.value - outputs.radius
    known = lowest > p.underflow
    return np.where(known, e / np.where(known, lowest, 1.0), np.inf) + 8 * p.unit


def _constant(conventions: Conventions, y: Array) -> Array | float:
    if conventions.poisson_constant == "none":
        return 0.0
    if conventions.poisson_constant == "log y!":
        return np.asarray(scipy.special.gammaln(y + 1))
    at = np.maximum(y, 1.0)
    stirling = at * np.log(at) - at + 0.5 * np.log(2 * np.pi * at)
    return np.where(y > 1, stirling, 0.0)


def _constant_error(conventions: Conventions, y: Array) -> Array | float:
    """In unit roundoffs: 16 times what the constant's terms add up to."""
    if conventions.poisson_constant == "none":
        return 0.0
    return np.asarray(16 * (y * np.log1p(y) + y + 1))
