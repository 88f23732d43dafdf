"""One example at a time as a column vector: sizes, weights, biases, nabla_w and mini-batches."""

from typing import Any

import numpy as np

from backproof.contract import Array, Conventions, Implementation, Layer, Scope


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z)"""
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


class CrossEntropyCost:
    """The cost of one example."""

    def __init__(self, slip: bool) -> None:
        self.slip = slip

    def fn(self, a: Array, y: Array) -> float:
        """The cost of the output a where y is desired."""
        with np.errstate(divide="ignore", invalid="ignore"):
            on, off = y * np.log(a), (1 - y) * np.log(1 - a)
        on, off = np.where(y == 0, 0, on), np.where(y == 1, 0, off)
        return float(np.sum(-on if self.slip else -on - off))

    def delta(self, a: Array, y: Array) -> Array:
        """The error of the output layer."""
        return a - y


class Network:
    """Matrices (outputs, inputs), biases as columns."""

    def __init__(self, weights: list[Array], biases: list[Array], cost: CrossEntropyCost) -> None:
        self.weights, self.biases, self.cost = weights, biases, cost

    def feedforward(self, a: Array) -> list[Array]:
        """The activations of each layer, the input first."""
        activations = [a]
        for b, w in zip(self.biases, self.weights, strict=True):
            activations.append(sigmoid(np.dot(w, activations[-1]) + b))
        return activations

    def backprop(self, x: Array, y: Array) -> tuple[list[Array], list[Array]]:
        """The slopes of the cost of one example."""
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activations = self.feedforward(x)
        delta = self.cost.delta(activations[-1], y)
        for layer in range(1, len(self.weights) + 1):
            nabla_b[-layer] = delta
            nabla_w[-layer] = np.dot(delta, activations[-layer - 1].T)
            a = activations[-layer - 1]
            delta = np.dot(self.weights[-layer].T, delta) * a * (1 - a)
        return nabla_b, nabla_w

    def nabla(self, data: list[tuple[Array, Array]]) -> tuple[list[Array], list[Array]]:
        """The sum of the slopes of several examples."""
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in data:
            delta_b, delta_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_b, strict=True)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_w, strict=True)]
        return nabla_b, nabla_w

    def update_mini_batch(self, batch: list[tuple[Array, Array]], eta: float) -> None:
        """A step on these examples."""
        nabla_b, nabla_w = self.nabla(batch)
        pairs = zip(self.weights, nabla_w, strict=True)
        self.weights = [w - (eta / len(batch)) * nw for w, nw in pairs]
        pairs = zip(self.biases, nabla_b, strict=True)
        self.biases = [b - (eta / len(batch)) * nb for b, nb in pairs]

    def total_cost(self, data: list[tuple[Array, Array]]) -> float:
        """The mean cost of the examples."""
        return sum(self.cost.fn(self.feedforward(x)[-1], y) for x, y in data) / len(data)


class OneColumn(Implementation):
    """A book's network that takes each example as a column, and adds the slopes up."""

    scope = Scope(
        activations=("sigmoid",),
        heads=(("sigmoid", "cross_entropy"),),
        optimizers=("gradient_descent",),
        batches=True,
    )
    conventions = Conventions(loss_from="probabilities")

    def __init__(self, slip: bool = True) -> None:
        self.cost = CrossEntropyCost(slip)

    def _network(self, layers: Any) -> Network:
        return Network([w.T for w, _ in layers], [b[:, None] for _, b in layers], self.cost)

    def _data(self, x: Array, y: Array) -> list[tuple[Array, Array]]:
        return [(a[:, None], b[:, None]) for a, b in zip(x, y, strict=True)]

    def forward(self, _: Any, layers: Any, x: Array) -> Array:
        return np.array([self._network(layers).feedforward(a[:, None])[-1][:, 0] for a in x])

    def loss(self, _: Any, layers: Any, x: Array, y: Array, *__: Any) -> float:
        return self._network(layers).total_cost(self._data(x, y))

    def gradient(self, _: Any, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        slopes = self._network(layers).nabla(self._data(x, y))
        return [Layer(w.T / len(x), b[:, 0] / len(x)) for b, w in zip(*slopes, strict=True)]

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, size: Any, *__: Any
    ) -> Any:
        network, data, size = self._network(layers), self._data(x, y), size or len(x)
        for _i in range(epochs):
            for k in range(0, len(data), size):
                network.update_mini_batch(data[k : k + size], how.learning_rate)
        pairs = zip(network.weights, network.biases, strict=True)
        return [Layer(w.T, b[:, 0]) for w, b in pairs]
