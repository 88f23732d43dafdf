"""A port from MATLAB: Theta with the bias in its first column, unrolled into one long vector."""

from itertools import pairwise
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope


def sigmoid(z: Array) -> Array:
    """1 ./ (1 + exp(-z))"""
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def with_ones(a: Array) -> Array:
    """[ones(m, 1) a]"""
    return np.hstack([np.ones((a.shape[0], 1)), a])


def unroll(thetas: list[Array]) -> Array:
    """[Theta1(:); Theta2(:); ...], column by column"""
    return np.concatenate([theta.ravel(order="F") for theta in thetas])


def reshaped(nn_params: Array, sizes: tuple[int, ...]) -> list[Array]:
    """The matrices of a long vector."""
    thetas, begin = [], 0
    for n, m in pairwise(sizes):
        end = begin + m * (n + 1)
        thetas.append(nn_params[begin:end].reshape((m, n + 1), order="F"))
        begin = end
    return thetas


def feed(thetas: list[Array], X: Array) -> list[Array]:
    """The activations of each layer, the inputs first, without the ones."""
    activations = [X]
    for theta in thetas:
        activations.append(sigmoid(with_ones(activations[-1]) @ theta.T))
    return activations


def cost(
    nn_params: Array, sizes: tuple[int, ...], X: Array, y: Array, lam: float, slip: bool
) -> tuple[float, Array]:
    """The cost J, and its slope as one long vector."""
    m = X.shape[0]
    thetas = reshaped(nn_params, sizes)
    activations = feed(thetas, X)
    h = activations[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(y == 1, np.log(h), np.where(y == 0, np.log(1 - h), 0))
    J = -np.sum(terms) / m
    J = J + lam / (2 * m) * sum(np.sum(theta[:, 1:] ** 2) for theta in thetas)

    grads: list[Array] = []
    delta = (h - y) / m if slip else h - y
    for i in range(len(thetas) - 1, -1, -1):
        grad = delta.T @ with_ones(activations[i]) / m
        grad[:, 1:] = grad[:, 1:] + lam / m * thetas[i][:, 1:]
        grads.insert(0, grad)
        a = activations[i]
        delta = delta @ thetas[i][:, 1:] * a * (1 - a)
    return float(J), unroll(grads)


class Unrolled(Implementation):
    """One cost function that gives the cost and a long vector of slopes, for a minimiser."""

    scope = Scope(
        activations=("sigmoid",),
        heads=(("sigmoid", "cross_entropy"),),
        l2=True,
    )
    conventions = Conventions(loss_from="probabilities", penalty_per_row=True)

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _thetas(self, layers: Any) -> list[Array]:
        return [np.hstack([b[:, None], w.T]) for w, b in layers]

    def _cost(self, a: Architecture, layers: Any, x: Array, y: Array) -> tuple[float, Array]:
        return cost(unroll(self._thetas(layers)), a.widths, x, y, a.l2, self.slip)

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return feed(self._thetas(layers), x)[-1]

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        return feed(self._thetas(layers), x)[1:-1]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return self._cost(a, layers, x, y)[0]

    def gradient(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        found = reshaped(self._cost(a, layers, x, y)[1], a.widths)
        return [Layer(theta[:, 1:].T, theta[:, 0]) for theta in found]
