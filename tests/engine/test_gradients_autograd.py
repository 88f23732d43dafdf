"""Gradients against HIPS autograd, which shares neither code nor authors with the engine."""

from typing import Any

import autograd
import autograd.numpy as anp
import autograd.scipy.special as asp
import numpy as np
import pytest

from refnet import Architecture, Conventions, Layer, Problem, gradient, initialize, loss
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.functions.kinked import SELU_ALPHA, SELU_SCALE

LEAKY, ALPHA = 0.2, 1.7
CONVENTIONS = [
    Conventions(leaky_slope=LEAKY, elu_alpha=ALPHA),
    Conventions(
        leaky_slope=LEAKY,
        elu_alpha=ALPHA,
        gelu="tanh",
        huber="smooth_l1",
        squared_error=1.0,
        reduction="sum",
        penalty_on_biases=True,
        penalty_factor=1.0,
    ),
]


def _elu(z: Any, right: float, left: float) -> Any:
    return anp.where(z > 0, right * z, left * (anp.exp(anp.minimum(z, 0.0)) - 1))


def _softmax(z: Any) -> Any:
    return anp.exp(z - asp.logsumexp(z, axis=-1, keepdims=True))


def _gelu(z: Any, form: str) -> Any:
    if form == "tanh":
        return 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3)))
    return 0.5 * z * (1 + asp.erf(z / anp.sqrt(2)))


def _activated(name: str, z: Any, c: Conventions) -> Any:
    table = {
        "identity": lambda: z,
        "sigmoid": lambda: 1 / (1 + anp.exp(-z)),
        "tanh": lambda: anp.tanh(z),
        "relu": lambda: anp.maximum(z, 0.0),
        "leaky_relu": lambda: anp.where(z > 0, z, LEAKY * z),
        "elu": lambda: _elu(z, 1.0, ALPHA),
        "selu": lambda: _elu(z, SELU_SCALE, SELU_SCALE * SELU_ALPHA),
        "softplus": lambda: anp.logaddexp(0.0, z),
        "exp": lambda: anp.exp(z),
        "softmax": lambda: _softmax(z),
        "gelu": lambda: _gelu(z, c.gelu),
        "silu": lambda: z / (1 + anp.exp(-z)),
    }
    return table[name]()


def _row_losses(problem: Problem, z: Any, o: Any, y: Any) -> Any:
    architecture, c = problem.architecture, problem.conventions
    r = o - y
    inside, delta = anp.abs(r) <= architecture.delta, architecture.delta
    huber = anp.where(inside, r**2 / 2, delta * anp.abs(r) - delta**2 / 2)
    table = {
        "squared_error": lambda: c.squared_error * r**2,
        "poisson": lambda: o - y * z,
        "huber": lambda: huber / (delta if c.huber == "smooth_l1" else 1.0),
        "cross_entropy": lambda: (
            -y * anp.log(o) if architecture.output == "softmax" else anp.logaddexp(0.0, z) - y * z
        ),
    }
    return anp.sum(table[architecture.loss](), axis=-1)


def _witness(layers: Any, problem: Problem) -> Any:
    """The loss, as autograd understands it."""
    architecture, c, a = problem.architecture, problem.conventions, problem.inputs
    z = a
    for (w, b), name in zip(layers, (*architecture.activations, architecture.output), strict=True):
        z = anp.dot(a, w) + b
        a = _activated(name, z, c)
    share = architecture.label_smoothing
    classes = architecture.widths[-1] if architecture.output == "softmax" else 2
    y = problem.targets * (1 - share) + share / classes
    weights = problem.sample_weights
    assert weights is not None
    divisor = 1.0 if c.reduction == "sum" else np.sum(weights)
    value = anp.sum(weights * _row_losses(problem, z, a, y)) / divisor
    for w, b in layers:
        penalty = anp.sum(w**2) + (anp.sum(b**2) if c.penalty_on_biases else 0.0)
        value = value + c.penalty_factor * architecture.l2 * penalty
    return value


def _problem(activation: str, head: tuple[str, str], c: Conventions, seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    smoothed = 0.1 if head[1] == "cross_entropy" else 0.0
    architecture = Architecture(
        (3, 4, 5, 3), activation, *head, l2=0.01, label_smoothing=smoothed, delta=0.7
    )
    layers = [
        Layer(w, 0.3 * rng.normal(size=b.shape))
        for w, b in initialize(architecture, "lecun_normal", rng)
    ]
    targets = {
        "cross_entropy": np.eye(3)[rng.integers(3, size=6)],
        "poisson": rng.poisson(2.0, (6, 3)).astype(float),
    }.get(head[1], rng.normal(size=(6, 3)))
    weights = rng.random(6) + 0.1
    return Problem(architecture, layers, rng.normal(size=(6, 3)), targets, weights, c)


@pytest.mark.parametrize("conventions", CONVENTIONS, ids=["strict", "others"])
@pytest.mark.parametrize("head", HEADS, ids=" ".join)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_is_what_automatic_differentiation_gives(
    activation: str, head: tuple[str, str], conventions: Conventions
) -> None:
    problem = _problem(activation, head, conventions, seed=len(activation) + len(head[0]))
    plain = [tuple(layer) for layer in problem.parameters]
    assert loss(*problem) == pytest.approx(_witness(plain, problem), rel=1e-12)

    expected = autograd.grad(_witness)(plain, problem)
    for found, (weights, biases) in zip(gradient(*problem), expected, strict=True):
        scale = max(1.0, float(np.max(np.abs(weights))))
        np.testing.assert_allclose(found.weights, weights, rtol=1e-11, atol=1e-13 * scale)
        np.testing.assert_allclose(found.biases, biases, rtol=1e-11, atol=1e-13 * scale)
