"""A network as one writes it after a first course, with the adapter that puts it to the test.

python examples/homework.py                      does it learn?
backproof check examples/homework.py:Homework    is it right?
"""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Scope

Layers = list[tuple[Array, Array]]  # (weights, biases) of each layer, weights (fan_in, fan_out)


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z)"""
    return np.asarray(1 / (1 + np.exp(-z)))


def slope(a: Array) -> Array:
    """The derivative of the sigmoid: a (1 - a) where the unit's output is a."""
    return np.asarray(a * (1 - a))


class Network:
    """Layers of sigmoid units, the output included."""

    def __init__(self, layers: Layers) -> None:
        self.layers = list(layers)

    def forward(self, x: Array) -> list[Array]:
        """The inputs, then the activations of each layer; the last ones are probabilities."""
        activations = [x]
        for weights, biases in self.layers:
            activations.append(sigmoid(activations[-1] @ weights + biases))
        return activations

    def loss(self, x: Array, y: Array) -> float:
        """Mean over rows of -(y log p + (1 - y) log(1 - p))."""
        p = self.forward(x)[-1]
        return float(-np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / len(x))

    def gradient(self, x: Array, y: Array) -> Layers:
        """The derivative of the loss by each weight and bias, from the last layer back."""
        activations = self.forward(x)
        gradient: Layers = []
        delta = (activations[-1] - y) / len(x)
        for i in reversed(range(len(self.layers))):
            gradient.insert(0, (activations[i].T @ delta, np.sum(delta, axis=0)))
            delta = delta @ self.layers[i][0].T * slope(activations[i])
        return gradient

    def step(self, x: Array, y: Array, rate: float) -> None:
        """One step of gradient descent on all rows."""
        both = zip(self.layers, self.gradient(x, y), strict=True)
        self.layers = [(w - rate * dw, b - rate * db) for (w, b), (dw, db) in both]

    def train(self, x: Array, y: Array, rate: float, epochs: int) -> "Network":
        """Step after step on the same rows."""
        for _ in range(epochs):
            self.step(x, y, rate)
        return self


class Homework(Implementation):
    """The network as backproof asks for it."""

    scope = Scope(
        activations=("sigmoid",),
        heads=(("sigmoid", "cross_entropy"),),
        optimizers=("gradient_descent",),
    )
    conventions = Conventions(loss_from="probabilities")

    def forward(self, _: Architecture, layers: Layers, x: Array) -> Array:
        return Network(layers).forward(x)[-1]

    def hidden(self, _: Architecture, layers: Layers, x: Array) -> list[Array]:
        return Network(layers).forward(x)[1:-1]

    def loss(self, _: Architecture, layers: Layers, x: Array, y: Array, *rest: Any) -> float:
        return Network(layers).loss(x, y)

    def gradient(self, _: Architecture, layers: Layers, x: Array, y: Array, *rest: Any) -> Layers:
        return Network(layers).gradient(x, y)

    def train(
        self, _: Any, layers: Layers, x: Array, y: Array, how: Any, epochs: int, *rest: Any
    ) -> Layers:
        return Network(layers).train(x, y, how.learning_rate, epochs).layers


def main() -> None:
    """XOR, learned from random weights."""
    rng, sizes = np.random.default_rng(0), [(2, 8), (8, 1)]
    network = Network([(rng.normal(size=size), np.zeros(size[1])) for size in sizes])
    x, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    network.train(x, y, rate=1.0, epochs=3000)
    print("XOR is learned as", network.forward(x)[-1].ravel().round(3))


if __name__ == "__main__":
    main()
