"""Every rounding pushed one way: what a legal program may make of it fills the radius.

Each row counts the roundings of one operation on numbers that are known exactly. The answer lies
within the radius, and near its end, so that a radius that loses a term accuses a correct program.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from refnet import (
    FLOAT32,
    STRICT,
    TF32,
    Architecture,
    Conventions,
    Layer,
    Precision,
    Problem,
    balls,
)
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


def share(pushed: Pushed, precision: Precision = FLOAT32) -> float:
    """The error over the radius, in the entry that was pushed."""
    ball = within(precision)(pushed.operation, *pushed.arguments)
    error = abs(np.asarray(pushed.answer).ravel()[0] - np.asarray(ball.value).ravel()[0])
    return float(error / np.asarray(ball.radius).ravel()[0])


@pytest.mark.parametrize("name", OPERATIONS)
def test_roundings_in_one_direction_fill_the_radius(name: str) -> None:
    pushed = OPERATIONS[name]
    assert pushed.least <= share(pushed) <= 1 + 40 * U  # the radius has u, and the answer (1 + u)^k


E = 2.0**-6
APART = 1 + E


def about(value: Any) -> Ball:
    """What is known to a distance of E."""
    return Ball(np.asarray(value, float), np.full(np.shape(value), E))


CORNERS = {
    "affine, inputs": Pushed(AFFINE, (about(FIRST), np.ones((4, 1)), np.zeros(1)), 1 + 4 * E),
    "affine, weights": Pushed(AFFINE, (FIRST, about(np.ones((4, 1))), np.zeros(1)), APART),
    "affine, biases": Pushed(AFFINE, (0 * FIRST, np.ones((4, 1)), about(np.ones(1))), APART),
    "affine, all": Pushed(AFFINE, (about(ONE), about(ONE), about(np.ones(1))), APART**2 + APART),
    "back": Pushed(BACK, (about(ONE), about(ONE), 1), APART**2),
    "outer": Pushed(OUTER, (about(ONE), about(ONE), 1), APART**2),
    "column sum": Pushed(COLUMN_SUM, (about(FIRST.T), 1), 1 + 4 * E),
    "multiply": Pushed(MULTIPLY, (about(ONE), about(ONE)), APART**2),
    "add": Pushed(ADD, (about(ONE), about(ONE)), 2 * APART),
    "subtract": Pushed(SUBTRACT, (about(ONE), about(-ONE)), 2 * APART),
    "scale": Pushed(SCALE, (about(ONE), 0.5, 3, 1), 0.5 * APART),
    "weighted sum": Pushed(WEIGHTED_SUM, (about(FIRST), 0.5, 3, 1, 4), 0.5 * (1 + 4 * E)),
    "add scaled": Pushed(ADD_SCALED, (about(ONE), about(ONE), 0.5), 1.5 * APART),
    "add scaled, factor": Pushed(
        ADD_SCALED, (ONE, about(ONE), Ball(np.asarray(0.5), E)), 1 + APART * (0.5 + E)
    ),
    "softmax": Pushed(
        SHIFTED_SOFTMAX, (about([[-10.0, 0.0]]),), np.exp(-10 + E) / (np.exp(-10 + E) + np.exp(-E))
    ),
    "mix": Pushed(MIX, (about(ONE), about(ONE), 0.5, 0.5), APART),
    "mix, coefficients": Pushed(
        MIX, (ONE, ONE, Ball(np.asarray(0.5), E), Ball(np.asarray(0.5), E)), APART + E, 0.45
    ),
    "square": Pushed(SQUARE, (about(ONE),), APART**2),
    "quotient": Pushed(QUOTIENT, (about(ONE), Ball(np.asarray(1.0), E)), APART / (1 - E)),
    "root": Pushed(ROOT, (about(ONE),), np.sqrt(1 - E), 0.9),
    "ratio": Pushed(
        RATIO, (about(ONE), about(ONE), Cap(9.0, 1.0, 1.0, 0.1, False)), APART / (1 - E)
    ),
    "shrink": Pushed(SHRINK, (about(ONE), 0.5), 0.5 * APART),
}


@pytest.mark.parametrize("name", CORNERS)
def test_arguments_at_the_end_of_their_balls_fill_the_radius(name: str) -> None:
    pushed = CORNERS[name]
    assert pushed.least <= share(pushed) <= 1


MIXED = replace(FLOAT32, name="float32, summed and stored apart", accumulation=2.0**-30)
STORED = 1 + FLOAT32.unit
TINY = FLOAT32.underflow * (1 - 2.0**-10)

ELSEWHERE = {
    "stored after the product, and after the bias": (
        MIXED,
        Pushed(AFFINE, (FIRST, np.ones((4, 1)), np.zeros(1)), STORED**2, 0.9),
    ),
    "stored once": (MIXED, Pushed(BACK, (FIRST, np.ones((1, 4)), 1), STORED, 0.9)),
    "arguments rounded": (TF32, Pushed(BACK, (ONE, ONE, 1), (1 + TF32.input) ** 2, 0.9)),
    "a flushed product": (FLOAT32, Pushed(MULTIPLY, (TINY * ONE, 0.5 * ONE), 0.0, 0.2)),
    "flushed arguments": (FLOAT32, Pushed(AFFINE, (TINY * ONE, 1024 * ONE, np.zeros(1)), 0.0)),
    "a flushed sum": (FLOAT32, Pushed(ADD, (TINY / 2 * ONE, TINY / 2 * ONE), 0.0, 0.4)),
    "a flushed term": (FLOAT32, Pushed(ADD_SCALED, (0 * ONE, TINY * ONE, 8.0), 0.0, 0.7)),
    "a flushed square": (FLOAT32, Pushed(SQUARE, (np.sqrt(TINY) * ONE,), 0.0)),
    "a flushed root": (FLOAT32, Pushed(ROOT, (TINY * ONE,), 0.0)),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_stored_and_what_is_flushed_fill_the_radius(name: str) -> None:
    precision, pushed = ELSEWHERE[name]
    assert pushed.least <= share(pushed, precision) <= 1 + 40 * U


def test_a_radius_is_rounded_up() -> None:
    ball = Ball(ONE, ONE)
    assert np.all(ball.rounded_up().radius > ball.radius)


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
