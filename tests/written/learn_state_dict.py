"""A dictionary of named tensors, weights (outputs, inputs), loaded from another layout."""

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope

Pair = tuple[Callable[[Array], Array], Callable[[Array], Array]]

FUNCTIONS: dict[str, Pair] = {
    "identity": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
    "exp": (np.exp, np.exp),
}
"""Each function with its derivative, both of the logit."""


def linear(x: Array, weight: Array, bias: Array) -> Array:
    """A layer whose weights have a row for each output."""
    return x @ weight.T + bias


class Module:
    """A stack of layers with a state dictionary."""

    def __init__(self, widths: tuple[int, ...], functions: tuple[str, ...], slip: bool) -> None:
        self.functions = functions
        self.shapes = list(zip(widths[1:], widths[:-1], strict=True))
        self.state: dict[str, Array] = {}
        self.slip = slip

    def _turned(self, w: Array, shape: tuple[int, int]) -> Array:
        """Between (inputs, outputs) and (outputs, inputs)."""
        if self.slip:
            return w if w.shape == shape else w.T
        return w.T

    def load(self, layers: Any) -> "Module":
        """Take the weights over, turned where that is needed."""
        for i, (w, b) in enumerate(layers):
            self.state[f"{i}.weight"] = self._turned(w, self.shapes[i])
            self.state[f"{i}.bias"] = b
        return self

    def save(self, slopes: dict[str, Array]) -> list[Layer[Array]]:
        """The way back."""
        return [
            Layer(self._turned(slopes[f"{i}.weight"], shape[::-1]), slopes[f"{i}.bias"])
            for i, shape in enumerate(self.shapes)
        ]

    def run(self, x: Array) -> list[tuple[Array, Array]]:
        """The logits and the activations of each layer."""
        found = []
        for i, name in enumerate(self.functions):
            z = linear(x, self.state[f"{i}.weight"], self.state[f"{i}.bias"])
            x = FUNCTIONS[name][0](z)
            found.append((z, x))
        return found

    def backward(self, x: Array, y: Array) -> dict[str, Array]:
        """The slopes by name."""
        stages, slopes = self.run(x), {}
        delta = (stages[-1][1] - y) / len(x)
        for i in range(len(stages) - 1, -1, -1):
            below = stages[i - 1][1] if i else x
            slopes[f"{i}.weight"], slopes[f"{i}.bias"] = delta.T @ below, delta.sum(0)
            if i:
                slope = FUNCTIONS[self.functions[i - 1]][1](stages[i - 1][0])
                delta = delta @ self.state[f"{i}.weight"] * slope
        return slopes


class StateDict(Implementation):
    """A module with a dictionary of tensors, for regression and for counts."""

    scope = Scope(
        activations=("tanh", "relu", "leaky_relu"),
        heads=(("identity", "squared_error"), ("exp", "poisson")),
        mixed_activations=True,
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _module(self, a: Architecture, layers: Any) -> Module:
        return Module(a.widths, a.functions, self.slip).load(layers)

    def forward(self, a: Architecture, layers: Any, x: Array) -> Array:
        return self._module(a, layers).run(x)[-1][1]

    def hidden(self, a: Architecture, layers: Any, x: Array) -> list[Array]:
        return [out for _, out in self._module(a, layers).run(x)[:-1]]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        z, out = self._module(a, layers).run(x)[-1]
        rows = (out - y) ** 2 / 2 if a.loss == "squared_error" else out - y * z
        return float(rows.sum(1).mean())

    def gradient(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        module = self._module(a, layers)
        return module.save(module.backward(x, y))
