"""Every rounding pushed one way: what a legal program may make of it fills the radius.

Each row counts the roundings of one operation on numbers that are known exactly. The answer lies
within the radius, and near its end, so that a radius that loses a term accuses a correct program.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from refnet import FLOAT32, STRICT, Architecture, Conventions, Layer, Problem, balls
from refnet.functions.activations import TABLE, activation
from refnet.functions.softmax import SHIFTED_SOFTMAX, SOFTMAX
from refnet.rounding.arithmetic import Ball, Operation, within
from refnet.rounding.operations import (
    ADD,
    ADD_PRODUCT,
    ADD_SCALED,
    CONSTANT,
    MULTIPLY,
    SCALE,
    SUBTRACT,
    SUM_OF_SQUARES,
    WEIGHTED_SUM,
)
from refnet.rounding.products import AFFINE, BACK, COLUMN_SUM, OUTER
from refnet.training.terms import CORRECTION, MIX, QUOTIENT, RATIO, ROOT, SHRINK, SQUARE, Cap

U = FLOAT32.unit
ONE, ROWS = np.ones((1, 1)), 32
FIRST = np.eye(1, 4)  # 1, 0, 0, 0: the first term is rounded with each that comes after it
UP = 1 + U


class Pushed(NamedTuple):
    """An operation, what it is given, what a program may answer, and the share that this takes."""

    operation: Operation
    arguments: tuple[Any, ...]
    answer: Any
    least: float = 0.95


def softmax_by_logarithm(classes: int) -> Any:
    """e^(z - l) at z = 0: exp, the sum, its logarithm, z - l and exp again, the first entry up."""
    total = classes * (1 - 8 * U) * (1 - U) ** (classes - 1)
    logarithm = np.log(total) - 8 * U * max(1.0, np.log(classes))
    first = np.exp(-logarithm * (1 - U) * (1 - U)) * (1 + 8 * U)
    return np.array([[first]])


def softmax_shifted(classes: int) -> Any:
    """e^0 / sum e^0: exp up above and down below, the sum, the quotient."""
    return np.array([[(1 + 8 * U) * UP / (classes * (1 - 8 * U) * (1 - U) ** (classes - 1))]])


def scaled(roundings: int) -> tuple[Any, ...]:
    return ONE, 0.5, roundings, 1


OPERATIONS = {
    "affine": Pushed(AFFINE, (FIRST, np.ones((4, 1)), np.zeros(1)), UP**5),
    "bias": Pushed(AFFINE, (0 * FIRST, np.ones((4, 1)), np.ones(1)), UP**4, 0.75),
    "back": Pushed(BACK, (FIRST, np.ones((1, 4)), 1), UP**4),
    "outer": Pushed(OUTER, (FIRST.T, np.ones((4, 1)), 1), UP**4),
    "column sum": Pushed(COLUMN_SUM, (FIRST.T, 1), UP**3),
    "multiply": Pushed(MULTIPLY, (ONE, ONE), UP),
    "add": Pushed(ADD, (ONE, ONE), 2 * UP),
    "subtract": Pushed(SUBTRACT, (ONE, -ONE), 2 * UP),
    "constant": Pushed(CONSTANT, (0.5, 3), 0.5 * UP**3),
    "scale": Pushed(SCALE, scaled(3), 0.5 * UP**4),
    "weighted sum, its scale": Pushed(WEIGHTED_SUM, (ONE, 1.0, ROWS, 1, 1), UP ** (ROWS + 1), 0.9),
    "weighted sum, its terms": Pushed(WEIGHTED_SUM, (ONE, 1.0, 1, 1, ROWS), UP ** (ROWS + 1), 0.9),
    "sum of squares": Pushed(SUM_OF_SQUARES, (np.eye(1, ROWS),), UP**ROWS),
    "add scaled": Pushed(ADD_SCALED, (0 * ONE, ONE, 0.5), 0.5 * UP**5),
    "add scaled, others": Pushed(ADD_SCALED, (0 * ONE, ONE, 0.5, ROWS), 0.5 * UP ** (ROWS + 5)),
    "add product": Pushed(ADD_PRODUCT, (0 * ONE, ONE, 0.5, ROWS), 0.5 * UP ** (ROWS + 5)),
    "softmax, logarithm": Pushed(SOFTMAX.value, (np.zeros((1, 2)),), softmax_by_logarithm(2), 0.85),
    "softmax, shifted": Pushed(SHIFTED_SOFTMAX, (np.zeros((1, 2)),), softmax_shifted(2), 0.85),
    "mix": Pushed(MIX, (ONE, ONE, 0.5, 0.5), UP**2, 0.5),
    "square": Pushed(SQUARE, (ONE,), UP),
    "correction": Pushed(CORRECTION, (0.5 ** (1 / 64), 64), 1 - 0.5 * UP**128, 0.9),
    "quotient": Pushed(QUOTIENT, (ONE, 1.0), UP),
    "root": Pushed(ROOT, (ONE,), UP),
    "ratio": Pushed(RATIO, (ONE, ONE, Cap(9.0, 1.0, 1.0, 0.1, False)), UP, 0.24),
    "shrink": Pushed(SHRINK, (ONE, 0.999), 1 - 0.999 * UP**4),
    "shrink, little": Pushed(SHRINK, (ONE, 2.0**-20), UP**2 * (1 - 2.0**-20)),
}


def share(pushed: Pushed) -> float:
    """The error over the radius, in the entry that was pushed."""
    ball = within(FLOAT32)(pushed.operation, *pushed.arguments)
    error = abs(np.asarray(pushed.answer).ravel()[0] - np.asarray(ball.value).ravel()[0])
    return float(error / np.asarray(ball.radius).ravel()[0])


@pytest.mark.parametrize("name", OPERATIONS)
def test_roundings_in_one_direction_fill_the_radius(name: str) -> None:
    pushed = OPERATIONS[name]
    assert pushed.least <= share(pushed) <= 1 + 40 * U  # the radius has u, and the answer (1 + u)^k


SLOPES: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 3 * U,
    "tanh": lambda z: 3 * U,
    "softplus": lambda z: 17 * U,  # 1 - e^-a, with a and exp off by 8u each
}
"""What a legal slope may err by at a value that is exact."""


@pytest.mark.parametrize("name", SLOPES)
def test_a_legal_slope_fills_the_radius(name: str) -> None:
    z, chosen = np.array([[-30.0]]), activation(name, STRICT)
    value = chosen.value.value(z)
    slope = chosen.pullback.value(ONE, z, value)
    answer = (slope + SLOPES[name](-30.0)) * UP
    assert 0.8 <= share(Pushed(chosen.pullback, (ONE, z, value), answer)) <= 1 + 40 * U


VALUES = {
    "sigmoid": 4,
    "tanh": 8,
    "softplus": 8,
    "elu": 8,
    "selu": 8 * 1.7581,
    "gelu": 16,
    "silu": 12,
}
"""What a legal value may err by at z = 1, in units of u."""


@pytest.mark.parametrize("name", VALUES)
def test_a_legal_value_fills_the_radius(name: str) -> None:
    function = activation(name, STRICT).value
    answer = function.value(-ONE) + VALUES[name] * U
    assert 0.9 <= share(Pushed(function, (-ONE,), answer)) <= 1 + 40 * U


def test_every_activation_without_a_promise_of_its_own_is_known() -> None:
    assert {*TABLE} - {*VALUES} == {"identity", "relu", "leaky_relu", "exp", "softmax"}


def test_a_mean_that_runs_from_batch_to_batch_fills_the_radius_of_an_evaluation() -> None:
    """m + (l - m) / b after batch b, as m (1 - 1/b) + l / b, of which three roundings push m up."""
    architecture = Architecture((1, 1), "identity", "identity", "squared_error")
    targets = np.ones((ROWS, 1))
    targets[0] = -1.0  # an error of 2, and none in the other rows
    layers = [Layer(ONE, np.zeros(1))]
    ball = balls.evaluate(
        Problem(architecture, layers, np.ones((ROWS, 1)), targets, None, STRICT), FLOAT32
    )
    answer = 2.0 / ROWS * UP ** (3 * (ROWS - 1))
    assert 0.85 <= (answer - float(ball.value)) / float(ball.radius) <= 1


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
def test_a_logit_that_may_be_zero_leaves_both_slopes_open(name: str) -> None:
    """Also where 0 is the very end of its ball."""
    chosen, z = activation(name, Conventions(elu_alpha=0.25)), 0.5 * ONE
    ball = within(FLOAT32)(chosen.pullback, ONE, Ball(z, z), chosen.value.value(z))
    below = {"relu": 0.0, "leaky_relu": 0.01, "elu": 0.25}[name]
    assert 1 - below <= np.max(ball.radius) <= 1 - below + 0.2
