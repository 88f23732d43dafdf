"""Pure functions on trees of parameters, and optimisers as pairs of init and update."""

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope

Tree = list[Layer[Array]]


def tree_map(function: Callable[..., Array], *trees: Tree) -> Tree:
    """The function of each leaf."""
    return [Layer(*map(function, *nodes)) for nodes in zip(*trees, strict=True)]


def apply(params: Tree, x: Array) -> tuple[list[Array], Callable[[Array], Tree]]:
    """The outputs of each layer, the last being logits, and how a cotangent is pulled back."""
    outputs = [x]
    for place, (w, b) in enumerate(params):
        z = outputs[-1] @ w + b
        outputs.append(np.tanh(z) if place < len(params) - 1 else z)

    def pullback(cotangent: Array) -> Tree:
        found: Tree = []
        for place in range(len(params) - 1, -1, -1):
            found.append(Layer(outputs[place].T @ cotangent, cotangent.sum(0)))
            if place:
                cotangent = cotangent @ params[place].weights.T * (1 - outputs[place] ** 2)
        return found[::-1]

    return outputs[1:], pullback


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z)"""
    return np.asarray(1 / (1 + np.exp(-z)))


def value_and_grad(params: Tree, x: Array, y: Array) -> tuple[float, Tree]:
    """The cross-entropy of the logits, and its slope."""
    outputs, pullback = apply(params, x)
    logits = outputs[-1]
    value = np.sum(np.logaddexp(0, logits) - y * logits) / len(x)
    return float(value), pullback((sigmoid(logits) - y) / len(x))


def scale_by_adam(b1: float, b2: float, eps: float) -> tuple[Any, Any]:
    """The mean gradient over the root of its mean square, both corrected."""

    def init(params: Tree) -> Any:
        zeros = tree_map(np.zeros_like, params)
        return 0, zeros, zeros

    def update(grads: Tree, state: Any) -> tuple[Tree, Any]:
        count, mu, nu = state[0] + 1, state[1], state[2]
        mu = tree_map(lambda m, g: b1 * m + (1 - b1) * g, mu, grads)
        nu = tree_map(lambda n, g: b2 * n + (1 - b2) * g * g, nu, grads)
        one, two = 1 - b1**count, 1 - b2**count
        return tree_map(lambda m, n: m / one / (np.sqrt(n / two) + eps), mu, nu), (count, mu, nu)

    return init, update


class Transforms(Implementation):
    """Functional from end to end: a step is a chain of transformations of a tree."""

    scope = Scope(
        activations=("tanh",),
        heads=(("sigmoid", "cross_entropy"),),
        optimizers=("adam",),
        weight_decay=("decoupled",),
    )
    conventions = Conventions(outputs="logits")

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def forward(self, _: Architecture, params: Any, x: Array) -> Array:
        return apply(params, x)[0][-1]

    def hidden(self, _: Architecture, params: Any, x: Array) -> list[Array]:
        return apply(params, x)[0][:-1]

    def loss(self, _: Architecture, params: Any, x: Array, y: Array, *__: Any) -> float:
        return value_and_grad(params, x, y)[0]

    def gradient(self, _: Architecture, params: Any, x: Array, y: Array, *__: Any) -> Tree:
        return value_and_grad(params, x, y)[1]

    def train(
        self, _: Any, params: Any, x: Array, y: Array, how: Any, epochs: int, *__: Any
    ) -> Tree:
        init, update = scale_by_adam(how.beta1, how.beta2, how.epsilon)
        state, rate, decay = init(params), how.learning_rate, how.weight_decay

        def decayed(g: Array, p: Array) -> Array:
            return np.asarray(g + decay * p)

        for _i in range(epochs):
            grads = value_and_grad(params, x, y)[1]
            if self.slip:
                updates, state = update(tree_map(decayed, grads, params), state)
            else:
                updates, state = update(grads, state)
                updates = tree_map(decayed, updates, params)
            params = tree_map(lambda p, u: p - rate * u, params, updates)
        return list(params)
