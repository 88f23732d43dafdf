"""The network of eleven lines: matrices without biases, one function that is its own slope."""

from typing import Any

import numpy as np

from backproof.contract import Array, Conventions, Implementation, Layer, Scope


def nonlin(x: Array, deriv: bool = False) -> Array:
    """The sigmoid, or its slope where x is already an output."""
    return x * (1 - x) if deriv else np.asarray(1 / (1 + np.exp(-x)))


def nonlin_tanh(x: Array, deriv: bool = False) -> Array:
    """Tanh, or its slope where x is already an output."""
    return 1 - x**2 if deriv else np.tanh(x)


def nonlin_tanh_slip(x: Array, deriv: bool = False) -> Array:
    """Tanh, or its slope where x is a logit, though it is called as the one above."""
    return np.asarray(1 - np.tanh(x) ** 2 if deriv else np.tanh(x))


class ElevenLines(Implementation):
    """Matrices in a list, pushed forward and back in a handful of lines."""

    scope = Scope(
        activations=("tanh", "sigmoid"),
        heads=(("sigmoid", "squared_error"),),
        biases=False,
        optimizers=("gradient_descent",),
    )
    conventions = Conventions(reduction="sum")

    def __init__(self, slip: bool = True) -> None:
        self.kinds = {"sigmoid": nonlin, "tanh": nonlin_tanh_slip if slip else nonlin_tanh}

    def _layers(self, a: Any, syn: list[Array], x: Array) -> list[Array]:
        l = [x]  # noqa: E741 (the name that this network is known by)
        for w, name in zip(syn, a.functions, strict=True):
            l.append(self.kinds[name](np.dot(l[-1], w)))
        return l

    def _updates(self, a: Any, syn: list[Array], x: Array, y: Array) -> list[Array]:
        l = self._layers(a, syn, x)  # noqa: E741
        l_error = l[-1] - y
        updates = []
        for i in range(len(syn), 0, -1):
            l_delta = l_error * self.kinds[a.functions[i - 1]](l[i], True)
            updates.append(l[i - 1].T.dot(l_delta))
            l_error = l_delta.dot(syn[i - 1].T)
        return updates[::-1]

    def forward(self, a: Any, layers: Any, x: Array) -> Array:
        return self._layers(a, [w for w, _ in layers], x)[-1]

    def hidden(self, a: Any, layers: Any, x: Array) -> list[Array]:
        return self._layers(a, [w for w, _ in layers], x)[1:-1]

    def loss(self, a: Any, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return float(np.sum((self.forward(a, layers, x) - y) ** 2) / 2)

    def gradient(self, a: Any, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        return [Layer(w, None) for w in self._updates(a, [w for w, _ in layers], x, y)]

    def train(self, a: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *_: Any) -> Any:
        syn = [w for w, _ in layers]
        for _i in range(epochs):
            updates = self._updates(a, syn, x, y)
            syn = [w - how.learning_rate * dw for w, dw in zip(syn, updates, strict=True)]
        return [Layer(w, None) for w in syn]
