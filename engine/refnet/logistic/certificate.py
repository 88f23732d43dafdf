"""How far from the minimiser of a logistic regression, at most: a theorem, without the minimiser.

Along a step D that changes the differences of logits by at most d, e^{-d} H <= H(v + D) <= e^d H.
Let lambda = |grad F|_{H^-1} and M the largest |x_i|_{H^-1}, or |x_i (x) (e_k - e_l)| for a softmax.
If kappa = M lambda < 1, a minimiser v* exists, it is the only one, and with R = -log(1 - kappa)

    |v - v*|_H <= R / M,  |x_i (v - v*)| <= |x_i|_{H^-1} R / M <= R,  F - F* <= lambda^2 / (4 w(R))

where w(R) = (e^-R + R - 1) / R^2. So kappa < 1 also proves that the data overlap; on separable
data without a penalty kappa >= 1 everywhere.

Proof: with D = v* - v, the slope along D rises from -g to 0, by at least |D|_H^2 (1 - e^-d) / d,
so that |D|_H (1 - e^-d) / d <= lambda with d <= M |D|_H, whence 1 - e^{-M |D|_H} <= kappa.

Source: Bach, Electronic Journal of Statistics 4 (2010) 384-414; Sun and Tran-Dinh, Mathematical
Programming (2019), doi 10.1007/s10107-018-1282-4.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from refnet.architecture import Array
from refnet.logistic.linear_model import LinearModel, linear_model, probabilities
from refnet.rounding.precision import U64

_ROWS = 2048  # at a time, for the memory
_SLACK = 0.25  # beyond this the first-order analysis of rounding ends


@dataclass(frozen=True, eq=False)
class Certificate:
    """Upper bounds on the distance to the minimiser; infinite where kappa >= 1.

    For a softmax the classes' mean of the weights is set aside: coordinates and logits are those of
    the weights that sum to 0 over the classes, logits count by their differences.

    kappa:            M lambda, rounded up
    decrement:        lambda, rounded up
    norm_radius:      |v - v*|_H
    logit_radii:      (n,), the change of any difference of logits of each row; at most R
    coordinate_radii: (d, k), each weight
    gap:              F - F*
    slack:            the relative error of the Hessian and its factor that the bounds allow for
    """

    kappa: float
    decrement: float
    norm_radius: float
    logit_radii: Array
    coordinate_radii: Array
    gap: float
    slack: float

    @property
    def holds(self) -> bool:
        """Whether a minimiser exists, is unique, and lies within the radii."""
        return self.kappa < 1

    @property
    def logit_radius(self) -> float:
        """R = -log(1 - kappa), the largest error of a logit on the rows that count."""
        return -math.log1p(-self.kappa) if self.kappa < 1 else math.inf


def certify(
    design: Array,
    targets: Array,
    weights: Array,
    penalties: float | Array = 0.0,
    sample_weights: Array | None = None,
    gradient_bound: float | None = None,
) -> Certificate:
    """The certificate of the theorem at `weights`, whoever found them.

    Rounding is allowed for: the gradient by its running error, the Hessian and its factor by a
    relative slack. With h_j = sqrt(H_jj), C the factor and g = (n + 4 d r + 2 k + 64 + range) u,
    entries of the Hessian err by g h h^T, hence |C^-1 E C^-T| <= g | |C^-1| h |^2.
    Where `gradient_bound` is given, lambda is the largest that a gradient with entries of that size
    could have: the radii are what an implementation that stops there must reach.

    Shapes: design (n, d); targets and weights (n, k) and (d, k).
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    model = linear_model(design, targets, penalties, sample_weights)
    if weights.shape != (design.shape[1], targets.shape[1]):
        raise ValueError(
            f"weights {weights.shape}: give (features, outputs), "
            f"here ({design.shape[1]}, {targets.shape[1]})"
        )
    r = model.differences
    v = weights - weights[:, -1:] if weights.shape[1] > 1 else weights
    return _certificate(model, np.ascontiguousarray(v[:, :r]), gradient_bound)


def _certificate(model: LinearModel, v: Array, gradient_bound: float | None) -> Certificate:
    logits = model.design @ v
    p, rest = probabilities(logits)
    size = np.abs(model.design) @ np.abs(v)
    # one rounding more: v is a difference of weights
    moved = 2 * (len(v) + 2) * U64 * np.max(size, axis=1, keepdims=True)
    hessian = model.hessian(p, rest)
    inverse = _inverse_factor(hessian)
    if inverse is None:
        return _none(model)
    slack = float(np.max(moved)) + _hessian_error(model, inverse, np.diag(hessian), logits)
    if not slack <= _SLACK:
        return _none(model)
    g, error = model.gradient(v, p), _gradient_error(model, v, p, rest, moved)
    if gradient_bound is not None:
        known = gradient_bound if model.targets.shape[1] == 1 else 2 * gradient_bound
        g, error = np.zeros_like(g), error + known
    decrement = np.linalg.norm(inverse @ _flat(g)) + np.linalg.norm(np.abs(inverse) @ _flat(error))
    return _radii(model, inverse, float(decrement) * (1 + slack), slack)


def _flat(parameters: Array) -> Array:
    """Class by class, as the Hessian has it."""
    return parameters.T.ravel()


def _inverse_factor(hessian: Array) -> Array | None:
    """C^-1 with H = C C^T, or None where H is not positive definite in float64."""
    upper, failed = scipy.linalg.lapack.dpotrf(hessian)
    if failed:
        return None
    inverse, failed = scipy.linalg.lapack.dtrtri(upper)
    if failed or not np.all(np.isfinite(inverse)):
        return None
    return np.ascontiguousarray(inverse.T)


def _hessian_error(model: LinearModel, inverse: Array, diagonal: Array, logits: Array) -> float:
    """How much more the true H^-1 may be than the computed one, relatively, at these logits."""
    scale = np.abs(inverse) @ np.sqrt(diagonal)
    spread = float(np.max(np.maximum(logits.max(1), 0) - np.minimum(logits.min(1), 0)))
    n, k = model.targets.shape
    roundings = n + 4 * model.size + 2 * k + 64 + 2 * spread
    # twice, for what is of second order while the slack stays small
    return float(2 * roundings * U64 * (scale @ scale))


def _gradient_error(model: LinearModel, v: Array, p: Array, rest: Array, moved: Array) -> Array:
    """|computed gradient - gradient|: logits and probabilities that err, and the sum over rows."""
    n, k = model.targets.shape
    residual = np.abs(p - model.targets[:, : model.differences])
    entries = 2 * p * rest * moved + (k + 24) * U64 * p + (n + 8) * U64 * residual
    penalty = model.penalties[:, None] * (np.abs(v) @ np.abs(model.metric))
    shared = np.abs(model.design).T @ (entries * model.rates[..., None])
    return np.asarray(shared + (k + 8) * U64 * penalty)


def _radii(model: LinearModel, inverse: Array, decrement: float, slack: float) -> Certificate:
    norms = _row_norms(model, inverse) * (1 + slack)
    largest = float(np.max(norms * (model.rates > 0)))  # other rows are no part of F
    kappa = largest * decrement
    if not kappa < 1:
        return _none(model, kappa, decrement, slack)
    R = -math.log1p(-kappa)
    radius = R / largest if largest > 0 else decrement
    columns = inverse.reshape(-1, model.differences, model.design.shape[1])
    along = np.linalg.norm(np.einsum("maj,ka->mjk", columns, model.spread), axis=0)
    return Certificate(
        kappa=kappa,
        decrement=decrement,
        norm_radius=radius * (1 + slack),
        logit_radii=norms * radius,
        coordinate_radii=along * (1 + slack) * radius,
        gap=decrement**2 / (4 * _omega(R)),
        slack=slack,
    )


def _omega(R: float) -> float:
    """(e^-R + R - 1) / R^2, or its lower bound 1/2 - R/6 where the difference would cancel"""
    return 0.5 - R / 6 if R < 1e-3 else (math.expm1(-R) + R) / R**2


def _row_norms(model: LinearModel, inverse: Array) -> Array:
    """|x_i (x) (e_k - e_l)|_{H^-1}, the largest over k < l, with e_K = 0, shape (n,)"""
    norms = np.empty(len(model.design))
    for start in range(0, len(norms), _ROWS):
        rows = model.design[start : start + _ROWS]
        ends = [rows @ block.T for block in np.split(inverse, model.differences, axis=1)]
        pairs = [a - b for i, a in enumerate(ends) for b in ends[:i]]
        squares = [np.einsum("nm,nm->n", pair, pair) for pair in ends + pairs]
        norms[start : start + _ROWS] = np.sqrt(np.max(squares, axis=0))
    return norms


def _none(
    model: LinearModel,
    kappa: float = math.inf,
    decrement: float = math.inf,
    slack: float = math.inf,
) -> Certificate:
    """No certificate: kappa >= 1, or a Hessian that float64 cannot tell from a singular one."""
    n, k = model.targets.shape
    everywhere = np.full((model.design.shape[1], k), math.inf)
    return Certificate(
        kappa, decrement, math.inf, np.full(n, math.inf), everywhere, math.inf, slack
    )
