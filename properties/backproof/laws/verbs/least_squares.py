"""What least squares says at a minimiser that is known, and of a fit that ends nearby."""

from typing import NamedTuple

import numpy as np

from backproof.cases.case import Case
from backproof.cases.regressions import Regression
from backproof.laws.verbs.minimisers import Fitted
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.problem import gradient_share, loss_share, penalty_factor
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import U64


def stacked(case: Case) -> Array:
    """The weights, with the biases as the last row where there are any: (d, k)"""
    return np.vstack(case.parameters[0])[: case.design.shape[1]]


class Curvature(NamedTuple):
    """The second derivative of the loss that a gradient belongs to: X^T diag(rows) X + penalties

    rows: (n,); penalties: (d, 1), 0 for what is not penalised
    """

    rows: Array
    penalties: Array


def curvature(subject: Subject, case: Case) -> Curvature:
    """The second derivative of the declared gradient."""
    problem, c = subject.problem(case), subject.conventions_of(case)
    rows = np.broadcast_to(gradient_share(problem, 2 * c.squared_error).factor, len(case.inputs))
    penalty = 2 * float(np.squeeze(penalty_factor(problem)[0])) * c.gradient_factor
    penalties = np.full((case.design.shape[1], 1), penalty)
    penalties[case.inputs.shape[1] :] *= c.penalty_on_biases
    return Curvature(rows, penalties)


def slope(subject: Subject, regression: Regression, step: Array) -> tuple[Ball, Array]:
    """The gradient at a step D from the minimiser, H D, and what cancels in it: (d, k) each

    Plus X^T diag(rows) (y' - y) with the slip y - y' of the targets, and the penalty of what is
    short of the exact weights.
    """
    case, bends = regression.case, curvature(subject, regression.case)
    x, rows, l2 = case.design, bends.rows[:, None], bends.penalties
    there = stacked(case) + step
    moved = x @ step - regression.slip
    short = step + regression.short[: len(step)]
    residuals = np.abs(x @ there - case.targets)
    size = np.abs(x).T @ (rows * residuals) + l2 * np.abs(there)
    terms = np.abs(x).T @ (rows * (np.abs(case.targets) + np.abs(x) @ np.abs(step)))
    own = (8 + len(x)) * U64 * (size + terms)
    return Ball(x.T @ (rows * moved) + l2 * short, own), size


def rise(subject: Subject, regression: Regression) -> tuple[float, float]:
    """c sum_i s_i |x_i D|^2 / n, the loss at a step D from the minimiser less the loss there

    Less 2 c sum_i s_i (x_i D) slip_i / n, where rounding has moved the targets; and its own error.
    """
    case, moved = regression.case, regression.case.design @ regression.step
    c = subject.conventions_of(case)
    factor = loss_share(subject.problem(case), c.squared_error).factor
    rows = np.broadcast_to(factor, len(moved))[:, None]
    risen = float(np.sum(rows * (moved**2 - 2 * moved * regression.slip)))
    size = float(np.sum(rows * (moved**2 + 2 * np.abs(moved) * np.abs(case.targets))))
    return risen, 8 * U64 * size


def reach(subject: Subject, regression: Regression, found: Fitted) -> Array:
    """How far the outputs of a fit may be from those of the minimiser, (n, k)

    With H the curvature and D the step from the minimiser, g = H D, so that for each output
    rows_i |x_i D|^2 <= D^T H D = g . D <= sum_j |g_j| |D_j|, and no entry of g exceeds the promise.
    """
    case, rows = regression.case, curvature(subject, regression.case).rows
    there = slope(subject, regression, 0 * regression.step)[0]
    weights = np.vstack(found.parameters[0])[: case.design.shape[1]]
    radii = np.vstack([np.asarray(part.radius) for part in found.gradient[0]])[: len(weights)]
    largest = found.tolerance + radii + np.abs(there.value) + there.radius
    total = np.sum(largest * np.abs(weights - stacked(case)), axis=0)
    sizes = np.abs(case.design) @ (np.abs(weights) + np.abs(stacked(case)))
    own = (len(weights) + 2) * U64 * sizes
    return np.asarray(np.sqrt(total / rows[:, None]) * (1 + 2.0**-20) + own)
