"""What is asked often is answered by a straight line of operations, bit for bit as before."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from refnet import (
    STRICT,
    Architecture,
    Conventions,
    Layer,
    Problem,
    balls,
    gradient,
    loss,
    loss_and_gradient,
)
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.backpropagation import loss_in
from refnet.rounding.precision import PRESETS
from refnet.straight import OFTEN, answered
from tests.engine.nets import FORMS


def network(activation: str, head: tuple[str, str], form: Conventions = STRICT) -> Problem:
    smoothing = 0.1 if head[1] == "cross_entropy" else 0.0
    architecture = Architecture(
        (3, 4, 2), activation, *head, l2=0.1, dropout=0.2, label_smoothing=smoothing, delta=0.7
    )
    return drawn(architecture, 0, conventions=form)


def drawn(
    architecture: Architecture,
    seed: int,
    rows: int = 5,
    stack: tuple[int, ...] = (),
    dtype: Any = np.float64,
    conventions: Conventions = STRICT,
) -> Problem:
    rng = np.random.default_rng(seed)
    layers = [
        Layer(
            rng.normal(size=(*stack, *shape)).astype(dtype),
            rng.normal(size=(*stack, shape[1])).astype(dtype),
        )
        for shape in architecture.shapes
    ]
    inputs = rng.normal(size=(*stack, rows, architecture.widths[0])).astype(dtype)
    classes = rng.integers(architecture.widths[-1], size=(*stack, rows))
    targets = np.eye(architecture.widths[-1], dtype=dtype)[classes]
    return Problem(architecture, layers, inputs, targets, None, conventions)


QUESTIONS: dict[str, Callable[[Problem], Any]] = {
    "loss": lambda problem: loss(*problem),
    "gradient": lambda problem: gradient(*problem),
    "both": lambda problem: loss_and_gradient(*problem),
    "loss ball": lambda problem: balls.loss(problem),
    "gradient ball": lambda problem: balls.gradient(problem),
}


def flat(answer: Any) -> list[np.ndarray]:
    if isinstance(answer, list | tuple):
        return [array for part in answer for array in flat(part)]
    return [np.asarray(answer)]


def assert_same(one: Any, other: Any) -> None:
    pairs = list(zip(flat(one), flat(other), strict=True))
    for left, right in pairs:
        assert left.dtype == right.dtype
        assert left.shape == right.shape
        np.testing.assert_array_equal(left, right)
    assert pairs


def asked_often(question: Callable[[Problem], Any], problem: Problem) -> tuple[Any, Any]:
    """The first answer, and the first that a line gives."""
    first = question(problem)
    for _ in range(OFTEN - 1):
        last = question(problem)
    return first, last


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("head", HEADS, ids=" ".join)
@pytest.mark.parametrize("on_biases", [False, True])
@pytest.mark.parametrize("form", FORMS, ids=["strict", "others", "sums"])
def test_every_head_and_convention_is_answered_as_before(
    question: Callable[[Problem], Any], head: tuple[str, str], form: Conventions, on_biases: bool
) -> None:
    form = replace(form, penalty_on_biases=on_biases)  # for which there is no line

    assert_same(*asked_often(question, network("tanh", head, form)))


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_answered_as_before(
    question: Callable[[Problem], Any], activation: str
) -> None:
    assert_same(*asked_often(question, network(activation, ("identity", "squared_error"))))


SMALL = Architecture((3, 4, 2), "relu", "softmax", "cross_entropy")


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stack", [(), (3,), (2, 3)])
def test_stacks_and_types_are_answered_as_before(
    question: Callable[[Problem], Any], dtype: Any, stack: tuple[int, ...]
) -> None:
    assert_same(*asked_often(question, drawn(SMALL, 1, stack=stack, dtype=dtype)))


@pytest.mark.parametrize("name", PRESETS)
def test_balls_of_every_precision_are_answered_as_before(name: str) -> None:
    precision = PRESETS[name]

    assert_same(*asked_often(lambda p: balls.gradient(p, precision), drawn(SMALL, 2)))
    assert_same(*asked_often(lambda p: balls.loss(p, precision), drawn(SMALL, 2)))


def test_the_line_runs_without_the_code_that_wrote_it() -> None:
    asked = []

    def compute(apply: Any, problem: Problem) -> Any:
        asked.append(apply)
        return loss_in(apply, problem)

    for _ in range(3 * OFTEN):
        answered(compute, drawn(SMALL, 3))

    assert len(asked) == OFTEN


def test_a_line_serves_all_numbers_of_the_same_shapes() -> None:
    asked_often(QUESTIONS["both"], drawn(SMALL, 4))
    for seed in range(5, 10):
        other = drawn(SMALL, seed)
        weighted = other._replace(sample_weights=np.ones(5))  # which no line ever answers

        assert_same(QUESTIONS["gradient"](other), QUESTIONS["both"](other)[1])
        for line, code in zip(flat(gradient(*other)), flat(gradient(*weighted)), strict=True):
            np.testing.assert_allclose(line, code, rtol=1e-14)


def test_other_shapes_and_architectures_have_lines_of_their_own() -> None:
    for seed in range(2 * OFTEN):
        rows, l2 = 1 + seed % 3, 0.1 * (seed % 2)
        problem = drawn(replace(SMALL, l2=l2), seed, rows)
        singles = [
            gradient(*problem._replace(inputs=problem.inputs[i : i + 1], targets=y[None]))
            for i, y in enumerate(problem.targets)
        ]
        mean = [np.mean(parts, axis=0) for parts in zip(*map(flat, singles), strict=True)]
        for found, expected in zip(flat(gradient(*problem)), mean, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-14)


def test_targets_that_were_the_inputs_may_be_others_later() -> None:
    autoencoder = Architecture((3, 2, 3), "tanh", "identity", "squared_error")
    problem = drawn(autoencoder, 0)
    asked_often(QUESTIONS["both"], problem._replace(targets=problem.inputs))

    assert_same(QUESTIONS["both"](problem), QUESTIONS["both"](drawn(autoencoder, 0)))
    assert loss(*problem) != loss(*problem._replace(targets=problem.inputs))


def test_answers_share_no_memory_with_the_arguments_or_each_other() -> None:
    problem = drawn(Architecture((3, 2), "identity", "identity", "squared_error"), 0)
    for _ in range(OFTEN):
        gradient(*problem)
    given = [array.copy() for array in flat(list(problem[1:4]))]
    one, other = flat(gradient(*problem)), flat(gradient(*problem))
    for array in one:
        array[:] = 7.0

    assert_same(given, list(problem[1:4]))
    assert_same(other, gradient(*problem))


@pytest.mark.parametrize(("place", "name"), [(0, "weights"), (1, "weights"), (1, "biases")])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_line_is_not_deceived_by_numbers_that_are_not_finite(
    place: int, name: str, value: float
) -> None:
    problem = drawn(SMALL, 0)
    asked_often(QUESTIONS["gradient"], problem)
    layers = [Layer(*map(np.copy, layer)) for layer in problem.parameters]
    getattr(layers[place], name).flat[0] = value

    with pytest.raises(ValueError, match=rf"parameters\[{place}\].{name}\[.*\] is .*give finite"):
        gradient(*problem._replace(parameters=layers))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_infinite_inputs_are_named_though_all_weights_are_zero() -> None:
    problem = drawn(SMALL, 0)
    asked_often(QUESTIONS["both"], problem)
    zeros = [Layer(0 * w, 0 * b) for w, b in problem.parameters]
    inputs = problem.inputs.copy()
    inputs[2, 1] = np.inf

    with pytest.raises(ValueError, match=r"inputs\[2, 1\] is inf; give finite numbers"):
        loss_and_gradient(*problem._replace(parameters=zeros, inputs=inputs))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_finite_numbers_may_overflow_on_a_line_as_before_it() -> None:
    problem = drawn(SMALL, 0)
    huge = problem._replace(parameters=[Layer(1e200 * w, b) for w, b in problem.parameters])
    first = QUESTIONS["gradient"](huge)
    asked_often(QUESTIONS["gradient"], problem)

    assert_same(first, QUESTIONS["gradient"](huge))


def test_arrays_that_do_not_fit_are_named_however_often_others_did() -> None:
    problem = drawn(SMALL, 0)
    asked_often(QUESTIONS["gradient"], problem)

    with pytest.raises(ValueError, match=r"targets has 4 rows and inputs has 5"):
        gradient(*problem._replace(targets=problem.targets[1:]))
    with pytest.raises(ValueError, match=r"targets\[0\] sums to 2; one-hot rows sum to 1"):
        gradient(*problem._replace(targets=np.ones((5, 2))))


@pytest.mark.parametrize(
    ("head", "value"),
    [
        (("identity", "squared_error"), np.nan),
        (("sigmoid", "squared_error"), -np.inf),
        (("identity", "huber"), np.nan),
        (("exp", "poisson"), np.inf),
        (("sigmoid", "cross_entropy"), np.nan),
        (("softmax", "cross_entropy"), np.nan),
    ],
)
def test_targets_that_are_not_finite_never_reach_a_line(
    head: tuple[str, str], value: float
) -> None:
    problem = drawn(Architecture((3, 4, 2), "tanh", *head), 0)
    asked_often(QUESTIONS["both"], problem)
    targets = problem.targets.copy()
    targets[1, 0] = value

    with pytest.raises(ValueError, match=r"targets\[1, 0\] is .*give finite numbers"):
        loss_and_gradient(*problem._replace(targets=targets))


def test_zero_times_infinity_is_seen_in_one_by_one_matrices_too() -> None:
    problem = drawn(Architecture((1, 1), "tanh", "identity", "squared_error"), 0, 2)
    asked_often(QUESTIONS["loss"], problem)
    zero = [Layer(np.zeros((1, 1)), np.zeros(1))]
    inputs = np.array([[np.inf], [1.0]])

    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=r"inputs\[0, 0\] is inf"):
        loss(*problem._replace(parameters=zero, inputs=inputs))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_where_warnings_are_errors_the_array_is_named_all_the_same(value: float) -> None:
    problem = drawn(SMALL, 0)
    asked_often(QUESTIONS["both"], problem)
    inputs = problem.inputs.copy()
    inputs[:, 1] = value
    bad = problem._replace(inputs=inputs)

    for strict in (warnings.catch_warnings(action="error"), np.errstate(all="raise")):
        with strict, pytest.raises(ValueError, match=r"inputs\[0, 1\] is .*; give finite numbers"):
            loss_and_gradient(*bad)


def test_numbers_of_numpy_in_an_architecture_are_python_s() -> None:
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
    problem = drawn(numpy_s, 0, dtype=np.float32, conventions=form)

    assert numpy_s == plainly
    assert all(array.dtype == np.float32 for array in flat(loss_and_gradient(*problem)))


def test_a_layer_that_is_a_tuple_is_named_however_often_layers_came() -> None:
    problem = drawn(SMALL, 0)
    asked_often(QUESTIONS["gradient"], problem)
    tuples: Any = [tuple(layer) for layer in problem.parameters]

    with pytest.raises(ValueError, match=r"parameters\[0\] is a tuple; give Layer"):
        gradient(*problem._replace(parameters=tuples))


def test_widths_and_activations_may_be_given_as_lists() -> None:
    as_lists = Architecture([3, 4, 2], ["relu"], "softmax", "cross_entropy")  # type: ignore[arg-type]

    assert as_lists == replace(SMALL, activation=("relu",))
    assert loss(as_lists, *drawn(SMALL, 0)[1:4]) == loss(*drawn(SMALL, 0))
