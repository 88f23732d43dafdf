"""Functions alone, sums by einsum: a self-normalising network for regression."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope

EXACT = 1.6732632423543772, 1.0507009873554805
"""Alpha and the scale."""

ROUNDED = 1.6733, 1.0507
"""Alpha and the scale, as a table in a text prints them."""


def selu(z: Array, alpha: float, scale: float) -> Array:
    """The scale times z, or times alpha (e^z - 1) for z below 0."""
    return scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def selu_slope(z: Array, alpha: float, scale: float) -> Array:
    """The scale, times alpha e^z for z below 0."""
    return scale * np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


def run(layers: Any, x: Array, constants: tuple[float, float]) -> tuple[list[Array], list[Array]]:
    """The logits of each layer, and its activations after the inputs."""
    logits, activations = [], [x]
    for place, (w, b) in enumerate(layers):
        z = np.einsum("ni,io->no", activations[-1], w) + b
        logits.append(z)
        activations.append(selu(z, *constants) if place < len(layers) - 1 else z)
    return logits, activations


def backward(layers: Any, x: Array, y: Array, constants: tuple[float, float]) -> list[Layer[Array]]:
    """From the residual back to the first layer."""
    logits, activations = run(layers, x, constants)
    found: list[Layer[Array]] = []
    error = 2 * (activations[-1] - y) / len(x)
    for place in reversed(range(len(layers))):
        dw = np.einsum("ni,no->io", activations[place], error)
        found.insert(0, Layer(dw, np.einsum("no->o", error)))
        if place:
            below = np.einsum("no,io->ni", error, layers[place][0])
            error = below * selu_slope(logits[place - 1], *constants)
    return found


class Selu(Implementation):
    """Functions that take the parameters, with every product an einsum."""

    scope = Scope(
        activations=("selu",),
        heads=(("identity", "squared_error"),),
        optimizers=("gradient_descent",),
    )
    conventions = Conventions(squared_error=1.0)

    def __init__(self, slip: bool = True) -> None:
        self.constants = ROUNDED if slip else EXACT

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return run(layers, x, self.constants)[1][-1]

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        return run(layers, x, self.constants)[1][1:-1]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        residual = self.forward(a, layers, x) - y
        return float(np.einsum("no,no->", residual, residual) / len(x))

    def gradient(self, _: Any, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        return backward(layers, x, y, self.constants)

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *__: Any
    ) -> Any:
        for _i in range(epochs):
            slopes = backward(layers, x, y, self.constants)
            layers = [
                Layer(w - how.learning_rate * dw, b - how.learning_rate * db)
                for (w, b), (dw, db) in zip(layers, slopes, strict=True)
            ]
        return layers
