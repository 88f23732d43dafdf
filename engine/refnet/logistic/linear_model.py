"""A linear model with cross-entropy: what logistic regression minimises, binary and multinomial.

Only differences of logits matter to a softmax, so that the model is written in the differences to
the last class: v_a = w_a - w_K. The sigmoid is the same with one difference, w itself. In these
coordinates the Hessian of two classes or of twenty is regular, whether or not there is a penalty.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from refnet.architecture import Array

_ROWS = 2048  # of the design at a time, so that a scaled copy stays in the cache


@dataclass(frozen=True, eq=False)
class LinearModel:
    """F(v) = sum_i c_i l(x_i v, y_i) + 1/2 sum_j l2_j sum_k w_jk^2,  w_k = v_k - mean v, v_K = 0

    With one output l is the cross-entropy of a sigmoid and w = v; with K it is that of a softmax,
    and w the weights of the same model that sum to 0 over the classes.

    Shapes: design (n, d); targets (n, k); rates (n,) or (); penalties (d,); v (d, max(k - 1, 1)).
    Units:  rates c sum to 1 over the rows.
    """

    design: Array
    targets: Array
    rates: Array
    penalties: Array

    @property
    def differences(self) -> int:
        """The number r of logits that matter: 1 for a sigmoid, K - 1 for a softmax."""
        return max(int(self.targets.shape[1]) - 1, 1)

    @property
    def size(self) -> int:
        """The number of parameters, d r."""
        return int(self.design.shape[1]) * self.differences

    @property
    def spread(self) -> Array:
        """Q with w = v Q^T, shape (k, r): the identity, less the mean for a softmax."""
        k, r = self.targets.shape[1], self.differences
        return np.eye(k, r) - (1 / k if k > 1 else 0.0)

    @cached_property
    def metric(self) -> Array:
        """Q^T Q, so that sum_k w_jk^2 = v_j Q^T Q v_j^T: I - 1/K for a softmax."""
        k, r = self.targets.shape[1], self.differences
        return np.eye(r) - (1 / k if k > 1 else 0.0)

    def objective(self, v: Array, logits: Array) -> float:
        """F(v), for logits = design @ v."""
        chosen = (self.targets[:, : self.differences] * logits).sum(axis=1)
        log_sums = np.logaddexp.reduce(logits, axis=1, initial=0.0)  # 0 is the last class's logit
        rows = (log_sums - chosen) * self.rates
        penalty = self.penalties @ (v * (v @ self.metric)).sum(axis=1)
        return float(rows.sum() + 0.5 * penalty)

    def gradient(self, v: Array, probabilities: Array) -> Array:
        """X^T (c (p - y)) + l2 v Q^T Q, shape (d, r)

        For a softmax these are the derivatives by w_1, ..., w_{K-1}; that by w_K is minus their
        sum.
        """
        residual = probabilities - self.targets[:, : self.differences]
        slope = self.design.T @ (residual * self.rates[..., None])
        return np.asarray(slope + self.penalties[:, None] * (v @ self.metric))

    def hessian(self, probabilities: Array, rest: Array) -> Array:
        """sum_i c_i S_i (x) x_i x_i^T + Q^T Q (x) l2,  S = diag(p) - p p^T

        Shapes: -> (d r, d r), class by class; only its upper triangle is right.
        """
        d, r = self.design.shape[1], self.differences
        H = self._penalty_hessian.copy()
        blocks = H.reshape(r, d, r, d)
        for a in range(r):
            own = probabilities[:, a] * rest[:, a] * self.rates
            blocks[a, :, a] += self._weighted_square(own)
            for b in range(a + 1, r):
                both = probabilities[:, a] * probabilities[:, b] * self.rates
                square = self._weighted_square(both)
                blocks[a, :, b] -= np.triu(square) + np.triu(square, 1).T
        return H

    @cached_property
    def _penalty_hessian(self) -> Array:
        blocks = np.multiply.outer(self.metric, np.diag(self.penalties))
        return blocks.swapaxes(1, 2).reshape(self.size, self.size)

    def _weighted_square(self, weights: Array) -> Array:
        """X^T diag(weights) X, its upper triangle"""
        n, d = self.design.shape
        roots = np.sqrt(weights)[:, None]
        scaled = np.empty((min(n, _ROWS), d))
        total = np.zeros((d, d), order="F")
        for start in range(0, n, _ROWS):
            rows = slice(start, start + _ROWS)
            part = np.multiply(self.design[rows], roots[rows], out=scaled[: n - start])
            total = scipy.linalg.blas.dsyrk(1.0, part.T, beta=1.0, c=total, overwrite_c=1)
        return np.asarray(total)


def probabilities(logits: Array) -> tuple[Array, Array]:
    """The pair p_a = e^{z_a} / (1 + sum_b e^{z_b}), 1 - p_a, each to full relative accuracy

    Shapes: logits (n, r) -> two of (n, r).
    """
    if logits.shape[1] == 1:
        tail = np.exp(-np.abs(logits))
        small = tail / (1 + tail)
        large = 1 - small
        positive = logits > 0
        return np.where(positive, large, small), np.where(positive, small, large)
    full = np.concatenate([logits, np.zeros((len(logits), 1))], axis=1)
    powers = np.exp(full - np.max(full, axis=1, keepdims=True))
    others = powers @ (1 - np.eye(full.shape[1]))  # a sum without its own term cancels nothing
    total = np.sum(powers, axis=1, keepdims=True)
    return (powers / total)[:, :-1], (others / total)[:, :-1]


def linear_model(
    design: Array,
    targets: Array,
    penalties: float | Array = 0.0,
    sample_weights: Array | None = None,
) -> LinearModel:
    """The model with the mean, or the weighted mean, over rows.

    Shapes: design (n, d), with a column of ones for an intercept; targets (n, 1) in [0, 1] for a
            sigmoid or (n, K) with rows that sum to 1; penalties () or (d,), 0 for an intercept that
            is not penalised; sample_weights (n,).
    Raises: ValueError naming the array, the rule and the value.
    """
    if design.ndim != 2 or targets.ndim != 2 or len(design) != len(targets) or not len(design):
        raise ValueError(
            f"design {design.shape} and targets {targets.shape}: give (n, d) and (n, k), n > 0"
        )
    if not np.isfinite(design.sum()):
        raise ValueError("design has a number that is not finite")
    _check_targets(targets)
    penalties = np.asarray(penalties, dtype=np.float64)
    if penalties.shape not in ((), design.shape[1:]):
        raise ValueError(f"penalties {penalties.shape}: give one, or {design.shape[1]}")
    penalties = np.zeros(design.shape[1]) + penalties
    if not (penalties.min() >= 0 and penalties.max() < np.inf):
        raise ValueError(f"penalties={penalties}: penalties are finite and at least 0")
    rates = np.asarray(1.0 / len(design)) if sample_weights is None else _rates(sample_weights)
    if rates.shape not in ((), (len(design),)):
        raise ValueError(f"sample_weights {rates.shape}: give one weight for each of {len(design)}")
    return LinearModel(design, targets, rates, penalties)


def _check_targets(targets: Array) -> None:
    least, largest = targets.min(), targets.max()
    if not (least >= 0 and largest <= 1):
        wrong = largest if least >= 0 else least
        raise ValueError(f"targets has {wrong}; targets lie in [0, 1]")
    if targets.shape[1] == 1:
        return
    off = np.abs(np.sum(targets, axis=1) - 1)
    if not np.max(off) <= 1e-12:
        row = int(np.argmax(off))
        raise ValueError(
            f"targets[{row}] sums to {np.sum(targets[row]):.6g}; rows of a softmax sum to 1"
        )


def _rates(sample_weights: Array) -> Array:
    total = float(np.sum(sample_weights))
    if not (np.min(sample_weights) >= 0 and 0 < total < np.inf):
        raise ValueError("sample_weights: give finite weights of at least 0, one of them above 0")
    return np.asarray(sample_weights / total)
