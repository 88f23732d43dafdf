"""A model to which layers are added, compiled with an objective that knows its derivative."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope


class MeanSquaredError:
    """The objective of a regression."""

    def __init__(self, slip: bool) -> None:
        self.over_outputs = np.mean if slip else np.sum

    def __call__(self, target: Array, predicted: Array) -> float:
        """The mean over the rows of (predicted - target)^2."""
        rows: Array = self.over_outputs(np.square(predicted - target), axis=-1)
        return float(np.mean(rows))

    def derivative(self, target: Array, predicted: Array) -> Array:
        """By each prediction."""
        return 2 * (predicted - target) / len(target)


class Dense:
    """A layer that knows its kernel, its bias and the name of its activation."""

    def __init__(self, kernel: Array, bias: Array, activation: str) -> None:
        self.kernel, self.bias, self.activation = kernel, bias, activation

    def __call__(self, x: Array) -> Array:
        """The outputs of the layer."""
        self.x = x
        z = x @ self.kernel + self.bias
        if self.activation == "silu":
            self.gate = 1 / (1 + np.exp(-z))
            self.slope = self.gate * (1 + z * (1 - self.gate))
            return np.asarray(z * self.gate)
        self.slope = np.ones_like(z) if self.activation == "identity" else np.where(z > 0, 1.0, 0.0)
        return z if self.activation == "identity" else np.maximum(z, 0)

    def pull(self, error: Array) -> tuple[Layer[Array], Array]:
        """The slopes of the layer, and the error of its inputs."""
        delta = error * self.slope
        return Layer(self.x.T @ delta, np.sum(delta, axis=0)), delta @ self.kernel.T


class Model:
    """Layers in order, and an objective."""

    def __init__(self) -> None:
        self.stack: list[Dense] = []

    def add(self, layer: Dense) -> None:
        """One more layer on top."""
        self.stack.append(layer)

    def compile(self, objective: MeanSquaredError) -> None:
        """What is to be made small."""
        self.objective = objective

    def predict(self, x: Array) -> list[Array]:
        """The outputs of each layer."""
        outputs: list[Array] = []
        for layer in self.stack:
            x = layer(x)
            outputs.append(x)
        return outputs

    def slopes(self, x: Array, y: Array) -> list[Layer[Array]]:
        """The derivative of the objective."""
        error = self.objective.derivative(y, self.predict(x)[-1])
        found: list[Layer[Array]] = []
        for layer in reversed(self.stack):
            slope, error = layer.pull(error)
            found.append(slope)
        return found[::-1]


class Objectives(Implementation):
    """A compiled model whose objective is an object with a value and a derivative."""

    scope = Scope(activations=("relu", "silu"), heads=(("identity", "squared_error"),))
    conventions = Conventions(squared_error=1.0)

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _model(self, a: Architecture, layers: Any) -> Model:
        model = Model()
        for (w, b), name in zip(layers, a.functions, strict=True):
            model.add(Dense(w, b, name))
        model.compile(MeanSquaredError(self.slip))
        return model

    def forward(self, a: Architecture, layers: Any, x: Array) -> Array:
        return self._model(a, layers).predict(x)[-1]

    def hidden(self, a: Architecture, layers: Any, x: Array) -> list[Array]:
        return self._model(a, layers).predict(x)[:-1]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        model = self._model(a, layers)
        return model.objective(y, model.predict(x)[-1])

    def gradient(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        return self._model(a, layers).slopes(x, y)
