"""What holds for whoever calls the network: its numbers are its own, and wrong arrays are named."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from refnet import (
    Architecture,
    Conventions,
    Layer,
    Optimizer,
    Problem,
    balls,
    gradient,
    loss,
    loss_and_gradient,
    train,
)
from refnet.architecture import HEADS
from refnet.rounding.precision import PRESETS

SMALL = Architecture((3, 4, 2), "relu", "softmax", "cross_entropy")


def drawn(architecture: Architecture, rows: int = 5, dtype: Any = np.float64) -> Problem:
    rng = np.random.default_rng(0)
    layers = [
        Layer(rng.normal(size=shape).astype(dtype), rng.normal(size=shape[1]).astype(dtype))
        for shape in architecture.shapes
    ]
    inputs = rng.normal(size=(rows, architecture.widths[0])).astype(dtype)
    classes = rng.integers(architecture.widths[-1], size=rows)
    return Problem(
        architecture, layers, inputs, np.eye(architecture.widths[-1], dtype=dtype)[classes]
    )


QUESTIONS: dict[str, Callable[[Problem], Any]] = {
    "loss": lambda problem: loss(*problem),
    "gradient": lambda problem: gradient(*problem),
    "both": lambda problem: loss_and_gradient(*problem),
    "loss ball": lambda problem: balls.loss(problem),
    "gradient ball": lambda problem: balls.gradient(problem),
}
each_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


def flat(answer: Any) -> list[np.ndarray]:
    if isinstance(answer, list | tuple):
        return [array for part in answer for array in flat(part)]
    return [np.asarray(answer)]


@pytest.mark.parametrize("head", HEADS, ids=" ".join)
def test_loss_and_gradient_are_the_loss_and_the_gradient(head: tuple[str, str]) -> None:
    problem = drawn(Architecture((3, 4, 2), "tanh", *head, l2=0.1, dropout=0.2))
    both = flat(loss_and_gradient(*problem))

    for one, other in zip(both, flat([loss(*problem), gradient(*problem)]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_answers_share_no_memory_with_the_arguments_or_each_other() -> None:
    problem = drawn(Architecture((3, 2), "identity", "identity", "squared_error"))
    given = [array.copy() for array in flat(list(problem[1:4]))]
    one, other = flat(gradient(*problem)), flat(gradient(*problem))
    for array in one:
        array[:] = 7.0

    for before, after in zip(given, flat(list(problem[1:4])), strict=True):
        np.testing.assert_array_equal(before, after)
    for before, after in zip(other, flat(gradient(*problem)), strict=True):
        np.testing.assert_array_equal(before, after)


@each_question
@pytest.mark.parametrize(("place", "name"), [(0, "weights"), (1, "weights"), (1, "biases")])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_not_finite_are_named(
    question: Callable[[Problem], Any], place: int, name: str, value: float
) -> None:
    problem = drawn(SMALL)
    getattr(problem.parameters[place], name).flat[0] = value

    with pytest.raises(ValueError, match=rf"parameters\[{place}\].{name}\[.*\] is .*give finite"):
        question(problem)


@each_question
def test_infinite_inputs_are_named_though_all_weights_are_zero(
    question: Callable[[Problem], Any],
) -> None:
    problem = drawn(SMALL)
    zeros = [Layer(0 * w, 0 * b) for w, b in problem.parameters]
    problem.inputs[2, 1] = np.inf

    with pytest.raises(ValueError, match=r"inputs\[2, 1\] is inf; give finite numbers"):
        question(problem._replace(parameters=zeros))


@pytest.mark.parametrize(
    ("dtype", "largest"),
    [
        (np.float16, 65504.0),
        (np.float32, 3e38),
        (np.float64, 1e308),
        (np.int64, 2**63 - 1),
        (np.bool_, True),
    ],
)
def test_finite_numbers_of_every_type_are_finite_though_their_squares_overflow(
    dtype: Any, largest: float
) -> None:
    architecture = Architecture((3, 1), "tanh", "identity", "squared_error")
    inputs, zeros = np.full((5, 3), largest, dtype=dtype), [Layer(np.zeros((3, 1)), np.zeros(1))]

    assert loss(architecture, zeros, inputs, np.ones((5, 1))) == 0.5


@pytest.mark.parametrize("head", HEADS, ids=" ".join)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_targets_that_are_not_finite_are_named(head: tuple[str, str], value: float) -> None:
    problem = drawn(Architecture((3, 4, 2), "tanh", *head))
    problem.targets[1, 0] = value

    with pytest.raises(ValueError, match=r"targets\[1, 0\] is .*give finite numbers"):
        loss_and_gradient(*problem)


@each_question
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_where_warnings_are_errors_the_array_is_named_all_the_same(
    question: Callable[[Problem], Any], value: float
) -> None:
    problem = drawn(SMALL)
    problem.inputs[:, 1] = value

    for strict in (warnings.catch_warnings(action="error"), np.errstate(all="raise")):
        with strict, pytest.raises(ValueError, match=r"inputs\[0, 1\] is .*; give finite numbers"):
            question(problem)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_balls_overflow_in_silence_where_floating_point_errors_raise(dtype: Any) -> None:
    problem = drawn(SMALL, dtype=dtype)
    huge = problem._replace(inputs=problem.inputs * dtype(2.0**12))

    with np.errstate(all="raise"):
        found = [*flat(balls.gradient(huge)), *flat(balls.loss(huge))]
    assert all(array.dtype == np.float64 for array in found)


@pytest.mark.parametrize("factor", [1e300, 1.7e308])
def test_a_factor_that_multiplies_every_underflow_into_range_leaves_nothing_known(
    factor: float,
) -> None:
    problem = Problem(
        Architecture((1, 1), "identity", "sigmoid", "cross_entropy"),
        [Layer(np.ones((1, 1)), np.ones(1))],
        np.ones((1, 1)),
        np.zeros((1, 1)),
        conventions=Conventions(gradient_factor=factor),
    )
    (layer,) = balls.gradient(problem, PRESETS["float16"])
    assert np.all(np.isinf(layer.weights.radius))
    (layer,) = balls.gradient(problem, PRESETS["float64"])
    assert np.all(layer.biases.value > 0.7 * factor)


def test_numbers_of_numpy_in_the_settings_are_python_s_and_cast_no_array() -> None:
    plainly = Architecture((3, 4, 2), "elu", "identity", "squared_error", l2=0.25)
    numpy_s = Architecture(
        (np.int64(3), 4, np.int64(2)),  # type: ignore[arg-type]
        "elu",
        "identity",
        "squared_error",
        l2=np.float64(0.25),
        delta=np.array(1.0),  # type: ignore[arg-type]
    )
    form = Conventions(elu_alpha=np.float32(0.75), gradient_factor=np.float64(2.0))  # type: ignore[arg-type]
    optimizer = Optimizer("momentum", np.float64(0.1), momentum=np.float64(0.5))
    problem = drawn(numpy_s, dtype=np.float32)._replace(conventions=form)
    trained = train(*problem[:4], optimizer, 2)

    assert numpy_s == plainly
    assert hash(numpy_s) == hash(plainly)
    assert all(array.dtype == np.float32 for array in flat(loss_and_gradient(*problem)))
    assert all(array.dtype == np.float32 for array in flat(trained))


def test_widths_and_activations_may_be_given_as_lists() -> None:
    as_lists = Architecture([3, 4, 2], ["relu"], "softmax", "cross_entropy")  # type: ignore[arg-type]

    assert as_lists == replace(SMALL, activation=("relu",))
    assert loss(as_lists, *drawn(SMALL)[1:4]) == loss(*drawn(SMALL))
