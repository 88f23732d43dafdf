"""Training, evaluation in batches, and dropout."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from refnet import (
    STRICT,
    Architecture,
    Conventions,
    Layer,
    Optimizer,
    Problem,
    balls,
    evaluate,
    followed,
    forward,
    forward_training,
    gradient,
    initial_state,
    initialize,
    loss,
    step,
    train,
    trained_balls,
)
from refnet.architecture import Parameters
from refnet.backpropagation import gradient_in
from refnet.balls import rounded_up
from refnet.dropout import evaluation_factors
from refnet.rounding.arithmetic import Ball, within
from refnet.rounding.precision import FLOAT64
from refnet.training.optimizers import resolved
from refnet.training.steps import point_in, step_in

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
LABELS = np.array([[0.0], [1], [1], [0]])
NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy", l2=0.01)
START = initialize(NET, "glorot_normal", 0)
ADAM = Optimizer("adam", 0.05)
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0])


def _problem(c: Conventions = STRICT, weights: np.ndarray | None = None) -> Problem:
    return Problem(NET, START, XOR, LABELS, weights, c)


def test_an_epoch_of_batches_is_the_steps_on_those_batches_in_order() -> None:
    layers, state = START, initial_state(START)
    for _ in range(2):
        for rows in (slice(0, 3), slice(3, 4)):
            slope = gradient(NET, layers, XOR[rows], LABELS[rows])
            layers, state = step(ADAM, state, layers, slope)
    found = train(NET, START, XOR, LABELS, ADAM, epochs=2, batch_size=3)
    for here, there in zip(found, layers, strict=True):
        assert here.weights.tobytes() == there.weights.tobytes()


@pytest.mark.parametrize("weights", [None, WEIGHTS + 0.25])
@pytest.mark.parametrize("counted", ["weights", "rows"])
@pytest.mark.parametrize("per_row", [True, "data set"])
def test_a_penalty_per_row_counts_the_rows_of_the_batch_or_of_the_data_set(
    per_row: Any, counted: Any, weights: np.ndarray | None
) -> None:
    c = Conventions(penalty_per_row=per_row, sample_weight_mean=counted)
    unpenalised, layers, rate = replace(NET, l2=0.0), START, 0.5
    ones = np.ones(4) if weights is None or counted == "rows" else weights
    for rows in (slice(0, 3), slice(3, 4)):
        own = None if weights is None else weights[rows]
        slope = gradient(unpenalised, layers, XOR[rows], LABELS[rows], own, c)
        share = NET.l2 / float(np.sum(ones[rows] if per_row is True else ones))
        layers = [
            Layer(w - rate * (dw + share * w), b - rate * db)
            for (w, b), (dw, db) in zip(layers, slope, strict=True)
        ]
    descent = Optimizer("gradient_descent", rate)
    found = train(NET, START, XOR, LABELS, descent, 1, 3, weights, conventions=c)
    [ball, _] = trained_balls(_problem(c, weights), descent, 1, 3)
    np.testing.assert_allclose(found[0].weights, layers[0].weights, rtol=1e-13)
    assert np.all(np.abs(layers[0].weights - ball.weights.value) <= ball.weights.radius)


def test_a_batch_larger_than_the_data_is_one_full_batch() -> None:
    full, large = (train(NET, START, XOR, LABELS, ADAM, 3, size)[0] for size in (None, 99))

    assert full.weights.tobytes() == large.weights.tobytes()


def test_no_epochs_give_the_parameters_back() -> None:
    assert train(NET, START, XOR, LABELS, ADAM, 0) is START


def test_training_learns_xor() -> None:
    found = train(NET, START, XOR, LABELS, Optimizer("adam", 0.1), 300)

    assert np.all((forward(NET, found, XOR) > 0.5) == (LABELS > 0.5))


def test_the_lookahead_form_takes_the_gradient_at_the_point_ahead() -> None:
    c = Conventions(nesterov="lookahead", momentum_rate="inside")
    optimizer = Optimizer("nesterov", 0.1, momentum=0.8)
    w, v = START[0].weights, np.zeros_like(START[0].weights)
    layers = START
    velocity = [Layer(np.zeros_like(x), np.zeros_like(y)) for x, y in START]
    for _ in range(3):
        ahead = [
            Layer(x + 0.8 * a, y + 0.8 * b) for (x, y), (a, b) in zip(layers, velocity, strict=True)
        ]
        slopes = gradient(NET, ahead, XOR, LABELS)
        velocity = [
            Layer(0.8 * a - 0.1 * g, 0.8 * b - 0.1 * h)
            for (a, b), (g, h) in zip(velocity, slopes, strict=True)
        ]
        layers = [Layer(x + a, y + b) for (x, y), (a, b) in zip(layers, velocity, strict=True)]
    found = train(NET, START, XOR, LABELS, optimizer, 3, conventions=c)
    np.testing.assert_allclose(found[0].weights, layers[0].weights, rtol=1e-13)
    assert w.shape == v.shape


def test_the_rate_inside_or_outside_the_velocity_is_the_same_training() -> None:
    for name in ("momentum", "nesterov"):
        optimizer = Optimizer(name, 0.1, momentum=0.9)
        inside, outside = (
            train(NET, START, XOR, LABELS, optimizer, 5,
                  conventions=Conventions(momentum_rate=rate))[0].weights
            for rate in ("inside", "outside")
        )  # fmt: skip
        np.testing.assert_allclose(inside, outside, rtol=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(
    "conventions",
    [
        STRICT,
        Conventions(reduction="sum", sample_weight_mean="rows"),
        Conventions(reduction="mean over outputs", penalty_per_row=True),
    ],
)
def test_evaluation_in_batches_of_any_size_is_the_loss(
    conventions: Conventions, weights: np.ndarray | None
) -> None:
    problem = _problem(conventions, weights)
    whole, ball = loss(*problem), balls.evaluate(problem)
    for size in (1, 2, 3, 4, 100):
        found = evaluate(NET, START, XOR, LABELS, size, weights, conventions)
        assert found == pytest.approx(whole, rel=1e-14)
        assert abs(found - ball.value) <= ball.radius


def test_a_mean_of_batch_means_by_their_shares_lies_in_the_ball_of_evaluate() -> None:
    parts = [loss(NET, START, XOR[r], LABELS[r]) for r in (slice(0, 3), slice(3, 4))]
    ball = balls.evaluate(_problem())

    assert abs((3 * parts[0] + parts[1]) / 4 - ball.value) <= ball.radius
    assert abs((parts[0] + parts[1]) / 2 - ball.value) > ball.radius


def test_the_ball_of_an_epoch_holds_training_by_reversed_rows() -> None:
    def backwards(layers: Parameters) -> Parameters:
        return [Layer(w[::-1, ::-1].copy(), b[::-1].copy()) for w, b in layers]

    for optimizer in (ADAM, Optimizer("momentum", 0.3, momentum=0.9), Optimizer("rmsprop", 0.01)):
        found = backwards(
            train(NET, backwards(START), XOR[::-1, ::-1], LABELS[::-1, ::-1], optimizer, 3)
        )
        for here, ball in zip(found, trained_balls(_problem(), optimizer, 3), strict=True):
            for part, allowed in zip(here, ball, strict=True):
                assert np.all(np.abs(part - allowed.value) <= allowed.radius)
                assert np.all(allowed.radius < 1e-9)


def test_a_followed_trajectory_judges_each_epoch_by_itself() -> None:
    trajectory = [train(NET, START, XOR, LABELS, ADAM, t, 3) for t in range(9)]
    for now, ball in zip(
        trajectory[1:], followed(_problem(), trajectory[:-1], ADAM, 3), strict=True
    ):
        allowed = np.asarray(ball[0].weights.radius)
        assert np.all(np.abs(now[0].weights - ball[0].weights.value) <= allowed)
        assert np.all(allowed < 1e-11)


RECALLING = [Optimizer("momentum", 0.1, 0.9), Optimizer("nesterov", 0.1, 0.9), ADAM]
DESCENTS = [Optimizer("gradient_descent", 0.1), *RECALLING]


def same(found: list[Layer[Ball]], expected: list[Layer[Ball]]) -> bool:
    return all(
        np.allclose(here, there, rtol=1e-12, atol=0.0)
        for layers in zip(found, expected, strict=True)
        for balls in zip(*layers, strict=True)
        for here, there in zip(*balls, strict=True)
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("form", ["sutskever", "lookahead"])
@pytest.mark.parametrize("optimizer", DESCENTS, ids=lambda optimizer: optimizer.name)
def test_epochs_that_are_followed_together_are_those_followed_one_by_one(
    optimizer: Optimizer, form: Any, weights: np.ndarray | None
) -> None:
    problem, apply = _problem(Conventions(nesterov=form), weights), within(FLOAT64)
    c = resolved(optimizer, problem.conventions)
    trajectory = [train(NET, START, XOR, LABELS, optimizer, t) for t in range(4)]
    state = initial_state(START)
    for known, found in zip(trajectory, followed(problem, trajectory, optimizer), strict=True):
        here = point_in(apply, optimizer, state, known, c)
        slope = gradient_in(apply, problem._replace(parameters=here))
        layers, state = step_in(apply, optimizer, state, known, slope, c, len(XOR))
        assert same(found, rounded_up(layers))


def test_epochs_in_batches_that_are_followed_together_are_those_followed_one_by_one() -> None:
    descent = DESCENTS[0]
    trajectory = [train(NET, START, XOR, LABELS, descent, t, 3) for t in range(4)]
    for known, found in zip(trajectory, followed(_problem(), trajectory, descent, 3), strict=True):
        assert same(found, trained_balls(_problem()._replace(parameters=known), descent, 1, 3))


def test_a_followed_trajectory_rejects_another_optimizer() -> None:
    for wrong in (replace(ADAM, beta2=0.99), Optimizer("adam", 0.05, weight_decay=1e-4)):
        trajectory = [train(NET, START, XOR, LABELS, wrong, t) for t in range(4)]
        outside = [
            np.any(np.abs(now[0].weights - ball[0].weights.value) > ball[0].weights.radius)
            for now, ball in zip(
                trajectory[1:], followed(_problem(), trajectory[:-1], ADAM), strict=True
            )
        ]
        assert any(outside)


def test_dropout_is_foreseen_by_nobody() -> None:
    problem = _problem()._replace(architecture=replace(NET, dropout=0.5))
    with pytest.raises(ValueError, match=r"dropout=0.5: which units are dropped cannot be"):
        trained_balls(problem, ADAM, 1)
    for optimizer in DESCENTS:
        with pytest.raises(ValueError, match=r"dropout=0.5: which units are dropped cannot be"):
            list(followed(problem, [START, START], optimizer))


def test_weights_that_vanish_on_a_batch_are_refused_where_a_mean_divides_by_them() -> None:
    with pytest.raises(ValueError, match=r"sample_weights of batch 3 are all 0"):
        train(NET, START, XOR, LABELS, ADAM, 1, 1, WEIGHTS)
    rows = Conventions(sample_weight_mean="rows")
    train(NET, START, XOR, LABELS, ADAM, 1, 1, WEIGHTS, conventions=rows)


LINEAR = Architecture((3, 400, 1), "identity", "identity", "squared_error", dropout=0.25)
LINES = initialize(LINEAR, "glorot_normal", 1)


@pytest.mark.parametrize("kind", ["inverted", "at evaluation"])
def test_dropout_drops_its_share_and_keeps_the_mean(kind: str) -> None:
    c, x = Conventions(dropout=kind), np.ones((1, 3))  # type: ignore[arg-type]
    expected = forward(LINEAR, LINES, x, c)
    drawn = [forward_training(LINEAR, LINES, x, seed, c)[0, 0] for seed in range(2000)]
    error = np.std(drawn) / np.sqrt(len(drawn))

    assert abs(np.mean(drawn) - expected[0, 0]) <= 6 * error
    assert len(set(drawn)) == len(drawn)


def test_inverted_dropout_leaves_evaluation_alone_and_the_other_scales_it() -> None:
    x, bare = np.ones((2, 3)), replace(LINEAR, dropout=0.0)
    plain = forward(bare, LINES, x)

    np.testing.assert_array_equal(forward(LINEAR, LINES, x), plain)
    scaled = forward(LINEAR, LINES, x, Conventions(dropout="at evaluation"))
    np.testing.assert_allclose(scaled, 0.75 * plain, rtol=1e-13)
    assert evaluation_factors(LINEAR, STRICT) == ()


def test_no_dropout_is_the_ordinary_forward_pass() -> None:
    found = forward_training(NET, START, XOR, 0)

    assert found.tobytes() == forward(NET, START, XOR).tobytes()


def test_a_seed_and_its_generator_drop_the_same_units() -> None:
    x = np.ones((4, 3))
    first = forward_training(LINEAR, LINES, x, 7)

    assert first.tobytes() == forward_training(LINEAR, LINES, x, 7).tobytes()
    generator = np.random.default_rng(7)
    assert first.tobytes() == forward_training(LINEAR, LINES, x, generator).tobytes()
    assert first.tobytes() != forward_training(LINEAR, LINES, x, generator).tobytes()


def test_dropout_in_training_follows_the_seed_and_separates_equal_units() -> None:
    net = replace(NET, dropout=0.5)
    equal = [Layer(np.full_like(w, 0.5), np.full_like(b, 0.5)) for w, b in START]
    runs = [train(net, equal, XOR, LABELS, ADAM, 2, seed=s)[0].weights for s in (1, 1, 2)]

    assert runs[0].tobytes() == runs[1].tobytes() != runs[2].tobytes()
    assert np.ptp(runs[0], axis=1).max() > 1e-3


def test_the_gradient_with_dropout_at_evaluation_is_the_slope_of_its_loss() -> None:
    net, c = replace(NET, dropout=0.25), Conventions(dropout="at evaluation")
    found = gradient(net, START, XOR, LABELS, None, c)[0].weights[1, 2]
    h = 1e-5
    moved = []
    for sign in (1, -1):
        layers = [Layer(w.copy(), b) for w, b in START]
        layers[0].weights[1, 2] += sign * h
        moved.append(loss(net, layers, XOR, LABELS, None, c))

    assert found == pytest.approx((moved[0] - moved[1]) / (2 * h), rel=1e-7)
