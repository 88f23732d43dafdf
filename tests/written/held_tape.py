"""A tiny automatic differentiation of matrices: each result knows where it came from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope


class Tensor:
    """A value, the sum of the slopes that reached it, and what it was made of."""

    def __init__(self, value: Any, *parents: tuple["Tensor", Callable[[Array], Array]]) -> None:
        self.value = np.asarray(value)
        self.grad = np.zeros_like(self.value)
        self.parents = parents

    def __matmul__(self, other: "Tensor") -> "Tensor":
        return Tensor(
            self.value @ other.value,
            (self, lambda g: g @ other.value.T),
            (other, lambda g: self.value.T @ g),
        )

    def __add__(self, other: "Tensor") -> "Tensor":
        def narrowed(g: Array) -> Array:
            return g.sum(axis=0) if other.value.ndim < g.ndim else g

        return Tensor(self.value + other.value, (self, lambda g: g), (other, narrowed))

    def __sub__(self, other: "Tensor") -> "Tensor":
        return Tensor(self.value - other.value, (self, lambda g: g), (other, lambda g: -g))

    def scaled(self, factor: Any) -> "Tensor":
        """Times something known."""
        return Tensor(self.value * factor, (self, lambda g: g * factor))

    def plus_one(self) -> "Tensor":
        """1 + x"""
        return Tensor(1 + self.value, (self, lambda g: g))

    def exp(self) -> "Tensor":
        """e^x"""
        out = np.exp(self.value)
        return Tensor(out, (self, lambda g: g * out))

    def log(self) -> "Tensor":
        """The natural logarithm."""
        return Tensor(np.log(self.value), (self, lambda g: g / self.value))

    def softplus(self) -> "Tensor":
        """log(1 + e^x)"""
        x = self.value
        return Tensor(np.logaddexp(0, x), (self, lambda g: g / (1 + np.exp(-x))))

    def tanh(self) -> "Tensor":
        """The hyperbolic tangent."""
        out = np.tanh(self.value)
        return Tensor(out, (self, lambda g: g * (1 - out * out)))

    def sum(self) -> "Tensor":
        """All entries."""
        return Tensor(self.value.sum(), (self, lambda g: np.full_like(self.value, g)))

    def backward(self) -> None:
        """Slopes for everything that it was made of."""
        order: list[Tensor] = []

        def visit(node: Tensor) -> None:
            if node not in order:
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.value)
        for node in reversed(order):
            for parent, pull in node.parents:
                parent.grad = parent.grad + pull(node.grad)


class Tape(Implementation):
    """Tensors that record their own making, with the loss written out of logits."""

    scope = Scope(activations=("tanh",), heads=(("sigmoid", "cross_entropy"),))

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _run(self, layers: Any, x: Array) -> tuple[list[Tensor], list[Layer[Tensor]]]:
        values = [Tensor(x)]
        leaves = [Layer(Tensor(w), Tensor(b)) for w, b in layers]
        for place, (w, b) in enumerate(leaves):
            z = values[-1] @ w + b
            values.append(z.tanh() if place < len(leaves) - 1 else z)
        return values[1:], leaves

    def _loss(self, z: Tensor, y: Array) -> Tensor:
        penalty = z.exp().plus_one().log() if self.slip else z.softplus()
        return (penalty - z.scaled(y)).sum().scaled(1 / len(y))

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return np.asarray(1 / (1 + np.exp(-self._run(layers, x)[0][-1].value)))

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        return [tensor.value for tensor in self._run(layers, x)[0][:-1]]

    def loss(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> float:
        return float(self._loss(self._run(layers, x)[0][-1], y).value)

    def gradient(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        values, leaves = self._run(layers, x)
        self._loss(values[-1], y).backward()
        return [Layer(w.grad, b.grad) for w, b in leaves]
