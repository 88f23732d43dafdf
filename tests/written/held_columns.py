"""The network of a well-known course: examples in columns, a dictionary W1, b1, ..., caches."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope

Parameters = dict[str, Array]


def softmax(Z: Array, axis: int | None) -> Array:
    """The columns as probabilities."""
    exps = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return np.asarray(exps / np.sum(exps, axis=axis, keepdims=True))


def L_model_forward(X: Array, parameters: Parameters, axis: int | None) -> tuple[Array, list[Any]]:  # noqa: N802 (the course's name)
    """AL, and a cache (A_prev, W, b, Z) for each layer."""
    A, caches, L = X, [], len(parameters) // 2
    for l in range(1, L + 1):  # noqa: E741 (the course's letter for a layer)
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        Z = np.dot(W, A) + b
        caches.append((A, W, b, Z))
        A = np.maximum(0, Z) if l < L else softmax(Z, axis)
    return A, caches


def compute_cost(AL: Array, Y: Array) -> float:
    """The cross-entropy of the columns, on average."""
    m = Y.shape[1]
    with np.errstate(divide="ignore"):
        return float(-np.sum(np.where(Y == 0, 0, Y * np.log(AL))) / m)


def L_model_backward(AL: Array, Y: Array, caches: list[Any]) -> Parameters:  # noqa: N802
    """The slopes dW1, db1, ..."""
    grads, m = {}, Y.shape[1]
    dZ = AL - Y
    for l in range(len(caches), 0, -1):  # noqa: E741
        A_prev, W, _, _ = caches[l - 1]
        grads[f"dW{l}"] = np.dot(dZ, A_prev.T) / m
        grads[f"db{l}"] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dZ = np.array(np.dot(W.T, dZ))
            dZ[caches[l - 2][3] <= 0] = 0
    return grads


def update_parameters(parameters: Parameters, grads: Parameters, learning_rate: float) -> None:
    """A step downhill."""
    for name in parameters:
        parameters[name] = parameters[name] - learning_rate * grads["d" + name]


class Columns(Implementation):
    """Functions of a course, with the examples in columns and a dictionary of parameters."""

    scope = Scope(
        activations=("relu",),
        heads=(("softmax", "cross_entropy"),),
        optimizers=("gradient_descent",),
    )
    conventions = Conventions(loss_from="probabilities")

    def __init__(self, slip: bool = True) -> None:
        self.axis = None if slip else 0

    def _parameters(self, layers: Any) -> Parameters:
        found: Parameters = {}
        for l, (w, b) in enumerate(layers, 1):  # noqa: E741
            found |= {f"W{l}": w.T, f"b{l}": b[:, None]}
        return found

    def _layers(self, found: Parameters, prefix: str = "") -> list[Layer[Array]]:
        count = len(found) // 2
        return [
            Layer(found[f"{prefix}W{l}"].T, found[f"{prefix}b{l}"][:, 0])
            for l in range(1, count + 1)  # noqa: E741
        ]

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return L_model_forward(x.T, self._parameters(layers), self.axis)[0].T

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        caches = L_model_forward(x.T, self._parameters(layers), self.axis)[1]
        return [cache[0].T for cache in caches[1:]]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return compute_cost(self.forward(a, layers, x).T, y.T)

    def gradient(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        AL, caches = L_model_forward(x.T, self._parameters(layers), self.axis)
        return self._layers(L_model_backward(AL, y.T, caches), "d")

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *__: Any
    ) -> Any:
        parameters = self._parameters(layers)
        for _i in range(epochs):
            AL, caches = L_model_forward(x.T, parameters, self.axis)
            update_parameters(parameters, L_model_backward(AL, y.T, caches), how.learning_rate)
        return self._layers(parameters)
