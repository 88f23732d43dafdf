"""Logistic regression by Newton's method: the smallest network, and the only convex one.

With steps of at most d in any logit, e^{-d} H(w) <= H(w + step) <= e^d H(w). Hence a full Newton
step decreases F whenever d <= 1.79, without looking at F; and a Hessian that moved little is as
good as a new one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy

from refnet.architecture import Array
from refnet.logistic.linear_model import LinearModel, linear_model, probabilities
from refnet.rounding.precision import U64

_FULL = 1.79
"""The d up to which (e^d - 1 - d) / d^2 < 1, so that F(w + step) < F(w) for the Newton step."""

_NEAR = 0.01
"""Steps below this d keep the Hessian: the error falls by d each time, without a factorisation."""


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A point where the gradient is small; `certificate` says how near the minimiser is.

    weights:       (d, k); the classes of a softmax sum to 0
    iterations:    gradients evaluated on all rows
    gradient_norm: the largest absolute entry of the gradient of F by the weights
    """

    weights: Array
    iterations: int
    gradient_norm: float


def fit(
    design: Array,
    targets: Array,
    penalties: float | Array = 0.0,
    sample_weights: Array | None = None,
    tolerance: float = 1e-12,
    limit: int = 200,
) -> LogisticFit:
    """w* = arg min sum_i c_i l(x_i w, y_i) + 1/2 sum_j l2_j |w_j|^2,  c_i = 1/n or w_i / sum w

    Damped Newton, until no entry of the gradient exceeds `tolerance` or rounding ends the descent.
    Data that can be separated have no minimiser: the gradient vanishes all the same, far out, and
    no certificate will hold there.

    Shapes: design (n, d), with a column of ones for an intercept; targets (n, 1) or (n, K);
            penalties () or (d,), 0 for an intercept that is not penalised -> weights (d, k).
    Raises: ValueError where the Hessian is singular, or after `limit` iterations.
    """
    model = linear_model(design, targets, penalties, sample_weights)
    at, count = _descend(model, _start(model), tolerance, limit)
    return LogisticFit(at.v @ model.spread.T, count, at.norm)


class Iterate(NamedTuple):
    """A point of the descent, with the gradient there, its norm, and d of the step that led there.

    v (d, r), logits and probabilities and 1 - probabilities (n, r), gradient (d, r).
    """

    v: Array
    logits: Array
    probabilities: Array
    rest: Array
    gradient: Array
    norm: float
    reach: float


def _at(model: LinearModel, v: Array, logits: Array, reach: float) -> Iterate:
    p, rest = probabilities(logits)
    gradient = model.gradient(v, p)
    return Iterate(v, logits, p, rest, gradient, _norm(gradient), reach)


def iterates(model: LinearModel, v: Array) -> Iterator[Iterate]:
    """v, v - t_1 H^-1 grad F(v), ...: damped Newton, until rounding ends the descent

    Raises: ValueError where the Hessian is singular.
    """
    here = _at(model, v, model.design @ v, np.inf)
    before, fresh, factor = np.inf, True, v
    while True:
        yield here
        stalled = here.reach < _NEAR and here.norm > before / 2
        if stalled and fresh:
            return
        fresh = stalled or not here.reach < _NEAR
        if fresh:
            factor = _factor(model.hessian(here.probabilities, here.rest), here.norm)
        before = here.norm
        here = _next(model, here, factor)


def _next(model: LinearModel, here: Iterate, factor: Array) -> Iterate:
    solved = scipy.linalg.lapack.dpotrs(factor, here.gradient.T.reshape(-1, 1))[0]
    step = -np.ascontiguousarray(solved.reshape(here.v.T.shape).T)
    moved = model.design @ step
    reach = _reach(moved)
    there = _at(model, here.v + step, here.logits + moved, reach)
    # F is convex: where it still falls at the end, it fell all the way
    if reach <= _FULL or np.vdot(there.gradient, step) <= 0:
        return there
    t = _search(model, here, step, moved)
    return _at(model, here.v + t * step, here.logits + t * moved, reach)


def _descend(model: LinearModel, start: Array, tolerance: float, limit: int) -> tuple[Iterate, int]:
    for count, at in enumerate(iterates(model, start), start=1):
        if at.norm <= tolerance:
            break
        if count == limit:
            raise ValueError(
                f"after {limit} iterations the gradient is {at.norm:.3g}, "
                f"above tolerance={tolerance}"
            )
    return at, count


def _norm(gradient: Array) -> float:
    """The largest entry by the weights; by those of the last class it is minus the sum."""
    return float(max(np.abs(gradient).max(), np.abs(gradient.sum(axis=1)).max()))


def _reach(moved: Array) -> float:
    """max_i (max_a m_ia - min_a m_ia), with 0 for the last class: d"""
    if moved.shape[1] == 1:
        return float(np.abs(moved).max())
    ranges = np.maximum(moved.max(axis=1), 0) - np.minimum(moved.min(axis=1), 0)
    return float(ranges.max())


def _factor(hessian: Array, norm: float) -> Array:
    """U with U^T U = H"""
    # LAPACK itself: SciPy's wrapper costs more than a small solve
    upper, failed = scipy.linalg.lapack.dpotrf(hessian)
    if failed:
        raise ValueError(
            f"the Hessian is singular where the gradient is {norm:.3g}: columns of the design are "
            "dependent, or the data can be separated; drop columns or give penalties above 0"
        )
    return np.asarray(upper)


def _search(model: LinearModel, start: Iterate, step: Array, moved: Array) -> float:
    """The first of t = 1, 1/2, 1/4, ... with F(v + t step) <= F(v) + t slope / 4

    At t = log(1 + d) / d, with d the reach of the step, it holds by the bounds on the Hessian.
    """
    here = model.objective(start.v, start.logits)
    here += 8 * U64 * abs(here)  # a decrease below rounding is none
    slope, t = float(np.vdot(start.gradient, step)), 1.0
    while t > U64:
        if model.objective(start.v + t * step, start.logits + t * moved) <= here + t * slope / 4:
            break
        t /= 2
    return t


def _start(model: LinearModel) -> Array:
    """The minimiser on every eighth row, where there are plenty, else 0

    From there two or three iterations on all rows remain of seven.
    """
    zero = np.zeros((model.design.shape[1], model.differences))
    if len(model.design) < 400 * model.size:
        return zero
    few = model.design[::8]
    rates = np.broadcast_to(model.rates, len(model.design))[::8]
    if not np.sum(rates) > 0:
        return zero
    part = replace(model, design=few, targets=model.targets[::8], rates=rates / np.sum(rates))
    try:
        v = _descend(part, zero, 1e-4, 30)[0].v
    except ValueError:
        return zero  # the part may be singular or separated where the whole is not
    better = model.objective(v, model.design @ v) < model.objective(zero, model.design @ zero)
    return v if better else zero
