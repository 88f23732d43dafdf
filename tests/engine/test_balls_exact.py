"""The engine's balls contain the exact answer, and every legal answer in every precision.

`exact` reads the definitions aloud in interval arithmetic; `lowprecision` computes the network in
many legal ways; `nets` draws what both are tried on. The large version is `benchmarks/proof.py`.
"""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from flint import arb, ctx

from refnet import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    TF32,
    Architecture,
    Conventions,
    Layer,
    Precision,
    Problem,
    balls,
)
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.functions.activations import TABLE as ACTIVATION_TABLE
from refnet.functions.losses import TABLE as HEAD_TABLE
from tests.engine import exact, lowprecision, nets

Head = tuple[str, str]

# tensor cores: products of small numbers, summed in float32
FLOAT16_WIDE = replace(FLOAT16, name="float16 summed in float32", accumulation=2.0**-24)
BFLOAT16_WIDE = replace(BFLOAT16, name="bfloat16 summed in float32", accumulation=2.0**-24)
PRECISIONS = (FLOAT64, FLOAT32, FLOAT16, BFLOAT16, TF32, FLOAT16_WIDE, BFLOAT16_WIDE)

# an implementation that makes no error, so that the ball is the engine's own error alone
EXACT = Precision("exact", 0.0, 0.0, 0.0, float(np.finfo("f8").max), "float64")

each_activation = pytest.mark.parametrize("activation", list(ACTIVATION_TABLE))
each_head = pytest.mark.parametrize("head", list(HEAD_TABLE), ids="-".join)


def _violations(shares: dict[str, float]) -> dict[str, float]:
    return {what: share for what, share in shares.items() if not share <= 1}


@each_activation
@each_head
def test_the_exact_answer_lies_in_the_ball(activation: str, head: Head) -> None:
    for kind in nets.KINDS:
        arguments = (1, FLOAT64, activation, head, kind, 2)
        net = nets.draw(*arguments)
        bounds = [nets.bounds(net.problem, precision) for precision in (FLOAT64, EXACT)]
        for place, problem in enumerate(net.singles()):
            truth = exact.truth(problem, kink=place % 2)
            for ball in bounds:
                pairs = ball.single(place).beside(truth)
                found = {what: exact.worst(some) for what, some in pairs.items()}
                assert not _violations(found), f"nets.draw({arguments}), network {place}"


@each_activation
@each_head
@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda p: p.name)
def test_every_legal_evaluation_lies_in_the_ball(
    activation: str, head: Head, precision: Precision
) -> None:
    # one kind each, so that every kind comes up with many activations, heads and precisions
    turn = list(ACTIVATION_TABLE).index(activation) + 3 * list(HEAD_TABLE).index(head)
    kind = nets.KINDS[(turn + PRECISIONS.index(precision)) % len(nets.KINDS)]
    arguments = (turn, precision, activation, head, kind, 4)
    net = nets.draw(*arguments)
    bounds = nets.bounds(net.problem, precision)
    for place, style in enumerate(lowprecision.STYLES):
        answer = lowprecision.evaluate(net.problem, precision, style, turn + place)
        found = {
            what: float(np.fmax.reduce(lowprecision.worst(some, 4), initial=0.0))
            for what, some in bounds.beside(answer).items()
        }
        assert not _violations(found), f"nets.draw({arguments}), {style}, form {turn + place}"


# The bounds are no larger than they must be.


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32], ids=lambda p: p.name)
def test_a_stagnating_sum_takes_up_nine_tenths_of_its_ball(precision: Precision) -> None:
    net = nets.stagnation(precision, terms=64)
    style = lowprecision.STYLES[0]
    assert style.name == "sequential"
    answer = lowprecision.evaluate(net.problem, precision, style)
    share = lowprecision.ratios(answer.forward, nets.bounds(net.problem, precision).forward)
    # in float64 the engine's own error has the same share in the ball
    least = 0.45 if precision is FLOAT64 else 0.9
    assert least <= share.max() <= 1


def test_ordinary_networks_take_up_a_hundredth_of_their_balls() -> None:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for seed in range(10):
        net = nets.draw(seed, FLOAT32, "tanh", ("sigmoid", "cross_entropy"))
        answer = lowprecision.evaluate(net.problem, FLOAT32, lowprecision.STYLES[0])
        for what, pairs in nets.bounds(net.problem, FLOAT32).beside(answer).items():
            found[what].extend(lowprecision.worst(pairs, 4))
    medians = {what: float(np.nanmedian(shares)) for what, shares in found.items()}
    assert min(medians["forward"], medians["gradient"]) >= 0.01
    assert medians["loss"] >= 0.001


def test_a_ball_for_half_the_roundoff_is_too_small() -> None:
    net = nets.stagnation(FLOAT32, terms=64)
    answer = lowprecision.evaluate(net.problem, FLOAT32, lowprecision.STYLES[0])
    half = replace(FLOAT32, unit=FLOAT32.unit / 2, accumulation=FLOAT32.accumulation / 2)
    assert lowprecision.ratios(answer.forward, nets.bounds(net.problem, half).forward).max() > 1


@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda p: p.name)
def test_ordinary_networks_are_judged_in_every_precision(precision: Precision) -> None:
    drawn = [nets.draw(s, precision, "tanh", ("identity", "squared_error")) for s in range(20)]
    radii = [nets.bounds(net.problem, precision).forward.radius for net in drawn]
    assert np.mean([np.isfinite(radius).mean() for radius in radii]) >= 0.9


def test_behind_an_overflow_nothing_is_promised() -> None:
    # 2 (0 + 60000) is infinite in float16, and infinity times the weight 0 is nan
    architecture = Architecture((1, 1, 1), "relu", "identity", "squared_error")
    layers = [Layer(np.full((1, 1), weight), np.zeros(1)) for weight in (1.0, 0.0)]
    target = np.array([[-60000.0]])
    problem = Problem(
        architecture, layers, np.ones((1, 1)), target, None, Conventions(squared_error=1.0)
    )
    answer = lowprecision.evaluate(problem, FLOAT16, lowprecision.STYLES[0])
    assert np.isnan(answer.gradient[0].weights)
    assert np.isinf(nets.bounds(problem, FLOAT16).gradient[0].weights.radius)


def test_zero_times_what_overflowed_is_not_promised_for_one_unit_either() -> None:
    architecture = Architecture((1, 1, 1), "relu", "identity", "squared_error")
    layers = [Layer(np.full((1, 1), weight), np.zeros(1)) for weight in (300.0, 0.0)]
    inputs = np.full((1, 1), 300.0)  # 90000 is infinite in float16

    assert np.isinf(balls.forward(architecture, layers, inputs, FLOAT16).radius)


def test_a_mean_whose_weights_overflow_is_not_promised() -> None:
    architecture = Architecture((1, 2), "relu", "identity", "squared_error")
    layers = [Layer(np.ones((1, 2)), np.zeros(2))]
    data = np.ones((2, 1)), np.zeros((2, 2)), np.array([0.0, 32752.0])
    form = Conventions(reduction="mean over outputs")  # 32752 * 2 + ... is infinite in float16
    problem = Problem(architecture, layers, *data, form)

    assert np.isinf(balls.loss(problem, FLOAT16).radius)
    assert np.all(np.isinf(balls.gradient(problem, FLOAT16)[0].weights.radius))
    assert np.all(np.isfinite(balls.gradient(problem, FLOAT32)[0].weights.radius))

    stack = problem._replace(sample_weights=np.array([data[2], data[2]]))
    ball = balls.gradient(stack, FLOAT16)[0].weights
    assert np.shape(ball.radius) == ball.value.shape == (2, 1, 2)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("width", [1, 2])
def test_zero_times_infinity_is_unknown_whatever_the_shape(rows: int, width: int) -> None:
    architecture = Architecture((1, width, 1), "identity", "identity", "squared_error")
    layers = [
        Layer(np.full((1, width), 1e200), np.zeros(width)),
        Layer(np.zeros((width, 1)), np.zeros(1)),
    ]
    inputs = np.full((rows, 1), 1e200)  # the hidden units overflow
    problem = Problem(architecture, layers, inputs, np.ones((rows, 1)))

    assert np.all(np.isinf(balls.forward(architecture, layers, inputs).radius))
    assert np.isinf(balls.loss(problem).radius)
    assert all(np.all(np.isinf(part.radius)) for part in balls.gradient(problem)[1])


def test_subnormal_inputs_and_huge_weights_keep_their_ball() -> None:
    rng = np.random.default_rng(0)
    architecture = Architecture((3, 1), "relu", "identity", "squared_error")
    for x_scale, w_scale in ((1e-312, 1e306), (1e306, 1e-312)):
        inputs = x_scale * rng.uniform(0.1, 1, size=(100, 3))
        weights = w_scale * rng.uniform(0.1, 1, size=(3, 1))
        ball = balls.forward(architecture, [Layer(weights, np.zeros(1))], inputs)
        ends = zip(ball.value[:, 0], np.asarray(ball.radius)[:, 0], strict=True)
        for row, (value, radius) in zip(inputs, ends, strict=True):
            pairs = zip(row, weights[:, 0], strict=True)
            truth = sum(Fraction(float(x)) * Fraction(float(w)) for x, w in pairs)
            assert abs(truth - Fraction(float(value))) <= Fraction(float(radius))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_reference_goes_on_in_float64_whatever_it_is_given(dtype: Any) -> None:
    net = nets.draw(0, FLOAT16, "tanh", ("identity", "squared_error"))
    arrays = [Layer(w.astype(dtype), b.astype(dtype)) for w, b in net.problem.parameters]
    given = net.problem._replace(
        parameters=arrays,
        inputs=net.problem.inputs.astype(dtype),
        targets=net.problem.targets.astype(dtype),
    )

    assert balls.forward(*given[:3], FLOAT16).value.dtype == np.float64
    for layer in balls.gradient(given, FLOAT16):
        assert layer.weights.value.dtype == layer.biases.value.dtype == np.float64


def test_the_styles_are_different_computations() -> None:
    net = nets.draw(4, FLOAT32, "tanh", ("identity", "squared_error"), stack=8)
    losses = {
        style.name: lowprecision.evaluate(net.problem, FLOAT32, style, 1).loss
        for style in lowprecision.STYLES
    }
    alike = {name for name, loss in losses.items() if np.array_equal(loss, losses["sequential"])}
    assert alike == {"sequential", "flushed"}  # nothing is small enough to be flushed here


# The witnesses see what they are to see.


def _one_net() -> tuple[Problem, nets.Bounds]:
    net = nets.draw(2, FLOAT64, "tanh", ("sigmoid", "cross_entropy"))
    problem = nets.single(net.problem, 0)
    return problem, nets.bounds(problem, FLOAT64)


def test_an_error_of_three_radii_is_seen_by_the_exact_witness() -> None:
    problem, bounds = _one_net()
    for pairs in bounds.beside(exact.truth(problem)).values():
        for truth, ball in pairs:
            moved = ball._replace(value=ball.value + 3 * np.asarray(ball.radius))
            assert exact.ratio(truth, moved) >= 2


def test_an_error_of_three_radii_is_seen_in_every_entry_of_an_evaluation() -> None:
    net = nets.draw(2, FLOAT32, "tanh", ("sigmoid", "squared_error"))
    answer = lowprecision.evaluate(net.problem, FLOAT32, lowprecision.STYLES[0])
    for pairs in nets.bounds(net.problem, FLOAT32).beside(answer).values():
        for value, ball in pairs:
            assert lowprecision.ratios(value + 3 * np.asarray(ball.radius), ball).min() >= 2


def test_nan_is_a_violation_for_both_witnesses() -> None:
    problem, bounds = _one_net()
    loss = bounds.loss
    assert exact.ratio(exact.truth(problem).loss, loss._replace(value=np.asarray(np.nan))) > 1
    assert exact.ratio(exact.truth(problem).loss, loss._replace(radius=np.nan)) > 1
    assert lowprecision.ratios(np.asarray(np.nan), loss) > 1


# The witnesses are right themselves.


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("head", HEADS, ids="-".join)
def test_the_exact_gradient_is_the_limit_of_difference_quotients(
    activation: str, head: Head
) -> None:
    bits, step = 1024, arb(2) ** -200
    net = nets.draw(3, FLOAT64, activation, head, stack=1)
    problem = next(net.singles())
    differentiable = replace(
        problem.conventions,
        gradient_reduction="as the loss",
        gradient_factor=1.0,
        probability_clip=0.0,
        clip_gradient="ignored",
        loss_includes_penalty=True,
    )
    problem = problem._replace(conventions=differentiable, inputs=problem.inputs / 8)
    with ctx.workprec(bits):
        at, direction = exact.exactly(problem), _direction(problem)
        sides = [exact.truth_at(problem, _moved(at, direction, h), bits) for h in (step, -step)]
        slope = (sides[0].loss[()] - sides[1].loss[()]) / (2 * step)
        products = _products(exact.truth_at(problem, at, bits).gradient, direction)
        size = sum((abs(x) for x in products), arb(0))
        assert abs(slope - sum(products, arb(0))) <= (size + 1) * arb(2) ** -150


def _products(a: list[Layer[exact.Numbers]], b: list[Layer[exact.Numbers]]) -> list[arb]:
    """The terms of the scalar product of two gradients."""
    return [
        x * y
        for one, other in zip(a, b, strict=True)
        for numbers, others in zip(one, other, strict=True)
        for x, y in zip(numbers.flat, others.flat, strict=True)
    ]


def _direction(problem: Problem) -> list[Layer[exact.Numbers]]:
    rng = np.random.default_rng(0)
    shapes = [(w.shape, b.shape) for w, b in problem.parameters]
    drawn = [Layer(rng.normal(size=w), rng.normal(size=b)) for w, b in shapes]
    return exact.exactly(problem._replace(parameters=drawn))


def _moved(
    at: list[Layer[exact.Numbers]], direction: list[Layer[exact.Numbers]], step: arb
) -> list[Layer[exact.Numbers]]:
    return [
        Layer(a.weights + step * d.weights, a.biases + step * d.biases)
        for a, d in zip(at, direction, strict=True)
    ]


def test_the_midpoint_lies_within_its_bound_of_the_exact_number() -> None:
    third = exact.truth(_third()).forward
    value, bound = exact.midpoint(third)
    assert abs(Fraction(float(value[0, 0])) - Fraction(1, 3)) <= Fraction(float(bound[0, 0]))
    assert bound[0, 0] <= 2.0**-54


def _third() -> Problem:
    """A softmax of three equal logits."""
    architecture = nets.draw(0, FLOAT64, "tanh", ("softmax", "cross_entropy")).problem.architecture
    plain = replace(architecture, widths=(1, 3), l2=0.0)
    layer = Layer(np.zeros((1, 3)), np.zeros(3))
    return Problem(plain, [layer], np.ones((1, 1)), np.eye(3)[:1])


def test_rounding_to_bfloat16_is_that_of_ml_dtypes() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=5000) * 10.0 ** rng.uniform(-45, 39, 5000)
    with np.errstate(over="ignore"):
        x = x.astype(np.float32).astype(np.float64)  # ml_dtypes rounds from float32
        expected = x.astype(np.float32).astype(ml_dtypes.bfloat16).astype(np.float64)
    np.testing.assert_array_equal(lowprecision.nearest(x, BFLOAT16), expected)


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32, BFLOAT16], ids=lambda p: p.name)
def test_a_fused_multiply_add_rounds_once(precision: Precision) -> None:
    rng = np.random.default_rng(0)
    a, b = (lowprecision.nearest(rng.normal(size=2000), precision) for _ in range(2))
    near = -a * b * (1 + precision.unit * rng.integers(-2, 3, 2000))  # where rounding twice shows
    c = lowprecision.nearest(
        np.where(rng.random(2000) < 0.5, near, rng.normal(size=2000)), precision
    )
    fused = lowprecision.fused_multiply_add(a, b, c, precision)
    for x, y, z, found in zip(a, b, c, fused, strict=True):
        true = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        assert abs(Fraction(float(found)) - true) <= Fraction(precision.unit) * abs(true)
