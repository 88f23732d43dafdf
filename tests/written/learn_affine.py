"""Pairs of functions, affine_forward and affine_backward, a dictionary W1, b1, and update rules."""

from typing import Any

import numpy as np

from backproof.contract import Array, Implementation, Layer, Scope

Params = dict[str, Array]


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """The outputs, and what the way back needs."""
    return x.dot(w) + b, (x, w)


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """The slopes by the inputs, the weights and the biases."""
    x, w = cache
    return dout.dot(w.T), x.T.dot(dout), dout.sum(axis=0)


def relu_forward(x: Array) -> tuple[Array, Array]:
    """The outputs, and the inputs."""
    return np.maximum(0, x), x


def relu_backward(dout: Array, cache: Array) -> Array:
    """The slopes by the inputs."""
    return dout * (cache > 0)


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    """The loss, and its slope by the scores."""
    shifted = x - np.max(x, axis=1, keepdims=True)
    total = np.sum(np.exp(shifted), axis=1, keepdims=True)
    loss = -np.sum(y * (shifted - np.log(total))) / len(x)
    return float(loss), (np.exp(shifted) / total - y) / len(x)


def sgd_momentum(w: Array, dw: Array, config: dict[str, Any]) -> Array:
    """v' = mu v - rate dw, w' = w + v'"""
    v = config["momentum"] * config.get("v", 0.0) - config["rate"] * dw
    config["v"] = v
    return np.asarray(w + v)


def nesterov(w: Array, dw: Array, config: dict[str, Any]) -> Array:
    """w' = w - mu v + (1 + mu) v', with v' as above"""
    mu, v = config["momentum"], config.get("v", 0.0)
    v_prev, v = v, mu * v - config["rate"] * dw
    config["v"] = v
    return np.asarray(w - mu * (v if config["slip"] else v_prev) + (1 + mu) * v)


def rmsprop(w: Array, dw: Array, config: dict[str, Any]) -> Array:
    """w' = w - rate dw / (sqrt(cache') + epsilon)"""
    cache = config["decay"] * config.get("cache", 0.0) + (1 - config["decay"]) * dw**2
    config["cache"] = cache
    return np.asarray(w - config["rate"] * dw / (np.sqrt(cache) + config["epsilon"]))


RULES = {"momentum": sgd_momentum, "nesterov": nesterov, "rmsprop": rmsprop}


class Affine(Implementation):
    """Functions in pairs, with parameters and the state of each update rule in dictionaries."""

    scope = Scope(
        activations=("relu",),
        heads=(("softmax", "cross_entropy"),),
        optimizers=tuple(RULES),
        l2=True,
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _scores(self, layers: Any, x: Array) -> tuple[Array, list[Any]]:
        caches: list[Any] = []
        for place, (w, b) in enumerate(layers):
            x, cache = affine_forward(x, w, b)
            caches.append(cache)
            if place < len(layers) - 1:
                x, cache = relu_forward(x)
                caches.append(cache)
        return x, caches

    def _loss(self, layers: Any, x: Array, y: Array, reg: float) -> tuple[float, Params]:
        scores, caches = self._scores(layers, x)
        loss, dout = softmax_loss(scores, y)
        grads: Params = {}
        for i in range(len(layers), 0, -1):
            dout, dw, grads[f"b{i}"] = affine_backward(dout, caches.pop())
            grads[f"W{i}"] = dw + reg * layers[i - 1][0]
            loss += 0.5 * reg * float(np.sum(layers[i - 1][0] ** 2))
            if caches:
                dout = relu_backward(dout, caches.pop())
        return loss, grads

    def forward(self, _: Any, layers: Any, x: Array) -> Array:
        scores = self._scores(layers, x)[0]
        powers = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        return np.asarray(powers / np.sum(powers, axis=1, keepdims=True))

    def loss(self, a: Any, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return self._loss(layers, x, y, a.l2)[0]

    def gradient(self, a: Any, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        grads = self._loss(layers, x, y, a.l2)[1]
        return [Layer(grads[f"W{i}"], grads[f"b{i}"]) for i in range(1, len(layers) + 1)]

    def train(self, a: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *_: Any) -> Any:
        rule = RULES[how.name]
        options = {"rate": how.learning_rate, "momentum": how.momentum, "decay": how.rho,
                   "epsilon": how.epsilon, "slip": self.slip}  # fmt: skip
        configs = [[dict(options), dict(options)] for _ in layers]
        for _i in range(epochs):
            slopes = self.gradient(a, layers, x, y)
            layers = [
                Layer(*map(rule, layer, slope, config))
                for layer, slope, config in zip(layers, slopes, configs, strict=True)
            ]
        return layers
