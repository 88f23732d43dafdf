"""What the loss of a data set means: its targets, the factor of each row, the penalty."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from refnet.architecture import Architecture, Array, Parameters
from refnet.conventions import STRICT, Conventions
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


def divisor_of(c: Conventions, rows: int, outputs: int, weights: Array | None = None) -> Any:
    """What the sum of the losses of so many rows is divided by, as `reduction` declares it.

    Shapes: weights (n,) or None -> a number, or (1,) where it is a sum of the weights.
    """
    if c.reduction == "sum":
        return 1
    total: Any = rows
    if weights is not None and c.sample_weight_mean == "weights":
        total = np.sum(weights, axis=-1, keepdims=True)
    return total * outputs if c.reduction == "mean over outputs" else total


def divisor(problem: Problem) -> Any:
    """What the sum of the rows' losses is divided by: a number, or one for each data set."""
    size = problem.inputs.shape[-2], problem.architecture.widths[-1]
    return divisor_of(problem.conventions, *size, problem.sample_weights)


def row_scale(problem: Problem, factor: float) -> tuple[Array | float, int]:
    """What the loss of each row is multiplied by, one number or (n,), and the roundings in it.

    1 / n for a mean, w_i / sum w for a weighted one, 1 or w_i for a sum.
    """
    rows, weights = problem.inputs.shape[-2], problem.sample_weights
    total, roundings = divisor(problem), roundings_of(factor) + 2
    if weights is None:
        return factor / total, roundings
    if np.ndim(total):  # a sum of the weights
        roundings += rows
    return factor * weights / total, roundings + 1


def penalised(parameters: Parameters, conventions: Conventions) -> list[Array]:
    """The arrays that the penalty acts on, as matrices."""
    if conventions.penalty_on_biases:
        return [part for w, b in parameters for part in (w, b[..., None, :])]
    return [w for w, _ in parameters]


def penalty_factor(problem: Problem) -> tuple[Array | float, int]:
    """The factor of |W|^2 in the loss, and the roundings in it.

    f l2, or f l2 / n, or f l2 / sum w where a weighted mean divides by the sum of the weights, so
    that an integer weight is a repetition of the row.
    """
    conventions, weights = problem.conventions, problem.sample_weights
    factor = conventions.penalty_factor * problem.architecture.l2
    roundings = roundings_of(conventions.penalty_factor)
    if not conventions.penalty_per_row:
        return factor, roundings
    rows = problem.inputs.shape[-2]
    if weights is None or conventions.sample_weight_mean == "rows":
        return factor / rows, roundings
    return np.asarray(factor / np.sum(weights, axis=-1)), roundings + rows


def roundings_of(factor: float) -> int:
    """How often multiplying by a declared factor rounds: a power of two is exact, with no cast."""
    return 0 if factor == 1 or abs(math.frexp(factor)[0]) in (0.0, 0.5) else 2
