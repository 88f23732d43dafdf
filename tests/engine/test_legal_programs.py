"""Correct programs that come close to the bounds: each shows that a term of a radius is needed.

They are computed by `lowprecision` on numbers for which rounding does its worst. A ball that
admitted less would accuse them.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from refnet import (
    BFLOAT16,
    FLOAT32,
    FLOAT64,
    STRICT,
    Architecture,
    Conventions,
    Layer,
    Optimizer,
    Precision,
    Problem,
    balls,
)
from refnet.functions.activations import activation
from refnet.rounding.arithmetic import Operation, within
from refnet.rounding.products import AFFINE, COLUMN_SUM
from refnet.training.training import trained_balls
from tests.engine.lowprecision import (
    SLOPES,
    STYLES,
    VALUES,
    Array,
    Machine,
    Style,
    evaluate,
    nearest,
    ratios,
)

JOINED = next(style for style in STYLES if style.joined)
PLAIN = Style("sequential")

each_precision = pytest.mark.parametrize("precision", [FLOAT64, FLOAT32], ids=lambda p: p.name)


def near_its_radius(share: float, precision: Precision, least: float) -> bool:
    """Whether a program takes up that much; in float64 the engine has the other half."""
    return least / (2 if precision is FLOAT64 else 1) <= share <= 1


def share(found: Array, precision: Precision, operation: Operation, *arguments: Array) -> float:
    """The largest share of its ball that the answer of one operation takes up."""
    with np.errstate(all="ignore"):
        return float(np.max(ratios(found, within(precision)(operation, *arguments))))


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


@each_precision
def test_a_softmax_by_log_sum_exp_rounds_at_the_size_of_its_logits(
    precision: Precision,
) -> None:
    z = nearest(80 + np.random.default_rng(0).uniform(-1, 1, (20_000, 3)), precision)
    found = VALUES["softmax"](Machine(precision, PLAIN, form=4), z, STRICT)
    softmax = activation("softmax", STRICT).value

    assert near_its_radius(share(found, precision, softmax, z), precision, 0.3)


@each_precision
def test_a_leaky_relu_by_the_absolute_value_rounds_at_the_size_of_its_logit(
    precision: Precision,
) -> None:
    """(1 + s) z / 2 + (1 - s) |z| / 2, where z < 0 almost all cancels."""
    z = nearest(np.random.default_rng(0).uniform(-2, 2, 50_000), precision)
    machine, leaky = Machine(precision, PLAIN, form=1), activation("leaky_relu", STRICT)
    value = VALUES["leaky_relu"](machine, z, STRICT)
    pulled = SLOPES["leaky_relu"](machine, z, value, STRICT)

    assert near_its_radius(share(value, precision, leaky.value, z), precision, 0.5)
    assert share(pulled, precision, leaky.pullback, np.ones_like(z), z, value) <= 1


@each_precision
def test_a_subnormal_input_may_be_flushed_before_it_meets_a_large_weight(
    precision: Precision,
) -> None:
    machine = Machine(precision, Style("flushed", flush=True))
    x = np.full((1, 3), precision.underflow * (1 - 2.0**-10))
    layer = np.full((3, 1), 2.0**20), np.zeros(1)

    found = machine.matmul(machine.r(x), *layer)
    assert np.all(found == 0)
    assert near_its_radius(share(found, precision, AFFINE, x, *layer), precision, 0.8)


def test_biases_may_be_summed_otherwise_than_products_are() -> None:
    """1 + u + u + ... = 1 in bfloat16, while products are summed in float32."""
    mixed = replace(BFLOAT16, name="bfloat16, products in float32", accumulation=FLOAT32.unit)
    delta = np.full((64, 1), mixed.unit)
    delta[0] = 1.0
    found = Machine(mixed, PLAIN).sum(delta.T)

    assert found == 1
    assert 0.8 <= share(found, mixed, COLUMN_SUM, delta, np.asarray(1)) <= 1
    finer = replace(mixed, sums=FLOAT32.unit)
    assert share(found, finer, COLUMN_SUM, delta, np.asarray(1)) > 10
    assert share(Machine(finer, PLAIN).sum(delta.T), finer, COLUMN_SUM, delta, np.asarray(1)) <= 1


def logistic(output: str, classes: int, precision: Precision, far: float) -> Problem:
    """A stack of rows of logits, as the biases of networks whose inputs are 0."""
    rng, count = np.random.default_rng(0), 1000
    architecture = Architecture((1, classes), "relu", output, "cross_entropy")
    z = nearest(rng.normal(size=(count, classes)) * far, precision)
    targets: Array = (np.eye(classes)[rng.integers(classes, size=(count, 1))] + 1 / classes) / 2
    if output == "sigmoid":
        targets = rng.integers(0, 2, (count, 1, 1)) * 1.0
    layers = [Layer(np.zeros((count, 1, classes)), z)]
    return Problem(architecture, layers, np.zeros((count, 1, 1)), targets)


def delta_share(problem: Problem, precision: Precision, **declared: Any) -> float:
    """The largest share of its ball that the delta of the problem's program takes up."""
    answer = evaluate(problem, precision, PLAIN, form=1)
    [layer] = balls.gradient(
        problem._replace(conventions=replace(problem.conventions, **declared)), precision
    )
    return float(np.nanmax(ratios(answer.gradient[0].biases, layer.biases)))


@each_precision
@pytest.mark.parametrize(("output", "classes"), [("sigmoid", 1), ("softmax", 64)])
def test_the_chain_rule_through_rounded_probabilities_errs_more_and_is_declared(
    output: str, classes: int, precision: Precision
) -> None:
    problem = logistic(output, classes, precision, far=4.0)
    chained = problem._replace(conventions=Conventions(gradient_from="probabilities"))

    assert delta_share(problem, precision, gradient_from="probabilities") <= 1
    assert delta_share(chained, precision) <= 1
    assert delta_share(chained, precision, gradient_from="logits") > 1


@each_precision
@pytest.mark.parametrize(("output", "classes"), [("sigmoid", 1), ("softmax", 64)])
def test_the_derivative_of_a_clip_is_none_of_a_clip_that_is_ignored(
    output: str, classes: int, precision: Precision
) -> None:
    problem = logistic(output, classes, precision, far=8.0)
    form = Conventions(probability_clip=1e-4, clip_gradient="differentiated")
    clipped = problem._replace(conventions=form)

    assert delta_share(clipped, precision) <= 1
    assert delta_share(clipped, precision, clip_gradient="ignored") > 100


@each_precision
@pytest.mark.parametrize("rows", [1, 8, 64])
def test_rows_subtracted_from_the_weights_one_by_one_vanish_one_by_one(
    precision: Precision, rows: int
) -> None:
    """1 - u/2 - u/2 - ... = 1: what is declared by `step_sum`, and refused without it."""
    problem = linear(1, rows)
    problem = problem._replace(targets=problem.targets - rows * precision.unit)
    machine, descent = Machine(precision, PLAIN), Optimizer("gradient_descent", 0.5)
    delta = machine.div(machine.sub(1.0, problem.targets), float(rows))
    weights = np.ones((1, 1))
    for row in delta:
        weights = machine.sub(weights, machine.mul(0.5, row))

    def taken_up(form: Conventions) -> float:
        ball = trained_balls(problem._replace(conventions=form), descent, 1, precision=precision)
        return float(ratios(weights, ball[0].weights)[0, 0])

    assert taken_up(Conventions(step_sum="weights")) <= 1
    assert rows < 64 or taken_up(STRICT) > 1
