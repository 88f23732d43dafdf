"""Least squares of the engine: the normal equations, penalties, weights, dependent columns."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from refnet.architecture import Array
from refnet.logistic import least_squares


def normal_equations(x: Array, y: Array, v: Array, l2: Array, weights: Array) -> Array:
    """X^T C (X v - y) + l2 v in exact arithmetic, with C the shares of the rows."""
    exact = np.vectorize(Fraction, otypes=[object])
    design: NDArray[np.object_] = exact(x)
    shares = exact(weights) / sum(exact(weights))
    residuals = (design @ exact(v) - exact(y)) * shares[:, None]
    return np.asarray(design.T @ residuals + exact(l2)[:, None] * exact(v), np.float64)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("penalty", [0.0, 0.25])
def test_the_normal_equations_hold(seed: int, penalty: float) -> None:
    rng = np.random.default_rng(seed)
    n, d, k = (int(rng.integers(1, most)) for most in (12, 6, 4))
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, k))
    weights, l2 = np.asarray(rng.integers(1, 5, n) / 4), np.asarray(penalty * rng.integers(0, 2, d))
    found = least_squares.fit(x, y, l2, weights)
    off = normal_equations(x, y, found, l2, weights)
    condition = np.linalg.norm(x) * np.max(np.abs(found), initial=1.0) * np.linalg.norm(x)
    assert np.max(np.abs(off)) <= 1e-13 * condition


def test_of_dependent_columns_it_gives_the_shortest_weights() -> None:
    x = np.array([[1.0, 1.0], [2.0, 2.0]])
    np.testing.assert_allclose(least_squares.fit(x, 2 * x[:, :1]), [[1.0], [1.0]])


def test_a_whole_number_as_weight_is_a_repetition() -> None:
    rng = np.random.default_rng(0)
    x, y, counts = rng.normal(size=(5, 2)), rng.normal(size=(5, 1)), np.array([1, 3, 2, 1, 0])
    repeated = least_squares.fit(np.repeat(x, counts, 0), np.repeat(y, counts, 0), 0.5)
    np.testing.assert_allclose(least_squares.fit(x, y, 0.5, counts.astype(float)), repeated)
