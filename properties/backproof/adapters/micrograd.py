"""micrograd: `nn.MLP` on scalars, rectified and linear at the end, and `Value.backward`.

The loss is written with its numbers, sum((o - y)**2) / n, as everybody does; its derivative is the
library's. Optimizers, other activations and losses, batches and starts but U(-1, 1) it has none.

What is declared was read in version 0.1.0. A graph is walked by recursion, a sum of n terms n deep,
so that networks are small here; and a hidden layer of one unit hands on a number where the next
one takes a list, so that `nn.MLP` has none.
"""

from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from micrograd.nn import MLP

from backproof.contract import Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions


class Micrograd(Implementation):
    """Networks of scalars."""

    name = "micrograd"
    version = version("micrograd")
    conventions = Conventions(squared_error=1.0)
    scope = Scope(
        activations=("relu",),
        heads=(("identity", "squared_error"),),
        hidden_layers=(0, 3),
        widths=(1, 32),
        rows=(1, 32),
    )

    def __init__(self, precision: str = "float64") -> None:
        if precision != "float64":
            raise ValueError(f"precision={precision!r}: micrograd computes in float64")

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        net = _set(architecture, parameters)
        return np.array([[one.data for one in _outputs(net, row)] for row in inputs], float)

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> float:
        return float(_loss(_set(architecture, parameters), inputs, targets).data)

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        net = _set(architecture, parameters)
        net.zero_grad()
        _loss(net, inputs, targets).backward()
        return [
            Layer(
                np.array([[w.grad for w in unit.w] for unit in layer.neurons], float).T,
                np.array([unit.b.grad for unit in layer.neurons], float),
            )
            for layer in net.layers
        ]


@cache
def _made(widths: tuple[int, ...]) -> Any:
    return MLP(widths[0], list(widths[1:]))


def _set(architecture: Architecture, parameters: Parameters) -> Any:
    """The network at these parameters.

    Raises: NotSupported for a hidden layer of one unit.
    """
    if 1 in architecture.widths[1:-1]:
        raise NotSupported("a hidden layer of one unit hands on a number, and MLP takes a list")
    net = _made(architecture.widths)
    for layer, (weights, biases) in zip(net.layers, parameters, strict=True):
        for unit, row, bias in zip(layer.neurons, weights.T.tolist(), biases, strict=True):
            unit.b.data = float(bias)
            for one, value in zip(unit.w, row, strict=True):
                one.data = value
    return net


def _outputs(net: Any, row: Array) -> list[Any]:
    found = net(row.tolist())
    return found if isinstance(found, list) else [found]


def _loss(net: Any, inputs: Array, targets: Array) -> Any:
    """The squared error of the rows, and their mean."""
    pairs = zip(inputs, targets.tolist(), strict=True)
    squares = [(o - t) ** 2 for x, y in pairs for o, t in zip(_outputs(net, x), y, strict=True)]
    return sum(squares) / len(inputs)
