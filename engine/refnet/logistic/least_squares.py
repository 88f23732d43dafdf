"""Least squares: the linear model whose loss is squared error, with or without a penalty."""

import numpy as np

from refnet.architecture import Array


def fit(
    design: Array,
    targets: Array,
    penalties: float | Array = 0.0,
    sample_weights: Array | None = None,
) -> Array:
    """w* = arg min sum_i c_i |y_i - x_i w|^2 + sum_j l2_j |w_j|^2,  c_i = 1/n or w_i / sum w

    A penalty is so many rows more, sqrt(l2_j) e_j with target 0. Where columns are dependent there
    are many minimisers, all with the same outputs; this is the shortest.

    Shapes: design (n, d), with a column of ones for an intercept; targets (n, k); penalties () or
            (d,), 0 for an intercept that is not penalised; sample_weights (n,) -> (d, k).
    Source: Hoerl and Kennard, Technometrics 12 (1970) 55-67, for the penalty.
    """
    shares = np.ones(len(design)) if sample_weights is None else sample_weights
    roots = np.sqrt(shares / np.sum(shares))[:, None]
    rows = np.diag(np.sqrt(np.zeros(design.shape[1]) + penalties))
    nothing = np.zeros((len(rows), targets.shape[1]))
    augmented = np.vstack([design * roots, rows]), np.vstack([targets * roots, nothing])
    return np.asarray(np.linalg.lstsq(*augmented)[0])
