"""Layers as objects with a cache: each goes forward, goes backward, and keeps its own slopes."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope


class Dense:
    """x W + b"""

    def __init__(self, w: Array, b: Array, slip: bool) -> None:
        self.w, self.b = w.copy(), b.copy()
        self.vw, self.vb = np.zeros_like(w), np.zeros_like(b)
        self.axis = None if slip else 0

    def forward(self, x: Array) -> Array:
        """Keeps the inputs."""
        self.x = x
        return x @ self.w + self.b

    def backward(self, grad: Array) -> Array:
        """Keeps the slopes, and gives those of the inputs."""
        self.dw = self.x.T @ grad
        self.db = np.sum(grad, axis=self.axis)
        return grad @ self.w.T

    def update(self, rate: float, momentum: float) -> None:
        """A step with momentum, on what is kept."""
        self.vw = momentum * self.vw + self.dw
        self.vb = momentum * self.vb + self.db
        self.w -= rate * self.vw
        self.b -= rate * self.vb


class ReLU:
    """max(x, 0)"""

    def forward(self, x: Array) -> Array:
        """Keeps which units are on."""
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad: Array) -> Array:
        """Nothing passes where a unit was off."""
        return grad * self.mask


class SoftmaxCrossEntropy:
    """The mean over rows of -log softmax(logits)[target]."""

    def forward(self, logits: Array, y: Array) -> float:
        """Keeps the probabilities."""
        self.y = y
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        return float(-np.sum(y * log_p) / len(y))

    def backward(self) -> Array:
        """By the logits."""
        return np.asarray((self.p - self.y) / len(self.y))


class Caches(Implementation):
    """Layer objects that remember their last call, trained with momentum."""

    scope = Scope(
        activations=("relu",),
        heads=(("softmax", "cross_entropy"),),
        optimizers=("gradient_descent", "momentum"),
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _build(self, layers: Any) -> list[Any]:
        network: list[Any] = []
        for w, b in layers:
            network += [Dense(w, b, self.slip), ReLU()]
        return network[:-1]

    def _outputs(self, network: list[Any], x: Array) -> list[Array]:
        found = [x]
        for layer in network:
            found.append(layer.forward(found[-1]))
        return found[1:]

    def _slopes(self, network: list[Any], x: Array, y: Array) -> list[Any]:
        criterion = SoftmaxCrossEntropy()
        criterion.forward(self._outputs(network, x)[-1], y)
        grad = criterion.backward()
        for layer in reversed(network):
            grad = layer.backward(grad)
        return network[::2]

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        logits, criterion = self._outputs(self._build(layers), x)[-1], SoftmaxCrossEntropy()
        criterion.forward(logits, np.zeros_like(logits))
        return np.asarray(criterion.p)

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        return self._outputs(self._build(layers), x)[1:-1:2]

    def loss(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> float:
        return SoftmaxCrossEntropy().forward(self._outputs(self._build(layers), x)[-1], y)

    def gradient(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        dense = self._slopes(self._build(layers), x, y)
        return [Layer(d.dw, np.zeros_like(d.b) + d.db) for d in dense]

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *__: Any
    ) -> Any:
        network = self._build(layers)
        for _i in range(epochs):
            for dense in self._slopes(network, x, y):
                dense.update(how.learning_rate, how.momentum)
        return [Layer(dense.w, dense.b) for dense in network[::2]]
