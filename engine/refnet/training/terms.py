"""The terms that an optimizer's recurrence is made of, each with its rounding bound.

Hyper-parameters are cast to the precision: learning_rate = 0.1 in float32 is not 0.1, and 1 - beta
formed from a rounded beta errs by u, that is by u / (1 - beta) of itself.
"""

import math
from typing import Any, NamedTuple, cast

import numpy as np

from refnet.architecture import Array
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.operations import ADD_SCALED, gamma, unless_above
from refnet.rounding.precision import Precision


def _coefficient_radius(p: Precision, value: Array, number: Ball, size: Ball) -> float:
    return float(size.value) * p.unit * (1 + p.unit) + p.underflow


COEFFICIENT = Operation(lambda number, size: number, _coefficient_radius)
"""A hyper-parameter that an implementation may hold with an error of u * size, or flush to 0."""


def _mix(x: Array, y: Array, a: float, b: float) -> Array:
    return a * x + b * y


def _mix_radius(p: Precision, _: Array, x: Ball, y: Ball, a: Ball, b: Ball) -> Array:
    first, second, of_x, of_y = (ball.magnitude for ball in (a, b, x, y))
    radius = abs(a.value) * x.radius + abs(b.value) * y.radius
    held = (a.radius + b.radius) * (of_x + of_y)  # x + b (y - x) is legal
    size = first * of_x + second * of_y
    return np.asarray(radius + held + 4 * p.unit * size + p.underflow * (2 + first + second))


MIX = Operation(_mix, _mix_radius)
"""a x + b y, for coefficients a and b"""


def _square_radius(p: Precision, value: Array, x: Ball) -> Array:
    radius = (2 * np.abs(x.value) + x.radius) * x.radius + p.underflow
    largest = value + radius
    return unless_above(p.largest / 4, largest, radius + p.unit * largest)


SQUARE = Operation(lambda x: x * x, _square_radius)
"""x^2, entry by entry"""


def _correction_radius(p: Precision, value: float, beta: Ball, count: Ball) -> float:
    power = (1 - value) * gamma(p, 2 * float(count.value) + 8)
    return float(power + p.unit * (value + power))


CORRECTION = Operation(lambda beta, count: 1 - beta**count, _correction_radius)
"""1 - beta^t, the weights' sum in a mean of t terms that began at 0"""


def _quotient_radius(p: Precision, value: Array, x: Ball, c: Ball) -> Array:
    lowest = c.value - c.radius
    radius = (x.radius + np.abs(value) * c.radius) / np.where(lowest > 0, lowest, np.nan)
    return np.asarray(radius + p.unit * (np.abs(value) + radius) + p.underflow)


QUOTIENT = Operation(lambda x, c: x / c, _quotient_radius)
"""x / c, for a number c > 0"""


def _root_radius(p: Precision, value: Array, x: Ball) -> Array:
    e = x.radius + p.underflow  # x may be flushed
    lowest = np.sqrt(np.maximum(x.value - e, 0.0))
    radius = np.fmin(e / (value + lowest), np.sqrt(e))
    return np.asarray(radius + p.unit * (value + radius))


def _root(x: Any) -> Any:
    return np.sqrt(x) if isinstance(x, np.ndarray) else math.sqrt(x)  # a float that casts nothing


ROOT = Operation(_root, _root_radius)
"""sqrt x, entry by entry"""


class Cap(NamedTuple):
    """C with |sum a_i g_i| <= C sqrt(sum b_i g_i^2), and what rounding may do to it.

    By Cauchy and Schwarz C^2 = sum a_i^2 / b_i. An answer therefore lies no further than
    2 C from the engine's, however little is known of a gradient that is all noise.

    bound:     C
    roundings: how many go into a_i and b_i
    memory:    1 / (1 - beta), over how many squares the mean runs
    epsilon:   what keeps the denominator above 0
    inside:    it stands under the root
    """

    bound: float
    roundings: float
    memory: float
    epsilon: float
    inside: bool

    def floor(self, p: Precision) -> float:
        """The least denominator, from epsilon alone; it may be flushed to 0."""
        least = max(self.epsilon * (1 - p.unit) - p.underflow, 0.0)
        return (math.sqrt(least) if self.inside else least) * (1 - 2 * p.unit)


def _ratio_radius(p: Precision, value: Array, m: Ball, d: Ball, cap: Ball) -> Array:
    known = cast(Cap, cap.value)
    least = known.floor(p)
    lowest = np.maximum(d.value - d.radius, least)
    size = np.abs(value)
    radius = (m.radius + size * d.radius) / np.where(lowest > p.underflow, lowest, np.nan)
    radius = radius + 4 * p.unit * (size + radius) + p.underflow
    # squares below 2^20 times the underflow may vanish, so that epsilon alone divides
    flushed = 2.0**10 * math.sqrt(3 * known.memory * p.underflow)
    beyond = (1 + 2.0**-20) * (1 + gamma(p, known.roundings))
    beyond += flushed / least if least > 0 else math.inf
    capped = np.fmin(radius, known.bound * (1 + beyond))
    return np.where(m.radius + d.radius < np.inf, capped, np.inf)  # an overflow may end as nan


RATIO = Operation(lambda m, d, cap: m / d, _ratio_radius)
"""m / d, the ratio of a mean gradient and a root mean square, for which a `Cap` is known"""


def _shrink_radius(p: Precision, _: Array, w: Ball, factor: Ball) -> Array:
    f, left = np.abs(factor.value), np.abs(1 - factor.value)
    # w - f w, or w times a rounded 1 - f, with f a product of two cast numbers
    radius = left * w.radius + (4 * f + 2 * left) * p.unit * w.magnitude
    return np.asarray(radius + p.underflow * (1 + left + w.magnitude))


SHRINK = Operation(lambda w, factor: w * (1 - factor), _shrink_radius)
"""w (1 - factor)"""


def _add_rows_radius(
    p: Precision, value: Array, w: Ball, gradient: Ball, rate: Ball, rows: Ball
) -> Array:
    """n + 1 roundings of the size of w, and of each term at most four more than the gradient has,
    whose radius has n - 1 of them at least: 4 S <= (4 / n) (n S), and a sum of one is its term.
    """
    count = float(rows.value)
    base = Ball(w.value, w.radius + (count + 1) * p.unit * w.magnitude)
    term = Ball(gradient.value, gradient.radius * (1 + 4 / count))
    return np.asarray(ADD_SCALED.radius(p, value, base, term, rate, rows))


ADD_ROWS = Operation(lambda w, gradient, rate, rows: w + rate * gradient, _add_rows_radius)
"""w + rate * gradient, subtracted from w row by row, for a gradient whose sums round by the unit"""


def _rounded_radius(p: Precision, value: Array, x: Ball) -> Array:
    return np.asarray(x.radius + p.unit * x.magnitude)


ROUNDED = Operation(lambda x: x, _rounded_radius)
"""x, that may have been rounded once more on its way"""
