"""ReLU networks that are known exactly: the interpolant, and the sawtooth that needs depth.

One hidden layer of n units is piecewise linear with at most n + 1 pieces, and every such function
is one. A stack of k layers of two units has 2^k pieces: depth buys what width pays for.
"""

import numpy as np

from refnet.approximation.continuous import check_knots
from refnet.architecture import Array, Layer, Parameters


def interpolant(knots: Array, values: Array) -> Parameters:
    """I(x) = v_0 + sum_{k=0..n-1} (s_{k+1} - s_k) relu(x - t_k),  s_0 = 0

    With s_k the slope of the k-th cell, I is the piecewise linear function through (t_k, v_k). The
    parameters are those of a 1-n-1 network with ReLU units and the identity as output; beyond the
    last knot it goes on straight.

    Shapes: knots (n + 1,) increasing; values (n + 1,).
    Raises: ValueError for knots that do not increase or do not match the values.
    """
    slopes = _slopes(knots, values)
    bends = np.diff(slopes, prepend=0.0)[:, None]
    ones = np.ones((1, len(slopes)))
    return [Layer(ones, -knots[:-1]), Layer(bends, np.array([values[0]]))]


def _slopes(knots: Array, values: Array) -> Array:
    check_knots(knots, values)
    return np.asarray(np.diff(values) / np.diff(knots))


def interpolant_bound(curvature: float, width: float) -> float:
    """|f - I| <= h^2 / 8 max|f''|, between the first knot and the last, for cells of width h

    f - I = f''(y) (x - a)(x - b) / 2 in a cell [a, b], for some y in it.
    """
    return width**2 / 8 * curvature


def interpolant_rounding(knots: Array, values: Array, inputs: Array, unit: float) -> Array:
    """5 u sum_k (|s_{k+1}| + |s_k|) relu(x - t_k) + u |v_0|

    How far the rounding of the parameters moves I(x): a slope has three roundings, a difference of
    slopes one more, and one is for the cast to a precision that represents the knots.

    Shapes: inputs (n, 1) -> (n, 1).
    """
    sizes = np.abs(_slopes(knots, values))
    sizes[1:] += sizes[:-1].copy()
    reach = np.maximum(inputs - knots[:-1], 0)
    return np.asarray(unit * (5 * (reach @ sizes[:, None]) + np.abs(values[0])))


def tent(x: Array, times: int = 1) -> Array:
    """T(T(...T(x))), `times` times, with T(x) = 1 - |1 - 2x| on [0, 1]

    Exact for x = j / 2^m, m <= 52: T doubles a distance and loses its leading bit.
    """
    for _ in range(times):
        x = 1 - np.abs(1 - 2 * x)
    return x


def deep_sawtooth(times: int) -> Parameters:
    """T^k, T(x) = 2 relu(x) - 4 relu(x - 1/2), as k hidden layers of two ReLU units

    Widths (1, 2, ..., 2, 1), the identity as output. Every product and sum is exact for
    x = j / 2^m as long as the precision has m + 1 bits, so that outputs equal `tent` bit for bit.

    Raises: ValueError for less than one time.
    Source: Telgarsky, Benefits of depth in neural networks, PMLR 49 (2016) 1517-1539.
    """
    if times < 1:
        raise ValueError(f"times={times}: the sawtooth applies the tent at least once")
    fold = np.array([[2.0], [-4.0]])
    biases = np.array([0.0, -0.5])
    between = [Layer(fold @ np.ones((1, 2)), biases) for _ in range(times - 1)]
    return [Layer(np.ones((1, 2)), biases), *between, Layer(fold, np.zeros(1))]


def shallow_error(units: int, times: int) -> float:
    """1/2 if units < 2^times - 1, else 0: what one hidden ReLU layer must err at some j / 2^times

    T^k alternates between 0 and 1 at those 2^k + 1 points. With an error below 1/2 everywhere,
    output - 1/2 changes its sign 2^k times; n units make at most n + 1 straight pieces, and each
    crosses zero at most once.
    """
    return 0.5 if units < 2**times - 1 else 0.0
