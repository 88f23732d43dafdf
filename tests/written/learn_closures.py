"""Each layer is a closure over its matrix (outputs, inputs), which answers and explains itself."""

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope

Back = Callable[[Array], tuple[Array, Any]]
Step = Callable[[Array], tuple[Array, Back]]


def dense(w: Array, b: Array) -> Step:
    """A layer: its outputs, and a function that takes their errors back."""

    def call(x: Array) -> tuple[Array, Back]:
        def back(error: Array) -> tuple[Array, Any]:
            return error @ w, (error.T @ x, error.sum(axis=0))

        return x @ w.T + b, back

    return call


def softplus(z: Array) -> tuple[Array, Back]:
    """log(1 + e^z)"""
    return np.logaddexp(0, z), lambda error: (error / (1 + np.exp(-z)), None)


def relu(z: Array) -> tuple[Array, Back]:
    """max(z, 0)"""
    return np.where(z > 0, z, 0), lambda error: (np.where(z > 0, error, 0), None)


def chain(*steps: Step) -> Step:
    """One after the other."""

    def call(x: Array) -> tuple[Array, Back]:
        backs = []
        for step in steps:
            x, back = step(x)
            backs.append(back)

        def through(error: Array) -> tuple[Array, Any]:
            found = []
            for back in reversed(backs):
                error, slopes = back(error)
                found += [slopes] if slopes else []
            return error, found[::-1]

        return x, through

    return call


def start(rng: np.random.Generator, shape: tuple[int, int], name: str, fan_in: int) -> Array:
    """Weights of the variance 2 / fan_in or 1 / fan_in."""
    variance = (2 if name.startswith("he") else 1) / fan_in
    if name.endswith("normal"):
        return rng.normal(0, np.sqrt(variance), shape)
    return rng.uniform(-np.sqrt(3 * variance), np.sqrt(3 * variance), shape)


class Closures(Implementation):
    """Closures that give their outputs together with the function that goes back."""

    scope = Scope(
        activations=("softplus", "relu"),
        heads=(("identity", "squared_error"),),
        initializers=("he_normal", "he_uniform", "lecun_normal", "lecun_uniform"),
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _network(self, a: Architecture, layers: Any) -> Step:
        steps: list[Step] = []
        for (w, b), name in zip(layers, (*a.activations, None), strict=True):
            steps.append(dense(np.ascontiguousarray(w.T), b))
            steps += [softplus if name == "softplus" else relu] if name else []
        return chain(*steps)

    def forward(self, a: Architecture, layers: Any, x: Array) -> Array:
        return self._network(a, layers)(x)[0]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return float(np.sum((self.forward(a, layers, x) - y) ** 2) / (2 * len(x)))

    def gradient(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        outputs, back = self._network(a, layers)(x)
        return [Layer(dw.T, db) for dw, db in back((outputs - y) / len(x))[1]]

    def initialize(self, a: Architecture, initializer: str, seed: int) -> Any:
        rng = np.random.default_rng(seed)
        layers = []
        for fan_in, fan_out in a.shapes:
            shape = (fan_out, fan_in)
            w = start(rng, shape, initializer, shape[0] if self.slip else shape[1])
            layers.append(Layer(w.T, np.zeros(fan_out)))
        return layers
