"""Networks and optimizers in float64, float32, float16 and bfloat16 lie within their balls.

Run with -s to see the largest and the median ratio of each precision.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from refnet import (
    FLOAT16,
    FLOAT32,
    STRICT,
    Architecture,
    Ball,
    Conventions,
    Layer,
    Optimizer,
    Precision,
    Problem,
    balls,
    initial_state,
    initialize,
    variants,
)
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.rounding.arithmetic import within
from refnet.training.optimizers import OPTIMIZERS
from refnet.training.steps import step_in
from tests.engine.native import DTYPES, answers
from tests.engine.recurrences_longhand import Longhand

Array = NDArray[np.float64]
NETS = 3  # of each activation with each head, in each precision


def ratio(found: Any, ball: Ball) -> float:
    """The largest |found - value| / radius, where the radius is finite."""
    radius = np.broadcast_to(ball.radius, np.shape(ball.value))
    judged = np.isfinite(radius)
    with np.errstate(invalid="ignore"):
        error = np.abs(np.asarray(found, dtype=np.float64) - ball.value)[judged]
    error = np.where(np.isnan(error), np.inf, error)
    return float(np.max(np.where(error == 0, 0.0, error / radius[judged]), initial=0.0))


def problem_of(seed: int, activation: str, head: tuple[str, str], precision: Precision) -> Problem:
    """A small random network, every number of which the precision holds."""
    rng = np.random.default_rng([seed, *map(ord, activation + "".join(head))])
    widths = [int(w) for w in rng.integers(1, 9, rng.integers(2, 5))]
    widths[-1] = int(rng.integers(2, 4))
    smoothing = float(rng.choice([0.0, 0.1, 0.9])) if head[1] == "cross_entropy" else 0.0
    architecture = Architecture(
        tuple(widths), activation, *head, l2=float(rng.choice([0.0, 0.1])), delta=0.7,
        label_smoothing=smoothing,
    )  # fmt: skip
    scale, rows = 10 ** rng.uniform(-1, 0.7), int(rng.integers(1, 9))
    layers = [
        Layer(precision.round(scale * w), precision.round(scale * rng.normal(size=b.shape)))
        for w, b in initialize(architecture, "lecun_normal", rng)
    ]
    targets = {
        "cross_entropy": np.eye(widths[-1])[rng.integers(widths[-1], size=rows)],
        "poisson": rng.poisson(2.0, (rows, widths[-1])).astype(float),
    }.get(head[1], precision.round(rng.normal(size=(rows, widths[-1]))))
    return Problem(
        architecture, layers, precision.round(rng.normal(size=(rows, widths[0]))), targets
    )


def reversed_problem(problem: Problem) -> Problem:
    """The same network with rows, features, units and outputs in reversed order."""
    return problem._replace(
        parameters=[Layer(w[::-1, ::-1], b[::-1]) for w, b in problem.parameters],
        inputs=problem.inputs[::-1, ::-1],
        targets=problem.targets[::-1, ::-1],
    )


def ratios(problem: Problem, precision: Precision) -> Iterator[tuple[str, float]]:
    """The ratios of everything that a network answers, in the order of the engine and reversed."""
    forward = balls.forward(*problem[:3], precision)
    gradient, value = balls.gradient(problem, precision), balls.loss(problem, precision)
    for turn in (1, -1):
        asked = problem if turn == 1 else reversed_problem(problem)
        outputs, loss, slopes = answers(asked, DTYPES[precision])
        yield "forward", ratio(outputs[::turn, ::turn], forward)
        yield "loss", ratio(loss, value)
        for found, ball in zip(slopes, gradient, strict=True):
            yield "gradient", ratio(found.weights[::turn, ::turn], ball.weights)
            yield "gradient", ratio(found.biases[::turn], ball.biases)


@pytest.mark.parametrize("precision", DTYPES, ids=lambda p: p.name)
def test_a_network_in_native_arithmetic_lies_within_its_balls(precision: Precision) -> None:
    worst: dict[str, list[float]] = {"forward": [], "loss": [], "gradient": []}
    for activation in ACTIVATIONS:
        for head in HEADS:
            for seed in range(NETS):
                problem = problem_of(seed, activation, head, precision)
                for what, found in ratios(problem, precision):
                    assert found <= 1, (what, problem)
                    worst[what].append(found)
    for what, all_of_them in worst.items():
        largest, median = max(all_of_them), float(np.median(all_of_them))
        print(f"{precision.name:9} {what:9} max {largest:.3f} median {median:.4f}")


EVERY = [
    Optimizer("gradient_descent", 0.1, weight_decay=0.01),
    Optimizer("gradient_descent", 0.1, weight_decay=0.01, decoupled=True),
    Optimizer("momentum", 0.1, momentum=0.9),
    Optimizer("nesterov", 0.1, momentum=0.9, weight_decay=0.01),
    Optimizer("rmsprop", 0.01),
    Optimizer("adam", 0.01),
    Optimizer("adam", 0.1, epsilon=1e-3, weight_decay=0.01, decoupled=True),
]


def _dampened(optimizer: Optimizer) -> Iterator[Conventions]:
    if optimizer.momentum:
        for rate, number in product(("outside", "inside"), ("as momentum", 0.3, 0.99)):
            yield Conventions(momentum_rate=rate, dampening=number)  # type: ignore[arg-type]


# NumPy casts Python's numbers itself, except beside bfloat16, which it takes to float64
KEPT = [(precision, False) for precision in DTYPES if precision.name != "bfloat16"]


@pytest.mark.parametrize(("precision", "cast"), [*((p, True) for p in DTYPES), *KEPT])
def test_an_optimizer_in_native_arithmetic_stays_within_its_balls(
    precision: Precision, cast: bool
) -> None:
    """Whether hyper-parameters are cast to the precision or stay Python's own numbers."""
    dtype, apply, found = DTYPES[precision], within(precision), []
    for number, optimizer in enumerate(EVERY):
        for form in (*variants(optimizer, STRICT), *_dampened(optimizer)):
            rng = np.random.default_rng(number)
            size = 10.0 ** rng.uniform(-4, 1, 40)
            layers = [Layer(precision.round(rng.normal(size=(1, 40))), np.zeros(1))]
            there = Longhand(optimizer, form, layers[0].weights.astype(dtype), cast)
            state = initial_state(layers)
            for _ in range(12):
                g = precision.round(rng.normal(size=(1, 40)) * size)
                # the parameters are taken as known, the velocity and the squares as balls
                known = [Layer(there.w.astype(np.float64), np.zeros(1))]
                gradient = [Layer(g, np.zeros(1))]
                moved, state = step_in(apply, optimizer, state, known, gradient, form)
                with np.errstate(all="ignore"):
                    now = there.step(g.astype(dtype))
                found.append(ratio(now, moved[0].weights.rounded_up()))
                assert found[-1] <= 1, (optimizer, form)
    print(f"{precision.name:9} optimizers max {max(found):.3f} median {np.median(found):.4f}")


def test_the_balls_of_a_step_are_narrow_enough_to_tell_the_forms_apart() -> None:
    for optimizer in (EVERY[3], EVERY[5], EVERY[6]):
        layers = [Layer(np.array([[1.0]]), np.zeros(1))]
        gradient = [Layer(np.array([[1e-4]]), np.zeros(1))]
        state = initial_state(layers)
        forms = [
            step_in(within(FLOAT32), optimizer, state, layers, gradient, form)[0][0].weights
            for form in variants(optimizer, STRICT)
        ]
        assert any(np.all(np.abs(f.value - forms[0].value) > f.radius) for f in forms[1:])


def test_a_gradient_that_is_all_noise_moves_adam_at_most_by_its_cap() -> None:
    layers = [Layer(np.array([[1.0]]), np.zeros(1))]
    noise = [Layer(Ball(np.zeros((1, 1)), np.full((1, 1), 1e-3)), np.zeros(1))]
    for name in OPTIMIZERS[-2:]:
        optimizer = Optimizer(name, 0.01)
        apply = within(FLOAT32)
        [moved], _ = step_in(apply, optimizer, initial_state(layers), layers, noise, STRICT)
        cap = 2 * (1 if name == "adam" else np.sqrt(10))
        assert 0.9 * cap * 0.01 <= moved.weights.radius[0, 0] <= 1.01 * cap * 0.01


def test_squares_that_underflow_leave_epsilon_to_divide_and_are_not_judged_by_the_cap() -> None:
    layers = [Layer(np.array([[1.0]]), np.zeros(1))]
    gradient = [Layer(np.array([[1e-4]]), np.zeros(1))]
    optimizer = Optimizer("adam", 0.01)
    [moved], _ = step_in(
        within(FLOAT16), optimizer, initial_state(layers), layers, gradient, STRICT
    )

    assert moved.weights.radius[0, 0] == np.inf
