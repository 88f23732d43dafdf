"""Data in whole numbers of which it is known exactly whether a plane separates them.

Each comes with a witness that proves it in integers: for the three words see `separability`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from refnet.architecture import Array


class DataSet(NamedTuple):
    """Whole numbers, and a vector that proves what they are.

    Shapes: design (n, features + 1), its last column ones; labels (n, 1); witness (n,) for
            overlapping data, (features + 1,) for separated ones.
    """

    design: Array
    labels: Array
    witness: Array


def overlapping(generator: np.random.Generator, rows: int, features: int) -> DataSet:
    """sum_i a_i z_i = 0 exactly, with the witness a > 0: n_0 on class 1 and n_1 on class 0

    Two clouds, scaled by n_0 n_1, the second one shifted onto the mean of the first. The columns of
    the design are independent, so that logistic regression has one finite minimiser. No number
    exceeds 9 n_0 n_1.

    Raises: ValueError for less than features + 2 rows: they cannot be independent and overlap.
    """
    _check_rows(rows, features)
    while True:
        ones = int(generator.integers(1, rows))
        n1, n0 = ones, rows - ones
        first, second = (generator.integers(-3, 4, size=(n, features)) for n in (n1, n0))
        shift = n0 * np.sum(first, axis=0) - n1 * np.sum(second, axis=0)
        cloud = np.concatenate([n1 * n0 * first, n1 * n0 * second + shift])
        design, labels = _with_ones(cloud), np.repeat([[1.0], [0.0]], [n1, n0], axis=0)
        if np.linalg.matrix_rank(design) == features + 1:
            return DataSet(design, labels, np.repeat([float(n0), float(n1)], [n1, n0]))


def separable(generator: np.random.Generator, rows: int, features: int) -> DataSet:
    """s_i x_i v >= 1 exactly, with the witness v = (2 w, 1): labels are the sign of 2 x w + 1

    The margin per unit of v is therefore at least 1 / |v|. Both labels occur and the columns are
    independent.

    Raises: ValueError for less than features + 2 rows.
    """
    _check_rows(rows, features)
    while True:
        cloud = generator.integers(-3, 4, size=(rows, features))
        v = np.append(2 * generator.integers(-3, 4, size=features), 1).astype(np.float64)
        design = _with_ones(cloud)
        labels = (design @ v > 0).astype(np.float64)[:, None]  # an odd number is never 0
        if 0 < np.sum(labels) < rows and np.linalg.matrix_rank(design) == features + 1:
            return DataSet(design, labels, v)


def quasi_separable(generator: np.random.Generator, rows: int, features: int) -> DataSet:
    """s_i x_i v >= 0 exactly, with the witness v = (w, 0), and > 0 for some, but for no v for all

    Labels are the sign of x w. Points in the plane x w = 0 occur twice, with both labels: no v has
    s x v > 0 for both.

    Raises: ValueError for less than features + 3 rows.
    """
    _check_rows(rows - 1, features)
    while True:
        w = generator.integers(-3, 4, size=features)
        cloud = generator.integers(-3, 4, size=(rows - 2, features))
        cloud += np.outer(cloud @ w == 0, w)  # off the plane
        flat = generator.integers(-1, 2, size=features)
        pair = np.repeat([(w @ w) * flat - (flat @ w) * w], 2, axis=0)
        design = _with_ones(np.concatenate([cloud, pair]))
        labels = np.append(cloud @ w > 0, [True, False]).astype(np.float64)[:, None]
        if np.any(w) and np.linalg.matrix_rank(design) == features + 1:
            return DataSet(design, labels, np.append(w, 0).astype(np.float64))


def _check_rows(rows: int, features: int) -> None:
    if features < 1 or rows < features + 2:
        raise ValueError(
            f"rows={rows}, features={features}: give a feature and at least features + 2 rows "
            "(one more for quasi-separable data)"
        )


def _with_ones(cloud: NDArray[np.int64]) -> Array:
    return np.append(cloud.astype(np.float64), np.ones((len(cloud), 1)), axis=1)
