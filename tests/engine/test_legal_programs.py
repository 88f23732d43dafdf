"""Correct programs that come close to the bounds: each shows that a term of a radius is needed.

They are computed by `lowprecision` on numbers for which rounding does its worst. A ball that
admitted less would accuse them.
"""

import math

import numpy as np
import pytest

from refnet import FLOAT32, FLOAT64, Architecture, Layer, Precision, Problem, balls
from tests.engine.lowprecision import STYLES, evaluate, ratios

JOINED = next(style for style in STYLES if style.joined)

each_precision = pytest.mark.parametrize("precision", [FLOAT64, FLOAT32], ids=lambda p: p.name)


def near_its_radius(share: float, precision: Precision, least: float) -> bool:
    """Whether a program takes up that much; in float64 the engine has the other half."""
    return least / (2 if precision is FLOAT64 else 1) <= share <= 1


def linear(outputs: int, rows: int, l2: float = 0.0) -> Problem:
    """Outputs x w with x = w = 1, and targets 1."""
    architecture = Architecture((1, outputs), "relu", "identity", "squared_error", l2=l2)
    layers = [Layer(np.ones((1, outputs)), np.zeros(outputs))]
    return Problem(architecture, layers, np.ones((rows, 1)), np.ones((rows, outputs)))


def loss_share(problem: Problem, precision: Precision) -> float:
    """How much of its ball the loss takes up."""
    answer = evaluate(problem, precision, JOINED)
    return float(ratios(answer.loss, balls.loss(problem, precision)))


@each_precision
def test_a_penalty_that_is_the_first_term_of_the_gradient_swallows_the_rows(
    precision: Precision,
) -> None:
    """w + u + u + ... = w, for 64 rows."""
    problem = linear(1, 64, l2=1.0)
    problem = problem._replace(targets=problem.targets - 64 * precision.unit)
    answer = evaluate(problem, precision, JOINED)
    [ball], [layer] = balls.gradient(problem, precision), answer.gradient

    assert near_its_radius(float(ratios(layer.weights, ball.weights)[0, 0]), precision, 0.8)


@each_precision
def test_a_penalty_that_is_the_first_term_of_the_loss_swallows_the_rows(
    precision: Precision,
) -> None:
    """1 + u + u + ... = 1, for 64 rows."""
    problem = linear(1, 64, l2=2.0)
    problem = problem._replace(targets=problem.targets - residual(precision.unit, 64))

    assert near_its_radius(loss_share(problem, precision), precision, 0.8)


@each_precision
def test_a_loss_of_rows_and_outputs_in_one_loop_may_lose_all_but_the_first(
    precision: Precision,
) -> None:
    """1 + u + u + ... = 1: four outputs round four times as often as four sums of one output."""
    problem = linear(4, 32)
    targets = problem.targets - residual(precision.unit, 32)
    targets[0, 0] = -7.0  # 8^2 / 2 / 32 = 1
    problem = problem._replace(targets=targets)

    assert near_its_radius(loss_share(problem, precision), precision, 0.8)


def residual(loss: float, rows: int) -> float:
    """The r of six binary digits for which r^2 / 2 / rows is just below the loss."""
    mantissa, exponent = math.frexp(math.sqrt(2 * rows * loss))
    return math.ldexp(math.floor(mantissa * 64) / 64, exponent)
