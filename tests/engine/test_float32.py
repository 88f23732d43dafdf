"""Arrays of float32 are computed with in float32 throughout: no float64 slips in on the way."""

from typing import Any

import numpy as np
import pytest

from refnet import (
    Architecture,
    Layer,
    Optimizer,
    Problem,
    balls,
    evaluate,
    forward,
    forward_training,
    hidden,
    loss,
    loss_and_gradient,
    train,
)
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.training.optimizers import OPTIMIZERS
from tests.engine.nets import FORMS


def architecture_of(activation: str, head: tuple[str, str]) -> Architecture:
    smoothing = 0.1 if head[1] == "cross_entropy" else 0.0
    return Architecture(
        (2, 3, 2), activation, *head, l2=0.1, dropout=0.2, label_smoothing=smoothing, delta=0.7
    )


def data(architecture: Architecture, stack: tuple[int, ...]) -> tuple[Any, Any, Any, Any]:
    """Parameters, inputs, targets and row weights in float32."""
    rng = np.random.default_rng(0)
    layers = [
        Layer(
            _single(0.3 * rng.normal(size=(*stack, *s))), _single(rng.normal(size=(*stack, s[1])))
        )
        for s in architecture.shapes
    ]
    targets = np.eye(2)[rng.integers(2, size=(*stack, 5))]
    inputs, weights = rng.normal(size=(*stack, 5, 2)), rng.random((*stack, 5))
    return layers, _single(inputs), _single(targets), _single(weights)


def _single(array: Any) -> Any:
    return array.astype(np.float32)


def types(*arrays: Any) -> set[Any]:
    return {array.dtype for array in arrays}


SINGLE = {np.dtype(np.float32)}


@pytest.mark.parametrize("stack", [(), (3,)])
@pytest.mark.parametrize("form", range(len(FORMS)))
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_of_float32_answers_in_float32(
    activation: str, head: tuple[str, str], form: int, stack: tuple[int, ...]
) -> None:
    conventions, architecture = FORMS[form], architecture_of(activation, head)
    layers, inputs, targets, weights = data(architecture, stack)

    assert types(forward(architecture, layers, inputs, conventions)) == SINGLE
    assert types(forward_training(architecture, layers, inputs, 0, conventions)) == SINGLE
    assert types(*hidden(architecture, layers, inputs, conventions)) == SINGLE
    for rows in (None, weights):
        given = targets, rows, conventions
        value, gradient = loss_and_gradient(architecture, layers, inputs, *given)
        batches = evaluate(architecture, layers, inputs, targets, 2, rows, conventions)
        assert value.shape == batches.shape == stack
        assert types(value, batches, *(part for layer in gradient for part in layer)) == SINGLE


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("form", range(len(FORMS)))
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_from_float32_ends_in_float32(name: str, form: int, decoupled: bool) -> None:
    momentum = 0.9 if name in ("momentum", "nesterov") else 0.0
    optimizer = Optimizer(name, 0.1, momentum, weight_decay=0.01, decoupled=decoupled)
    architecture = architecture_of("tanh", ("softmax", "cross_entropy"))
    layers, inputs, targets, weights = data(architecture, ())
    how = optimizer, 2, 3, weights, 0, FORMS[form]
    trained = train(architecture, layers, inputs, targets, *how)

    assert types(*(part for layer in trained for part in layer)) == SINGLE


def test_a_ball_of_float32_arrays_is_that_of_the_same_numbers_in_float64() -> None:
    architecture = Architecture((2, 3, 2), "tanh", "softmax", "cross_entropy")
    parameters, inputs, targets, _ = data(architecture, ())
    double = [Layer(w.astype("f8"), b.astype("f8")) for w, b in parameters]
    single = Problem(architecture, parameters, inputs, targets)
    known = Problem(architecture, double, inputs.astype("f8"), targets.astype("f8"))
    for ball, other in zip(balls.gradient(single), balls.gradient(known), strict=True):
        np.testing.assert_array_equal(ball.weights.value, other.weights.value)
        np.testing.assert_array_equal(ball.weights.radius, other.weights.radius)


def test_a_mean_of_large_losses_does_not_overflow_on_the_way() -> None:
    architecture = Architecture((1, 1), "identity", "identity", "squared_error")
    layers = [Layer(np.zeros((1, 1)), np.zeros(1))]
    targets = np.full((4, 1), 1.2e154)
    value = loss(architecture, layers, np.zeros((4, 1)), targets)
    np.testing.assert_allclose(value, 1.2e154**2 / 2)
