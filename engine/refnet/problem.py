"""What the loss of a data set means: its targets, the factor of each row, the penalty."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from refnet.architecture import Architecture, Array, Parameters
from refnet.conventions import STRICT, Conventions, Reduction
from refnet.rounding.arithmetic import Arithmetic, Ball, Operation
from refnet.rounding.precision import Precision


class Problem(NamedTuple):
    """A network with everything that its loss depends on.

    Shapes: inputs (n, features); targets (n, outputs); sample_weights (n,) or None.
    """

    architecture: Architecture
    parameters: Parameters
    inputs: Array
    targets: Array
    sample_weights: Array | None = None
    conventions: Conventions = STRICT


def batches(problem: Problem, batch_size: int) -> Iterator[Problem]:
    """The problem's rows in order, `batch_size` at a time; the last batch may be smaller."""
    weights = problem.sample_weights
    for start in range(0, problem.inputs.shape[-2], batch_size):
        part = slice(start, start + batch_size)
        yield problem._replace(
            inputs=problem.inputs[..., part, :],
            targets=problem.targets[..., part, :],
            sample_weights=None if weights is None else weights[..., part],
        )


def _smoothed(targets: Array, smoothing: float, classes: int) -> Array:
    return targets * (1 - smoothing) + smoothing / classes


def _smoothed_radius(
    p: Precision, value: Array, targets: Ball, smoothing: Ball, classes: Ball
) -> Array:
    # y (1 - e) + e / K or y - e (y - 1 / K), with e cast: 1 - e errs by u e, not by u (1 - e)
    size = targets.magnitude + smoothing.value / classes.value
    return np.asarray(p.unit * (4 * size + np.abs(value)) + 2 * p.underflow)


_SMOOTHED = Operation(_smoothed, _smoothed_radius)


def smoothed_targets(apply: Arithmetic, problem: Problem) -> Any:
    """Y (1 - e) + e / K, with K = 2 for the sigmoid"""
    smoothing = problem.architecture.label_smoothing
    if not smoothing:
        return problem.targets
    classes = problem.architecture.widths[-1] if problem.architecture.output == "softmax" else 2
    return apply(_SMOOTHED, problem.targets, smoothing, classes)


def total_of(problem: Problem) -> Any:
    """What a mean over rows divides by: their number, or the sum of their weights.

    Shapes: a number, or (1,) where it is a sum of the weights.
    """
    weights = problem.sample_weights
    if weights is None or problem.conventions.sample_weight_mean == "rows":
        return problem.inputs.shape[-2]
    return np.sum(weights, axis=-1, keepdims=True)


def gradient_reduction(conventions: Conventions) -> Reduction:
    """The reduction whose derivative the gradient is."""
    declared = conventions.gradient_reduction
    return conventions.reduction if declared == "as the loss" else declared


def divisor(problem: Problem, reduction: Reduction) -> Any:
    """What a reduction divides the sum of the rows' losses by."""
    if reduction == "sum":
        return 1
    return total_of(problem) * elements(problem.architecture, reduction)


def elements(architecture: Architecture, reduction: Reduction) -> int:
    """Into how many parts a mean divides the loss of a row, which adds up those of its outputs."""
    joint = architecture.head == ("softmax", "cross_entropy") and reduction != "mean over outputs"
    return 1 if reduction == "mean" or joint else architecture.widths[-1]


class Share(NamedTuple):
    """What the sum of the rows' losses or derivatives is made of.

    factor:    what each row is multiplied by, one number or (n,)
    roundings: how many of them an implementation needs to compute it
    divisor:   how much larger the sum may be until it is multiplied
    late:      how much smaller
    """

    factor: Any
    roundings: int
    divisor: Any
    late: float


def loss_share(problem: Problem, factor: float = 1.0) -> Share:
    """1 / n for a mean, w_i / sum w for a weighted one, 1 or w_i for a sum, each times the factors

    factor: what the head multiplies the loss of a row by
    """
    c = problem.conventions
    return _share(problem, c.reduction, factor, c.loss_factor)


def gradient_share(problem: Problem, factor: float = 1.0) -> Share:
    """The same for the derivatives of the rows' losses."""
    c = problem.conventions
    factors = factor, c.loss_factor, c.gradient_factor
    return _share(problem, gradient_reduction(c), *factors)


def _share(problem: Problem, reduction: Reduction, *factors: float) -> Share:
    rows, weights = problem.inputs.shape[-2], problem.sample_weights
    total, factor = divisor(problem, reduction), math.prod(factors)
    roundings, least = sum(map(roundings_of, factors)) + 2, min(factor, 1.0)
    apart = total if least == 1 else np.asarray(total / least), max(factor, 1.0)
    if weights is None:
        return Share(factor / total, roundings, *apart)
    if np.ndim(total):  # a sum of the weights
        roundings += rows
    return Share(factor * weights / total, roundings + 1, *apart)


def penalised(parameters: Parameters, conventions: Conventions) -> list[Array]:
    """The arrays that the penalty acts on, as matrices."""
    if conventions.penalty_on_biases:
        return [part for w, b in parameters for part in (w, b[..., None, :])]
    return [w for w, _ in parameters]


def penalty_factor(problem: Problem, whole: Problem | None = None) -> tuple[Array | float, int]:
    """The factor of |W|^2 in the loss, and the roundings in it.

    f l2, or that over what a mean over the rows divides by: over n, or over sum w, so that an
    integer weight is a repetition of the row.

    whole: all rows, where those of the problem are a batch of them
    """
    conventions, rows = problem.conventions, problem
    factor = conventions.penalty_factor * problem.architecture.l2
    roundings = roundings_of(conventions.penalty_factor)
    if not conventions.penalty_per_row:
        return factor, roundings
    if conventions.penalty_per_row == "data set":
        rows = whole or problem
    total = total_of(rows)
    if not np.ndim(total):
        return factor / total, roundings
    return np.asarray(factor / total[..., 0]), roundings + rows.inputs.shape[-2]


def roundings_of(factor: float) -> int:
    """How often multiplying by a declared factor rounds: a power of two is exact, with no cast."""
    return 0 if factor == 1 or abs(math.frexp(factor)[0]) in (0.0, 0.5) else 2
