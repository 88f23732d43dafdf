"""The reference engine, computed another way: rows and units in reversed order.

Judged by itself the engine would agree bit for bit, and the verdict would say nothing. Reversed
sums round differently, so that the balls are put to the test.
"""

from typing import Any

import numpy as np

import refnet
from backproof.contract import Implementation, Scope
from refnet.architecture import ACTIVATIONS, HEADS, Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.precision import PRESETS


class Refnet(Implementation):
    """refnet in float64 or in NumPy's float32, with rows and units in reversed order."""

    name = "refnet"
    version = "0.1.0"
    scope = Scope(
        activations=ACTIVATIONS,
        heads=HEADS,
        optimizers=("gradient_descent",),
        l2=True,
        sample_weights=True,
        label_smoothing=True,
        batches=True,
    )

    def __init__(self, precision: str = "float64") -> None:
        if precision not in ("float64", "float32"):
            raise ValueError(f"precision={precision!r}: the engine runs in float64 or float32")
        self.precision = PRESETS[precision]
        self.conventions = Conventions()

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        return refnet.forward(architecture, _reversed(parameters), inputs[::-1, ::-1])[::-1, ::-1]

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        layers = refnet.hidden(architecture, _reversed(parameters), inputs[::-1, ::-1])
        return [layer[::-1, ::-1] for layer in layers]

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:
        data = _flipped(inputs, targets, sample_weights)
        return refnet.loss(architecture, _reversed(parameters), *data, self.conventions)

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        data = _flipped(inputs, targets, sample_weights)
        layers = refnet.gradient(architecture, _reversed(parameters), *data, self.conventions)
        return _reversed(layers)

    def train(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        optimizer: Any,
        epochs: int,
        batch_size: int | None = None,
        sample_weights: Array | None = None,
        seed: int = 0,
    ) -> Parameters:
        data = _flipped(inputs, targets, sample_weights)
        layers = _reversed(parameters)
        rate = inputs.dtype.type(optimizer.learning_rate)
        for _ in range(epochs):
            gradient = refnet.gradient(architecture, layers, *data, self.conventions)
            layers = [
                Layer(p.weights - rate * g.weights, p.biases - rate * g.biases)
                for p, g in zip(layers, gradient, strict=True)
            ]
        return _reversed(layers)


def _reversed(parameters: Parameters) -> Parameters:
    """The same network with features, units and outputs in reversed order."""
    return [Layer(np.ascontiguousarray(w[::-1, ::-1]), b[::-1].copy()) for w, b in parameters]


def _flipped(inputs: Array, targets: Array, weights: Array | None) -> tuple[Any, ...]:
    return inputs[::-1, ::-1], targets[::-1, ::-1], None if weights is None else weights[::-1]
