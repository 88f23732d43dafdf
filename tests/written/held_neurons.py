"""Plain Python without matrices: a layer is a list of neurons, a neuron a dictionary."""

from math import exp
from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope

Neuron = dict[str, Any]
Network = list[list[Neuron]]


def activate(weights: list[float], inputs: list[float]) -> float:
    """The bias is the last weight."""
    activation = weights[-1]
    for i in range(len(weights) - 1):
        activation += weights[i] * inputs[i]
    return activation


def transfer(activation: float) -> float:
    """The sigmoid."""
    return 1.0 / (1.0 + exp(-activation)) if activation > -700 else exp(activation)


def transfer_derivative(output: float) -> float:
    """Of the sigmoid, by its output."""
    return output * (1.0 - output)


def forward_propagate(network: Network, row: list[float]) -> list[float]:
    """Leaves the output of each neuron in it."""
    inputs = row
    for layer in network:
        for neuron in layer:
            neuron["activation"] = activate(neuron["weights"], inputs)
        if layer is network[-1]:
            powers = [exp(n["activation"] - max(m["activation"] for m in layer)) for n in layer]
            outputs = [power / sum(powers) for power in powers]
        else:
            outputs = [transfer(neuron["activation"]) for neuron in layer]
        for neuron, output in zip(layer, outputs, strict=True):
            neuron["output"] = output
        inputs = outputs
    return inputs


def output_deltas(layer: list[Neuron], expected: list[float], slip: bool) -> None:
    """The errors of the outputs, taken back through the softmax."""
    outputs = [neuron["output"] for neuron in layer]
    errors = [o - e for o, e in zip(outputs, expected, strict=True)]
    for j, neuron in enumerate(layer):
        if slip:
            neuron["delta"] = errors[j] * transfer_derivative(outputs[j])
        else:
            differences = [(errors[j] - e) * o for e, o in zip(errors, outputs, strict=True)]
            neuron["delta"] = outputs[j] * sum(differences)


def backward_propagate(network: Network, expected: list[float], slip: bool) -> None:
    """Leaves the delta of each neuron in it."""
    output_deltas(network[-1], expected, slip)
    for i in reversed(range(len(network) - 1)):
        for j, neuron in enumerate(network[i]):
            error = sum(above["weights"][j] * above["delta"] for above in network[i + 1])
            neuron["delta"] = error * transfer_derivative(neuron["output"])


class Neurons(Implementation):
    """Lists and dictionaries, a neuron at a time, a row at a time."""

    scope = Scope(
        activations=("sigmoid",),
        heads=(("softmax", "squared_error"),),
        hidden_layers=(0, 3),
        widths=(1, 12),
        rows=(1, 24),
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _network(self, layers: Any) -> Network:
        return [
            [
                {"weights": [*column, bias]}
                for column, bias in zip(w.T.tolist(), b.tolist(), strict=True)
            ]
            for w, b in layers
        ]

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        network = self._network(layers)
        return np.array([forward_propagate(network, row) for row in x.tolist()])

    def hidden(self, a: Architecture, layers: Any, x: Array) -> list[Array]:
        found: list[list[list[float]]] = [[] for _ in range(a.hidden_layers)]
        network = self._network(layers)
        for row in x.tolist():
            forward_propagate(network, row)
            for rows, layer in zip(found, network[:-1], strict=True):
                rows.append([neuron["output"] for neuron in layer])
        return [np.array(rows) for rows in found]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        total = 0.0
        for row, expected in zip(self.forward(a, layers, x).tolist(), y.tolist(), strict=True):
            total += sum((o - e) ** 2 for o, e in zip(row, expected, strict=True)) / 2
        return total / len(x)

    def gradient(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        network = self._network(layers)
        slopes = [Layer(np.zeros(w.shape), np.zeros(b.shape)) for w, b in layers]
        for row, expected in zip(x.tolist(), y.tolist(), strict=True):
            forward_propagate(network, row)
            backward_propagate(network, expected, self.slip)
            inputs = row
            for layer, slope in zip(network, slopes, strict=True):
                for j, neuron in enumerate(layer):
                    slope.weights[:, j] += np.array(inputs) * neuron["delta"] / len(x)
                    slope.biases[j] += neuron["delta"] / len(x)
                inputs = [neuron["output"] for neuron in layer]
        return slopes
