"""A trainer that cuts mini-batches, and an Adam that keeps its moments by the parameter's name."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope

Named = dict[str, Array]


class Model:
    """A multilayer perceptron with softplus units, and a linear output."""

    def __init__(self, layers: Any) -> None:
        self.depth = len(layers)
        self.parameters: Named = {}
        for i, (w, b) in enumerate(layers):
            self.parameters |= {f"w{i}": w, f"b{i}": b}

    def forward(self, x: Array) -> list[Array]:
        """The logits of each layer."""
        logits: list[Array] = []
        for i in range(self.depth):
            x = np.logaddexp(0, logits[-1]) if i else x
            logits.append(x @ self.parameters[f"w{i}"] + self.parameters[f"b{i}"])
        return logits

    def gradients(self, x: Array, y: Array) -> Named:
        """By name."""
        found: Named = {}
        logits = self.forward(x)
        delta = (logits[-1] - y) / len(x)
        for i in range(self.depth - 1, -1, -1):
            below = np.logaddexp(0, logits[i - 1]) if i else x
            found |= {f"w{i}": below.T @ delta, f"b{i}": delta.sum(axis=0)}
            if i:
                delta = delta @ self.parameters[f"w{i}"].T / (1 + np.exp(-logits[i - 1]))
        return found

    def layers(self, found: Named) -> list[Layer[Array]]:
        """In order."""
        return [Layer(found[f"w{i}"], found[f"b{i}"]) for i in range(self.depth)]


class Adam:
    """Moments by name, with a clock that somebody winds."""

    def __init__(self, how: Any) -> None:
        self.how, self.t = how, 0
        self.m: Named = {}
        self.v: Named = {}

    def update(self, parameters: Named, gradients: Named) -> None:
        """A step for every parameter."""
        how = self.how
        for name, g in gradients.items():
            self.m[name] = how.beta1 * self.m.get(name, 0.0) + (1 - how.beta1) * g
            self.v[name] = how.beta2 * self.v.get(name, 0.0) + (1 - how.beta2) * g**2
            m_hat = self.m[name] / (1 - how.beta1**self.t)
            v_hat = self.v[name] / (1 - how.beta2**self.t)
            step = how.learning_rate * m_hat / (np.sqrt(v_hat) + how.epsilon)
            parameters[name] = parameters[name] - step


class Trainer:
    """Epochs over mini-batches."""

    def __init__(self, model: Model, optimizer: Adam, slip: bool) -> None:
        self.model, self.optimizer, self.slip = model, optimizer, slip

    def batches(self, x: Array, y: Array, size: int) -> Iterator[tuple[Array, Array]]:
        """In order, the last one shorter if need be."""
        for first in range(0, len(x), size):
            yield x[first : first + size], y[first : first + size]

    def run(self, x: Array, y: Array, epochs: int, size: int) -> None:
        """Train the model."""
        for epoch in range(epochs):
            for xs, ys in self.batches(x, y, size):
                self.optimizer.t = epoch + 1 if self.slip else self.optimizer.t + 1
                self.optimizer.update(self.model.parameters, self.model.gradients(xs, ys))


class Trained(Implementation):
    """A model, an optimiser and a trainer as three objects, for regression."""

    scope = Scope(
        activations=("softplus",),
        heads=(("identity", "squared_error"),),
        optimizers=("adam",),
        batches=True,
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return Model(layers).forward(x)[-1]

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        return [np.logaddexp(0, z) for z in Model(layers).forward(x)[:-1]]

    def loss(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> float:
        return float(0.5 * np.sum((Model(layers).forward(x)[-1] - y) ** 2) / len(x))

    def gradient(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        model = Model(layers)
        return model.layers(model.gradients(x, y))

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, size: Any, *__: Any
    ) -> Any:
        model = Model(layers)
        Trainer(model, Adam(how), self.slip).run(x, y, epochs, size or len(x))
        return model.layers(model.parameters)
