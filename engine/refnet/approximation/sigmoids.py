"""Sums of sigmoids that approximate any continuous function, with a bound on their error.

A sigmoid that is steep enough is a step. A staircase of n steps, one in the middle of each cell of
a grid, follows f as closely as f moves within a cell: this is the universal approximation theorem
of one hidden layer, with its constants. A flat sigmoid blurs instead, and is of second order where
f is smooth.

Each bound is about the exact network. To judge a computed one, add what rounding costs: the ball of
the forward pass, `rounding` of the parameters, and `error` of f itself, once at the point and once
for the values on the grid (the steps are weights that sum to 1).
"""

import math
from collections.abc import Callable

import numpy as np

from refnet.architecture import Array, Layer, Parameters
from refnet.functions.smooth import sigmoid


def nodes(left: float, width: float, cells: int, padding: int = 0) -> Array:
    """x_k = left + k width, k = -padding, ..., cells + padding

    Exact if width is a power of two and left a multiple of it.

    Shapes: -> (cells + 2 padding + 1,).
    """
    return left + width * np.arange(-padding, cells + padding + 1, dtype=np.float64)


def staircase(values: Array, left: float, width: float, steepness: float) -> Parameters:
    """G(x) = f_0 + sum_{k=1..n} (f_k - f_{k-1}) sigmoid(s (x - m_k)), s = steepness / width

    f_k is the value at left + k width, and m_k = left + (k - 1/2) width lies between two nodes.
    The parameters are those of a 1-n-1 network with sigmoid units and the identity as output.

    Shapes: values (n + 1,).
    Raises: ValueError for fewer than two values, a width or a steepness that is not above 0.
    Source: the idea is Cybenko's, Math. Control Signals Systems 2 (1989) 303-314.
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"values has shape {values.shape}; give (n + 1,), at least two")
    _check_grid(width, steepness)
    steps = np.arange(1, len(values))
    slopes = np.full((1, len(steps)), steepness / width)
    middles = left / width + (steps - 0.5)  # in cells: exact wherever the nodes are
    jumps = np.diff(values)[:, None]
    return [Layer(slopes, -steepness * middles), Layer(jumps, np.array([values[0]]))]


def staircase_bound(
    modulus: Callable[[float], float], width: float, steepness: float, concave: bool
) -> float:
    """|f - G| <= w(h) + w(h) / sinh(c/2), or w(h/2) + w(h) / sinh(c/2) for a concave modulus w

    On the grid's interval, for h = width and c = steepness. In the cell between x_{k-1} and x_k,
    G is a mean (1 - q) f_{k-1} + q f_k, with q = sigmoid(c (x - m_k) / h), plus the tails of the
    other steps, at most w(h) 2 (e^{-c/2} + e^{-3c/2} + ...) = w(h) / sinh(c/2). The mean is within
    (1 - q) w(x - x_{k-1}) + q w(x_k - x) of f(x); for a concave w that is at most w of the mean
    distance, which is h/2 - (2q - 1) (x - m_k) <= h/2.

    Units:  those of f.
    Raises: ValueError for a width or a steepness that is not above 0.
    """
    _check_grid(width, steepness)
    tails = modulus(width) * _tails(steepness)
    return modulus(width / 2 if concave else width) + tails


def _tails(steepness: float) -> float:
    """1 / sinh(c/2)"""
    return 2 * math.exp(-steepness / 2) / -math.expm1(-steepness)


def _check_grid(width: float, steepness: float) -> None:
    for name, value in (("width", width), ("steepness", steepness)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name}={value}: {name} is above 0 and finite")


def smooth_bound(
    slope: float,
    curvature: float,
    magnitude: float,
    width: float,
    steepness: float,
    padding: int,
) -> float:
    """|f - G| <= L h m_1 + M h^2 m_2 / 2 + tails,  |f| <= F, |f'| <= L, |f''| <= M

    For a staircase whose grid reaches `padding` = P cells beyond the interval on both sides, where
    the bounds F, L, M hold too. G = sum_j f_j b(t - j) with t = x / h and the bump
    b(t) = sigmoid(c (t + 1/2)) - sigmoid(c (t - 1/2)), which sums to 1. Taylor's formula at x gives
    m_1 = sup |sum_j (j - t) b(t - j)| and m_2 = sup sum_j (j - t)^2 b(t - j), over all integers j.
    Beyond the grid G has the end values for f_j, and the first sum has terms too many:
    tails = 2 (2 F e^{-c (P + 1/2)} + L h sum_{i >= 1} (P + i) e^{-c (P + i - 1/2)}).

    Units:  those of f; slope per unit of x, curvature per unit squared.
    Raises: ValueError unless steepness * (padding + 1) >= 1, where the tails fall.
    """
    _check_grid(width, steepness)
    c, P = steepness, padding
    if not c * (P + 1) >= 1:
        raise ValueError(f"steepness={c} and padding={P}: steepness * (padding + 1) is at least 1")
    first, second = bump_moments(c)
    r = math.exp(-c)
    outside = math.exp(-c * (P - 0.5)) * (P * r / (1 - r) + r / (1 - r) ** 2)
    tails = 2 * (2 * magnitude * math.exp(-c * (P + 0.5)) + slope * width * outside)
    return slope * width * first + curvature * width**2 * second / 2 + tails


def bump_moments(steepness: float) -> tuple[float, float]:
    """m_1 <= sum_{m >= 1} (q / pi) / sinh(q m), q = 2 pi^2 / c;  m_2 = sum_j (j - 1/2)^2 b(1/2 - j)

    By Poisson's formula sum_j (j - t) b(t - j) = sum_m (-1)^m (q / pi) sin(2 pi m t) / sinh(q m),
    up to its sign, and sum_j (j - t)^2 b(t - j) = 1/12 + pi^2 / (3 c^2) + a series of
    (-1)^m cos(2 pi m t) with coefficients of at least 0, so that t = 1/2 attains its supremum.
    Where the first series is long, m_1 <= sqrt(m_2) serves: the bumps are a distribution of j.
    """
    reach = math.ceil(60 / steepness) + 1  # e^-60 of the sum lies beyond
    j = np.arange(1, reach + 1, dtype=np.float64)
    bump = sigmoid(-steepness * (j - 1)) - sigmoid(-steepness * j)
    second = 2 * float((j - 0.5) ** 2 @ bump)  # j and 1 - j have the same distance from 1/2
    q = 2 * math.pi**2 / steepness
    orders = np.arange(1, math.ceil(60 / q) + 1)
    first = float(np.sum(2 * np.exp(-q * orders) / -np.expm1(-2 * q * orders))) * q / math.pi
    return min(first, math.sqrt(second)), second


def rounding(parameters: Parameters, inputs: Array, unit: float) -> Array:
    """sum_k |v_k| (S_k e_k + r (a_k + S_k e_k)) + r |b|,  e_k = r (|x| |W_k| + |b_k|)

    How far the outputs of a network with one hidden layer of sigmoid units may move when each of
    its parameters was rounded from an exact one: r = unit / (1 - unit), and S_k is the largest
    slope of the sigmoid within e_k of the logit.

    Shapes: inputs (n, features) -> (n, outputs).
    Units:  `unit` is the relative error of a parameter.
    """
    first, last = parameters
    r = unit / (1 - unit)  # of the exact parameter, so a little more of the rounded one
    z = inputs @ first.weights + first.biases
    e = r * (np.abs(inputs) @ np.abs(first.weights) + np.abs(first.biases))
    tail = sigmoid(-np.maximum(np.abs(z) - e, 0.0))  # the slope is largest nearest to 0
    moved = np.minimum(e * tail * (1 - tail), 1.0)
    units = moved + r * np.minimum(sigmoid(z) + moved, 1.0)
    return np.asarray(units @ np.abs(last.weights) + r * np.abs(last.biases))
