"""HIPS autograd: NumPy code, differentiated, and the optimizers of `autograd.misc`.

A network is what everybody writes in `autograd.numpy`, and what is judged is each of its primitives
with its derivative: dot, tanh, maximum, logaddexp, `expit`, `logsumexp`, `poisson.logpmf`. What is
a formula of several of them is offered where the library's own examples write it, a softmax as
exp(z - logsumexp(z)); elu, gelu, Huber's loss and the like would be ours.

Its optimizers take grad(x, i), so that the batch i is the caller's choice. Of these rmsprop is not
offered: its mean squares begin at 1, where the published recurrence has 0. Starts, dropout, weights
of rows and penalties are not the library's. In float32 its optimizers are not offered either: their
velocities and means are float64, which makes float64 of the parameters (`sgd` of float32 returns
float64). Half precision is none of SciPy's, whose `expit` answers float16 in float64.

What is declared was read in version 1.9.1: sgd's velocity takes 1 - mass of the gradient, Adam's
epsilon stands outside the root, and the derivative of a Poisson log-probability is k / mu - 1 of
the rounded mean.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import autograd.numpy as np
import numpy
from autograd import grad
from autograd.misc.optimizers import adam, sgd
from autograd.scipy.special import expit, logsumexp
from autograd.scipy.stats import poisson

from backproof.contract import Implementation, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.arithmetic import quiet
from refnet.rounding.precision import PRESETS
from refnet.training.optimizers import Optimizer

PRECISIONS = ("float64", "float32")


def softmax(z: Any) -> Any:
    """exp(z - logsumexp(z)), as examples/neural_net.py of the library has it"""
    return np.exp(z - logsumexp(z, axis=1, keepdims=True))


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "sigmoid": expit,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softplus": lambda z: np.logaddexp(z, 0),
    "exp": np.exp,
    "softmax": softmax,
}


def squared(output: str) -> Callable[[Any, Any], Any]:
    """|output(z) - y|^2 of each row."""
    return lambda z, y: np.sum((ACTIVATIONS[output](z) - y) ** 2, axis=1)


LOSSES: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("sigmoid", "cross_entropy"): lambda z, y: np.sum(np.logaddexp(z, 0) - y * z, axis=1),
    ("softmax", "cross_entropy"): lambda z, y: (
        -np.sum(y * (z - logsumexp(z, axis=1, keepdims=True)), axis=1)
    ),
    ("identity", "squared_error"): squared("identity"),
    ("sigmoid", "squared_error"): squared("sigmoid"),
    ("softmax", "squared_error"): squared("softmax"),
    ("exp", "poisson"): lambda z, y: -np.sum(poisson.logpmf(y, np.exp(z)), axis=1),
}
"""The losses of the rows, by the head; they take logits and targets."""

MEANS = Conventions(
    squared_error=1.0, dampening="as momentum", momentum_rate="outside", adam_epsilon="outside"
)
POISSON = replace(
    MEANS, poisson_constant="log y!", loss_from="probabilities", gradient_from="probabilities"
)

CONVENTIONS = {head: POISSON if head[0] == "exp" else MEANS for head in LOSSES}


class Autograd(Implementation):
    """Networks of NumPy code, and their derivatives."""

    name = "autograd"
    version = version("autograd")
    conventions = CONVENTIONS
    scope = Scope(
        activations=tuple(ACTIVATIONS),
        heads=tuple(LOSSES),
        optimizers=("gradient_descent", "momentum", "adam"),
        soft_targets=True,
        batches=True,
        mixed_activations=True,
    )

    def __init__(self, precision: str = "float64") -> None:
        if precision not in PRECISIONS:
            known = " and ".join(PRECISIONS)
            raise ValueError(f"precision={precision!r}: autograd is judged in {known}")
        self.precision = PRESETS[precision]
        if precision == "float32":
            self.train = None  # type: ignore[assignment, method-assign]

    @quiet
    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        logits = _propagated(architecture, parameters, inputs)[-1]
        return numpy.asarray(ACTIVATIONS[architecture.output](logits))

    @quiet
    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        return _propagated(architecture, parameters, inputs)[:-1]

    @quiet
    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Any:
        return _mean_loss(_pairs(parameters), architecture, inputs, targets)

    @quiet
    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        return _layers(grad(_mean_loss)(_pairs(parameters), architecture, inputs, targets))

    @quiet
    def train(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        optimizer: Optimizer,
        epochs: int,
        batch_size: int | None = None,
        sample_weights: Array | None = None,
        seed: int = 0,
    ) -> Parameters:
        size = batch_size or len(inputs)
        starts = range(0, len(inputs), size)

        def slope(pairs: Any, step: int) -> Any:
            rows = slice(start := starts[step % len(starts)], start + size)
            return grad(_mean_loss)(pairs, architecture, inputs[rows], targets[rows])

        steps = epochs * len(starts)
        return _layers(_run(optimizer)(slope, _pairs(parameters), num_iters=steps))


def _run(given: Optimizer) -> Callable[..., Any]:
    """One of the library's optimizers, with its numbers."""

    def run(slope: Any, pairs: Any, num_iters: int) -> Any:
        words = {"num_iters": num_iters, "step_size": given.learning_rate}
        if given.name == "adam":
            betas = {"b1": given.beta1, "b2": given.beta2, "eps": given.epsilon}
            return adam(slope, pairs, **words, **betas)
        return sgd(slope, pairs, **words, mass=given.momentum)

    return run


def _propagated(architecture: Architecture, pairs: Any, x: Any) -> list[Any]:
    """What each hidden layer gives, and the logits."""
    found = []
    for name, (weights, biases) in zip(architecture.activations, pairs, strict=False):
        x = ACTIVATIONS[name](np.dot(x, weights) + biases)
        found.append(x)
    weights, biases = pairs[-1]
    return [*found, np.dot(x, weights) + biases]


def _mean_loss(pairs: Any, architecture: Architecture, x: Any, y: Any) -> Any:
    return np.mean(LOSSES[architecture.head](_propagated(architecture, pairs, x)[-1], y))


def _pairs(parameters: Parameters) -> list[tuple[Array, Array]]:
    return [(weights, biases) for weights, biases in parameters]


def _layers(pairs: Any) -> Parameters:
    return [Layer(weights, biases) for weights, biases in pairs]
