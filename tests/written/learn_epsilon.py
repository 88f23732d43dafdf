"""A classifier from scratch as tutorials write it: one class with lists, and a loop that trains."""

from typing import Any

import numpy as np

from backproof.contract import Array, Conventions, Implementation, Layer, Scope


class NeuralNetwork:
    """Sigmoid units everywhere; what a pass computes is kept on the object."""

    def __init__(self, layers: Any, eps: float) -> None:
        self.weights = [np.array(w) for w, _ in layers]
        self.biases = [np.array(b) for _, b in layers]
        self.eps = eps

    def sigmoid(self, x: Array) -> Array:
        """1 / (1 + e^-x)"""
        return np.asarray(1 / (1 + np.exp(-x)))

    def sigmoid_derivative(self, a: Array) -> Array:
        """Of the activation."""
        return a * (1 - a)

    def feedforward(self, x: Array) -> Array:
        """The probabilities."""
        self.outputs = [x]
        for w, b in zip(self.weights, self.biases, strict=True):
            self.outputs.append(self.sigmoid(np.dot(self.outputs[-1], w) + b))
        return self.outputs[-1]

    def compute_loss(self, x: Array, y: Array) -> float:
        """Binary cross-entropy."""
        p = self.feedforward(x)
        loss = y * np.log(p + self.eps) + (1 - y) * np.log(1 - p + self.eps)
        return float(-np.mean(np.sum(loss, axis=1)))

    def backprop(self, x: Array, y: Array) -> None:
        """Leaves the slopes in `dw` and `db`."""
        m = x.shape[0]
        error = self.feedforward(x) - y
        self.dw: list[Array] = []
        self.db: list[Array] = []
        for i in range(len(self.weights) - 1, -1, -1):
            self.dw = [np.dot(self.outputs[i].T, error) / m, *self.dw]
            self.db = [np.sum(error, axis=0) / m, *self.db]
            error = np.dot(error, self.weights[i].T) * self.sigmoid_derivative(self.outputs[i])

    def train(self, x: Array, y: Array, learning_rate: float, epochs: int) -> None:
        """All rows at once, again and again."""
        for _ in range(epochs):
            self.backprop(x, y)
            for i in range(len(self.weights)):
                self.weights[i] -= learning_rate * self.dw[i]
                self.biases[i] -= learning_rate * self.db[i]


class Epsilon(Implementation):
    """A class from a tutorial that keeps every activation in a list of its own."""

    scope = Scope(
        activations=("sigmoid",),
        heads=(("sigmoid", "cross_entropy"),),
        optimizers=("gradient_descent",),
    )
    conventions = Conventions(loss_from="probabilities")

    def __init__(self, slip: bool = True) -> None:
        self.eps = 1e-8 if slip else 0.0

    def forward(self, _: Any, layers: Any, x: Array) -> Array:
        return NeuralNetwork(layers, self.eps).feedforward(x)

    def hidden(self, _: Any, layers: Any, x: Array) -> list[Array]:
        network = NeuralNetwork(layers, self.eps)
        network.feedforward(x)
        return network.outputs[1:-1]

    def loss(self, _: Any, layers: Any, x: Array, y: Array, *__: Any) -> float:
        return NeuralNetwork(layers, self.eps).compute_loss(x, y)

    def gradient(self, _: Any, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        network = NeuralNetwork(layers, self.eps)
        network.backprop(x, y)
        return list(map(Layer, network.dw, network.db))

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *__: Any
    ) -> Any:
        network = NeuralNetwork(layers, self.eps)
        network.train(x, y, how.learning_rate, epochs)
        return list(map(Layer, network.weights, network.biases))
