"""What a scope declares beside names and sizes, above all that there are no biases."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.contract import Scope
from refnet import STRICT, Conventions, Layer, Optimizer, Problem, balls, gradient, step, train
from refnet.architecture import Architecture
from refnet.rounding.precision import FLOAT64
from refnet.training.optimizers import OPTIMIZERS, initial_state
from refnet.training.training import trained_balls
from tests import narrow

HEADS = (("sigmoid", "cross_entropy"),)
BARE = Architecture((3, 4, 2), "tanh", "sigmoid", "cross_entropy", l2=0.25, biases=False)


def drawn(architecture: Architecture, seed: int = 0) -> Problem:
    rng = np.random.default_rng(seed)
    layers = [Layer(rng.normal(size=s), np.zeros(s[1])) for s in architecture.shapes]
    targets = rng.integers(0, 2, (5, 2)).astype(float)
    return Problem(architecture, layers, rng.normal(size=(5, 3)), targets)


@pytest.mark.parametrize(
    ("precision", "laws", "most"), [("float64", "*", 26), ("float32", "forward,gradient,steps", 10)]
)
def test_a_network_without_biases_breaks_no_law(precision: str, laws: str, most: int) -> None:
    report = backproof.check(narrow.Bare(precision), laws=laws, profile="quick")
    assert {row.status for row in report.laws} == {"holds", "unsupported"}
    assert report.count("holds") >= most


@pytest.mark.parametrize(
    ("subject", "law"),
    [
        (narrow.WrongSlope, "the_gradient_is_the_derivative_of_the_loss"),
        (narrow.WrongSlope, "gradients_match_finite_differences"),
        (narrow.SlowsDown, "gradient_descent_subtracts_the_rate_times_the_gradient"),
        (narrow.FitsAnIntercept, "a_fit_ends_at_the_minimiser"),
        (narrow.FitsAnIntercept, "a_fit_stops_where_the_gradient_is_as_small_as_it_promises"),
        (narrow.HasABias, "outputs_are_right_within_rounding"),
    ],
)
def test_what_is_wrong_without_biases_is_found(subject: type, law: str) -> None:
    [row] = backproof.check(subject, laws=law, profile="quick").laws
    assert row.status == "broken"


def test_laws_that_need_biases_say_so() -> None:
    [row] = backproof.check(narrow.Bare, laws="an_all_zero_network", profile="quick").laws
    assert (row.status, row.reason) == (
        "unsupported",
        "the law needs biases, and the scope has none",
    )


def test_biases_that_are_not_there_are_not_counted() -> None:
    law = "the_gradient_is_the_derivative_of_the_loss"
    case = {"hidden_layers": (1, 1), "widths": (2, 2), "rows": (1, 2), "outputs": (1, 1)}

    class Few(narrow.Bare):
        scope = replace(narrow.Bare.scope, heads=HEADS, **case)  # type: ignore[arg-type]

    [row] = backproof.check(Few, laws=law, profile="quick").laws
    assert row.judged == 25 * (2 * 2 + 2)


def test_a_printed_case_says_that_there_are_no_biases() -> None:
    law = "the_gradient_is_the_derivative_of_the_loss"
    [row] = backproof.check(narrow.WrongSlope, laws=law, profile="quick").laws
    assert "biases=False" in row.findings[0].arguments["case"]["architecture"]


def test_no_answer_for_biases_that_there_are_names_the_way_out() -> None:
    class Forgets(Refnet):
        def gradient(self, *arguments: Any) -> Any:
            return [Layer(weights, None) for weights, _ in super().gradient(*arguments)]

    [row] = backproof.check(Forgets, laws="the_gradient_is_the", profile="quick").laws
    assert row.status == "error"
    assert row.reason is not None
    assert "gradient[0].biases is None; give an array, or say Scope(biases=False)" in row.reason


def test_the_engine_has_no_derivative_by_biases_that_are_not_there() -> None:
    problem = drawn(BARE)
    with_biases = problem._replace(architecture=replace(BARE, biases=True))
    for one, other in zip(gradient(*problem), gradient(*with_biases), strict=True):
        assert np.array_equal(one.weights, other.weights)
        assert not np.any(one.biases)
        assert np.any(other.biases)
    for ball in balls.gradient(problem):
        assert not np.any(ball.biases.value)
        assert not np.any(ball.biases.radius)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("epsilon", [1e-8, 0.0])
def test_training_without_biases_is_training_that_puts_them_back(
    name: str, decoupled: bool, epsilon: float
) -> None:
    problem = drawn(BARE)
    momentum = 0.5 if name in ("momentum", "nesterov") else 0.0
    optimizer = Optimizer(
        name, 0.1, momentum, epsilon=epsilon, weight_decay=0.125, decoupled=decoupled
    )
    c = Conventions(penalty_on_biases=True)
    with np.errstate(invalid="ignore"):  # 0 / 0 without an epsilon
        trained = train(*problem[:4], optimizer, epochs=4, batch_size=2, conventions=c)
    known = drawn(replace(BARE, biases=True)).parameters
    state = initial_state(known)
    for _ in range(4):
        for rows in (slice(0, 2), slice(2, 4), slice(4, 5)):
            data = problem.inputs[rows], problem.targets[rows], None, c
            g = gradient(replace(BARE, biases=True), known, *data)
            moved, state = step(optimizer, state, known, g, c)
            known = [Layer(w, 0 * old.biases) for (w, _b), old in zip(moved, known, strict=True)]
    for here, there in zip(trained, known, strict=True):
        assert np.array_equal(here.weights, there.weights)
        assert not np.any(here.biases)


@pytest.mark.parametrize("epsilon", [1e-8, 0.0])
def test_the_balls_of_training_without_biases_are_finite_and_hold_it(epsilon: float) -> None:
    problem = drawn(BARE)._replace(conventions=STRICT)
    optimizer = Optimizer("adam", 2.0**-10, epsilon=epsilon, weight_decay=0.125)
    with np.errstate(invalid="ignore"):
        trained = train(*problem[:4], optimizer, epochs=3)
    for layer, ball in zip(
        trained, trained_balls(problem, optimizer, 3, None, FLOAT64), strict=True
    ):
        assert np.all(np.abs(layer.weights - ball.weights.value) <= ball.weights.radius)
        assert np.all(ball.weights.radius < 1e-6)
        assert not np.any(ball.biases.radius)


def test_biases_that_are_given_to_a_network_without_are_named() -> None:
    problem = drawn(BARE)
    layers = [problem.parameters[0], Layer(problem.parameters[1].weights, np.ones(2))]
    with pytest.raises(ValueError, match=r"parameters\[1\].biases are not all 0; biases=False"):
        gradient(BARE, layers, problem.inputs, problem.targets)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"biases": None}, "scope.biases=None: choose one of False, True"),
        ({"l2": 1}, "scope.l2=1: choose one of False, True"),
        ({"soft_targets": "some"}, "scope.soft_targets='some': choose one of False, True"),
        ({"batches": "two rows"}, "scope.batches='two rows': choose one of False, True, 'one row'"),
        ({"shapes": "many"}, "scope.shapes='many': choose one of 'any', 'few'"),
        ({"weight_decay": "coupled"}, "scope.weight_decay='coupled': give a tuple, ('coupled',)"),
        (
            {"weight_decay": ("both",)},
            "scope.weight_decay has 'both': choose from ('coupled', 'decoupled')",
        ),
        (
            {"weight_decay": ("coupled",)},
            "scope.weight_decay=('coupled',) without optimizers: name those that decay",
        ),
        (
            {"frozen": True},
            "scope.frozen=True without architectures: name those that its weights belong to",
        ),
        (
            {"biases": True, "architectures": (BARE,)},
            "scope.architectures[0] has biases=False, the scope biases=True: give both the same",
        ),
        (
            {"biases": False, "architectures": (BARE,)},
            "scope.architectures[0] has l2=0.25: say scope.l2=True",
        ),
        (
            {
                "biases": False,
                "l2": True,
                "architectures": (BARE, replace(BARE, label_smoothing=0.1)),
            },
            "scope.architectures[1] has label_smoothing=0.1: say scope.label_smoothing=True",
        ),
        (
            {"biases": False, "l2": True, "architectures": (replace(BARE, dropout=0.5),)},
            "scope.architectures[0] has dropout=0.5: say scope.dropout=True",
        ),
    ],
)
def test_a_field_that_means_nothing_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Scope(activations=("tanh",), heads=HEADS, **given)


def test_a_single_weight_starts_without_a_shape_to_be_judged() -> None:
    class OneOutput(Refnet):
        scope = replace(
            Refnet.scope,
            heads=HEADS,
            hidden_layers=(0, 0),
            outputs=(1, 1),
            initializers=("normal",),
        )

    [row] = backproof.check(OneOutput, laws="weights_start").laws
    assert row.status == "holds", row.reason


def test_a_law_does_not_ask_for_a_million_outcomes() -> None:
    class Many(Refnet):
        scope = replace(Refnet.scope, heads=(("sigmoid", "cross_entropy"),), outputs=(20, None))

    [row] = backproof.check(Many, laws="the_loss_is_a_negative", profile="quick").laws
    assert row.status == "unsupported"
    assert "20 sigmoid outputs have 2^20 outcomes" in (row.reason or "")
