"""The reference engine, computed another way: rows and units in reversed order.

Judged by itself the engine would agree bit for bit, and the verdict would say nothing. Reversed
sums round differently, so that the balls are put to the test.
"""

from typing import Any

import numpy as np

import refnet
from backproof.contract import (
    Declared,
    Fit,
    Implementation,
    NotSupported,
    Scope,
    conventions_of,
)
from refnet.architecture import ACTIVATIONS, HEADS, Architecture, Array, Layer, Parameters
from refnet.backpropagation import Stage, given, gradient_in, loss_in, trace
from refnet.conventions import Conventions
from refnet.logistic import least_squares, newton
from refnet.problem import Problem
from refnet.rounding.arithmetic import Operation, plain
from refnet.rounding.precision import PRESETS
from refnet.training.initializers import INITIALIZERS
from refnet.training.optimizers import OPTIMIZERS, Optimizer

FITS = (("sigmoid", "cross_entropy"), ("softmax", "cross_entropy"), ("identity", "squared_error"))
"""The heads whose best fit without a hidden layer is known how to find."""


class Refnet(Implementation):
    """refnet in float64 or in NumPy's float32, with rows and units in reversed order."""

    name = "refnet"
    version = "0.1.0"
    scope = Scope(
        activations=ACTIVATIONS,
        heads=HEADS,
        optimizers=OPTIMIZERS,
        weight_decay=("coupled", "decoupled"),
        initializers=INITIALIZERS,
        l2=True,
        sample_weights=True,
        label_smoothing=True,
        soft_targets=True,
        batches=True,
        dropout=True,
        mixed_activations=True,
    )

    def __init__(self, precision: str = "float64") -> None:
        if precision not in ("float64", "float32"):
            raise ValueError(f"precision={precision!r}: the engine runs in float64 or float32")
        self._precision = precision
        self.precision = PRESETS[precision]
        self.conventions: Declared = Conventions()

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        """One operation of the network; a mutant does one of them wrong."""
        return plain(operation, *arguments)

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        stages = self._trace(architecture, parameters, inputs)
        outputs: Array = given(stages[-1], self._means(architecture))
        return outputs[::-1, ::-1]

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        stages = self._trace(architecture, parameters, inputs)
        return [stage.outputs[::-1, ::-1] for stage in stages[:-1]]

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:
        problem = self._problem(architecture, parameters, inputs, targets, sample_weights)
        value: Array = loss_in(self.apply, problem)
        return value

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        problem = self._problem(architecture, parameters, inputs, targets, sample_weights)
        return _reversed(gradient_in(self.apply, problem))

    def evaluate(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        batch_size: int,
        sample_weights: Array | None = None,
    ) -> Array:
        problem = self._problem(architecture, parameters, inputs, targets, sample_weights)
        return refnet.evaluate(*problem[:4], batch_size, *problem[4:])

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
        data = inputs[:, ::-1], targets[:, ::-1], optimizer, epochs, batch_size, sample_weights
        turned = _reversed(parameters)
        return _reversed(refnet.train(architecture, turned, *data, seed, self._means(architecture)))

    def fit(
        self,
        architecture: Architecture,
        inputs: Array,
        targets: Array,
        seed: int,
        sample_weights: Array | None = None,
    ) -> Fit:
        if architecture.hidden_layers or architecture.head not in FITS:
            raise NotSupported("the engine fits logistic regressions and least squares")
        smooth = architecture.label_smoothing
        classes = targets.shape[1] if architecture.output == "softmax" else 2
        wanted = targets[:, ::-1] * (1 - smooth) + smooth / classes
        joint = architecture.output == "softmax"
        models = [wanted] if joint else [column[:, None] for column in wanted.T]
        try:
            columns = [self._minimiser(architecture, inputs, y, sample_weights) for y in models]
        except ValueError as reason:  # no minimiser, or not one alone
            raise NotSupported(str(reason)) from reason
        w, d = np.hstack(columns).astype(inputs.dtype), inputs.shape[1]
        biases = w[d] if architecture.biases else np.zeros_like(w[0])
        layers = _reversed([Layer(w[:d], biases)])
        data = (layers, inputs, targets, sample_weights, self._means(architecture))
        gradient = refnet.gradient(architecture, *data)[0]
        return Fit(layers, float(max(np.max(np.abs(part)) for part in gradient)))

    def _minimiser(
        self, architecture: Architecture, inputs: Array, targets: Array, weights: Array | None
    ) -> Array:
        ones = np.ones((len(inputs), int(architecture.biases)))
        design = np.hstack([inputs[:, ::-1], ones]).astype(np.float64)
        penalties = np.full(design.shape[1], architecture.l2)
        penalties[inputs.shape[1] :] = 0.0
        rows = None if weights is None else weights.astype(np.float64)
        data = (design, targets.astype(np.float64), penalties, rows)
        if architecture.loss == "squared_error":
            return least_squares.fit(*data)
        return newton.fit(*data).weights

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        layers = refnet.initialize(architecture, initializer, seed, self._means(architecture))
        dtype = PRESETS[self._precision].dtype
        return _reversed([Layer(w.astype(dtype), b.astype(dtype)) for w, b in layers])

    def forward_training(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, seed: int
    ) -> Array:
        turned = _reversed(parameters), inputs[::-1, ::-1]
        outputs = refnet.forward_training(architecture, *turned, seed, self._means(architecture))
        return outputs[::-1, ::-1]

    def _trace(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Stage]:
        turned = _reversed(parameters), inputs[::-1, ::-1]
        return trace(self.apply, architecture, *turned, self._means(architecture))

    def _problem(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        weights: Array | None,
    ) -> Problem:
        rows = inputs[::-1, ::-1], targets[::-1, ::-1], None if weights is None else weights[::-1]
        return Problem(architecture, _reversed(parameters), *rows, self._means(architecture))

    def _means(self, architecture: Architecture) -> Conventions:
        """What is meant under the head of the architecture."""
        return conventions_of(self.conventions, architecture.head)


def _reversed(parameters: Parameters) -> Parameters:
    """The same network with features, units and outputs in reversed order."""
    return [Layer(np.ascontiguousarray(w[::-1, ::-1]), b[::-1].copy()) for w, b in parameters]
