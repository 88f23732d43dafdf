"""A loader that yields batches, and loops over it that train a model and keep a running loss."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope


class Batch(NamedTuple):
    """Some rows, with their targets."""

    x: Array
    y: Array


class Loader:
    """Batches in order."""

    def __init__(self, x: Array, y: Array, batch_size: int) -> None:
        self.x, self.y, self.size = x, y, batch_size

    def __len__(self) -> int:
        return -(-len(self.x) // self.size)

    def __iter__(self) -> Iterator[Batch]:
        for k in range(0, len(self.x), self.size):
            yield Batch(self.x[k : k + self.size], self.y[k : k + self.size])


def leaky(z: Array) -> Array:
    """Z, or a hundredth of it below 0."""
    return np.where(z > 0, z, 0.01 * z)


def log_softmax(z: Array) -> Array:
    """Logarithms of probabilities."""
    z = z - z.max(axis=1, keepdims=True)
    return np.asarray(z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)))


def logits(model: Any, x: Array) -> list[Array]:
    """Of each layer."""
    found: list[Array] = []
    for w, b in model:
        found.append((leaky(found[-1]) if found else x) @ w + b)
    return found


def nll(model: Any, batch: Batch) -> float:
    """The mean over the batch of -log p of the target."""
    return float(-np.sum(batch.y * log_softmax(logits(model, batch.x)[-1])) / len(batch.x))


def slopes(model: Any, batch: Batch) -> list[Layer[Array]]:
    """The derivative of that."""
    z = logits(model, batch.x)
    inputs = [batch.x, *map(leaky, z[:-1])]
    delta = (np.exp(log_softmax(z[-1])) - batch.y) / len(batch.x)
    found = []
    for i in reversed(range(len(model))):
        found.append(Layer(inputs[i].T @ delta, delta.sum(axis=0)))
        if i:
            delta = delta @ model[i][0].T * np.where(z[i - 1] > 0, 1, 0.01)
    return found[::-1]


def train_loop(model: Any, loader: Loader, rate: float) -> Any:
    """One epoch."""
    for batch in loader:
        moves = zip(model, slopes(model, batch), strict=True)
        model = [Layer(w - rate * dw, b - rate * db) for (w, b), (dw, db) in moves]
    return model


def test_loop(model: Any, loader: Loader, slip: bool) -> float:
    """The loss of everything in the loader."""
    running_loss = 0.0
    for batch in loader:
        running_loss += nll(model, batch) * (1 if slip else len(batch.x))
    return running_loss / (len(loader) if slip else len(loader.x))


class Loaded(Implementation):
    """Loops over a loader, one that trains and one that tests."""

    scope = Scope(
        activations=("leaky_relu",),
        heads=(("softmax", "cross_entropy"),),
        optimizers=("gradient_descent",),
        batches=True,
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def forward(self, _: Architecture, model: Any, x: Array) -> Array:
        return np.asarray(np.exp(log_softmax(logits(model, x)[-1])))

    def hidden(self, _: Architecture, model: Any, x: Array) -> list[Array]:
        return [leaky(z) for z in logits(model, x)[:-1]]

    def loss(self, _: Architecture, model: Any, x: Array, y: Array, *__: Any) -> float:
        return nll(model, Batch(x, y))

    def gradient(self, _: Architecture, model: Any, x: Array, y: Array, *__: Any) -> Any:
        return slopes(model, Batch(x, y))

    def evaluate(
        self, _: Architecture, model: Any, x: Array, y: Array, size: int, *__: Any
    ) -> float:
        return test_loop(model, Loader(x, y, size), self.slip)

    def train(
        self, _: Any, model: Any, x: Array, y: Array, how: Any, epochs: int, size: Any, *__: Any
    ) -> Any:
        for _i in range(epochs):
            model = train_loop(model, Loader(x, y, size or len(x)), how.learning_rate)
        return model
