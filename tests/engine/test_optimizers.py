"""The optimizers against the published recurrences, written out longhand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from refnet import (
    STRICT,
    Conventions,
    Layer,
    Optimizer,
    initial_state,
    step,
    variants,
)
from refnet.architecture import Parameters
from refnet.training.optimizers import OPTIMIZERS
from refnet.training.recurrences import adam_cap
from tests.engine.recurrences_longhand import Longhand

Array = NDArray[np.float64]

EVERY = [
    Optimizer("gradient_descent", 0.1),
    Optimizer("momentum", 0.1, momentum=0.9),
    Optimizer("nesterov", 0.1, momentum=0.9),
    Optimizer("rmsprop", 0.01),
    Optimizer("adam", 0.01),
]


def _layers(seed: int) -> Parameters:
    rng = np.random.default_rng(seed)
    return [Layer(rng.normal(size=(2, 3)), rng.normal(size=3))]


def _forms(optimizer: Optimizer) -> list[Conventions]:
    forms = variants(optimizer, STRICT)
    if optimizer.name == "adam":
        forms.append(Conventions(adam_epsilon="inside"))
    return forms


@pytest.mark.parametrize(
    "decay", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled": True}]
)
@pytest.mark.parametrize("optimizer", EVERY, ids=lambda o: o.name)
def test_ten_steps_of_every_form_follow_the_recurrence(
    optimizer: Optimizer, decay: dict[str, Any]
) -> None:
    optimizer = replace(optimizer, **decay)
    for form in _forms(optimizer):
        layers, state = _layers(0), initial_state(_layers(0))
        weights, biases = (Longhand(optimizer, form, part) for part in layers[0])
        for number in range(10):
            [(g, h)] = gradient = _layers(number + 1)
            layers, state = step(optimizer, state, layers, gradient, form)
            np.testing.assert_allclose(layers[0].weights, weights.step(g), rtol=1e-12)
            np.testing.assert_allclose(layers[0].biases, biases.step(h), rtol=1e-12)
        assert state.steps == 10


@pytest.mark.parametrize("momentum_rate", ["outside", "inside"])
@pytest.mark.parametrize("name", ["momentum", "nesterov"])
@pytest.mark.parametrize("dampening", [0.3, "as momentum"])
def test_ten_dampened_steps_follow_the_recurrence(
    dampening: Any, name: str, momentum_rate: Any
) -> None:
    form = Conventions(dampening=dampening, momentum_rate=momentum_rate, nesterov="sutskever")
    optimizer, layers = Optimizer(name, 0.1, momentum=0.9), _layers(0)
    longhand, state = Longhand(optimizer, form, layers[0].weights), initial_state(layers)
    for number in range(10):
        gradient = _layers(number + 1)
        layers, state = step(optimizer, state, layers, gradient, form)
        moved = longhand.step(gradient[0].weights)
        np.testing.assert_allclose(layers[0].weights, moved, rtol=1e-12)


@pytest.mark.parametrize(("dampening", "share"), [(0.3, 0.7), ("as momentum", 0.1)])
def test_dampening_takes_a_share_from_the_new_gradient(dampening: Any, share: float) -> None:
    form, optimizer = Conventions(dampening=dampening), Optimizer("momentum", 0.5, momentum=0.9)
    [(w, b)], [(g, h)] = _layers(0), _layers(1)
    [moved], _ = step(optimizer, initial_state([Layer(w, b)]), [Layer(w, b)], [Layer(g, h)], form)

    np.testing.assert_allclose(moved.weights, w - 0.5 * share * g, rtol=1e-15)


@pytest.mark.parametrize("decoupled", [False, True])
def test_biases_do_not_decay_where_that_is_declared(decoupled: bool) -> None:
    optimizer = Optimizer("gradient_descent", 0.5, weight_decay=0.1, decoupled=decoupled)
    layers, zero = _layers(0), [Layer(np.zeros((2, 3)), np.zeros(3))]
    form = Conventions(decay_on_biases=False)
    [moved], _ = step(optimizer, initial_state(layers), layers, zero, form)

    np.testing.assert_array_equal(moved.biases, layers[0].biases)
    np.testing.assert_allclose(moved.weights, layers[0].weights * 0.95, rtol=1e-15)


def test_decoupled_decay_without_the_rate_shrinks_by_the_decay_alone() -> None:
    optimizer = Optimizer("adam", 0.5, weight_decay=0.1, decoupled=True)
    layers, zero = _layers(0), [Layer(np.zeros((2, 3)), np.zeros(3))]
    form = Conventions(decay_times_rate=False)
    [moved], _ = step(optimizer, initial_state(layers), layers, zero, form)

    np.testing.assert_allclose(moved.weights, layers[0].weights * 0.9, rtol=1e-15)


@pytest.mark.parametrize("optimizer", EVERY, ids=lambda o: o.name)
def test_a_zero_gradient_or_a_zero_rate_leaves_the_parameters_bitwise(
    optimizer: Optimizer,
) -> None:
    layers, zero = _layers(0), [Layer(np.zeros((2, 3)), np.zeros(3))]
    for rule, gradient in ((optimizer, zero), (replace(optimizer, learning_rate=0.0), _layers(1))):
        for form in variants(optimizer, STRICT):
            [moved], _ = step(rule, initial_state(layers), layers, gradient, form)
            assert moved.weights.tobytes() == layers[0].weights.tobytes()


def test_the_first_step_of_adam_is_the_sign_of_the_gradient() -> None:
    layers, gradient = _layers(0), _layers(1)
    optimizer = Optimizer("adam", 0.01, epsilon=0.0)
    [moved], _ = step(optimizer, initial_state(layers), layers, gradient)
    signs = layers[0].weights - 0.01 * np.sign(gradient[0].weights)

    np.testing.assert_allclose(moved.weights, signs, rtol=1e-13)


@pytest.mark.parametrize(
    ("count", "cap"), [(1, 1.0), (10, 1.043), (50, 1.614), (200, 3.096), (1000, 5.781)]
)
def test_adams_cap_is_reached_by_growing_gradients(count: int, cap: float) -> None:
    ago = np.arange(count)
    a = 0.9**ago * 0.1 / (1 - 0.9**count)
    b = 0.999**ago * 0.001 / (1 - 0.999**count)
    worst = a / b  # by Cauchy and Schwarz
    reached = np.sum(a * worst) / np.sqrt(np.sum(b * worst**2))

    assert adam_cap(0.9, 0.999, count) == pytest.approx(cap, abs=1e-3)
    assert adam_cap(0.9, 0.999, count) == pytest.approx(reached, rel=1e-12)


def test_adams_cap_is_infinite_where_the_squares_forget_and_the_mean_does_not() -> None:
    assert adam_cap(0.9, 0.0, 2) == np.inf
    assert adam_cap(0.0, 0.0, 2) == 1.0


def test_either_stands_for_every_published_form_and_a_declared_one_for_itself() -> None:
    assert len(variants(EVERY[0], STRICT)) == 1
    assert len(variants(EVERY[2], STRICT)) == 4
    assert [v.adam_epsilon for v in variants(EVERY[4], STRICT)] == ["outside", "uncorrected"]
    declared = Conventions(adam_epsilon="inside")
    assert variants(EVERY[4], declared) == [declared]


def test_a_step_changes_none_of_its_arguments() -> None:
    for optimizer in EVERY:
        layers, gradient = _layers(0), _layers(1)
        state = initial_state(layers)
        step(optimizer, state, layers, gradient)
        np.testing.assert_array_equal(layers[0].weights, _layers(0)[0].weights)
        np.testing.assert_array_equal(gradient[0].weights, _layers(1)[0].weights)
        assert not state.velocity[0].weights.any()


def test_every_optimizer_has_a_recurrence() -> None:
    assert tuple(optimizer.name for optimizer in EVERY) == OPTIMIZERS
