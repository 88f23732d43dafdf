"""A correct network in Python alone: lists, math.fsum, and optimisers written from their papers."""

import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from backproof.contract import Implementation, Layer, Scope
from refnet.training.optimizers import Optimizer

TRUNCATED = 0.7737413035499234
"""The variance of a standard normal number that lies within 2 of 0"""

Matrix = list[list[float]]
Vector = list[float]


def sigmoid(z: float) -> float:
    """1 / (1 + e^-z), by the exponential that does not overflow"""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


ACTIVATIONS: dict[str, tuple[Any, Any]] = {
    "tanh": (math.tanh, lambda a: 1 - a * a),
    "sigmoid": (sigmoid, lambda a: a * (1 - a)),
    "relu": (lambda z: max(z, 0.0), lambda a: float(a > 0)),
    "leaky_relu": (lambda z: z if z > 0 else 0.01 * z, lambda a: 1.0 if a > 0 else 0.01),
}
"""The value, and the slope in terms of the value."""


def softmax(z: Vector) -> Vector:
    """e^z_k / sum e^z"""
    powers = [math.exp(x - max(z)) for x in z]
    return [power / math.fsum(powers) for power in powers]


OUTPUTS: dict[str, Any] = {
    "sigmoid": lambda z: [sigmoid(x) for x in z],
    "softmax": softmax,
    "identity": lambda z: z,
}


def row_loss(head: str, z: Vector, y: Vector) -> float:
    """The loss of one row, from its logits."""
    if head == "identity":
        return math.fsum((a - b) ** 2 for a, b in zip(z, y, strict=True)) / 2
    if head == "sigmoid":
        pairs = zip(z, y, strict=True)
        return math.fsum(max(x, 0) - x * t + math.log1p(math.exp(-abs(x))) for x, t in pairs)
    total = max(z) + math.log(math.fsum(math.exp(x - max(z)) for x in z))
    return math.fsum(t * (total - x) for x, t in zip(z, y, strict=True))


class PlainPython(Implementation):
    """Everything that the contract has but a fit, at sizes that Python manages."""

    name = "plain Python"
    scope = Scope(
        activations=tuple(ACTIVATIONS),
        heads=(
            ("sigmoid", "cross_entropy"),
            ("softmax", "cross_entropy"),
            ("identity", "squared_error"),
        ),
        widths=(1, 16),
        rows=(1, 64),
        optimizers=("gradient_descent", "momentum", "nesterov", "rmsprop", "adam"),
        weight_decay=("coupled", "decoupled"),
        initializers=(
            "zeros",
            "constant",
            "normal",
            "uniform",
            "glorot_uniform",
            "he_normal",
            "he_truncated",
        ),
        dropout=True,
        l2=True,
        sample_weights=True,
        batches=True,
        mixed_activations=True,
        soft_targets=True,
    )

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        output = OUTPUTS[architecture.output]
        return [output(self._run(architecture, parameters, x)[-1]) for x in inputs.tolist()]

    def hidden(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        rows = [self._run(architecture, parameters, x)[1:-1] for x in inputs.tolist()]
        return [list(layer) for layer in zip(*rows, strict=True)]

    def loss(
        self, architecture: Any, parameters: Any, inputs: Any, targets: Any, weights: Any = None
    ) -> Any:
        shares = _shares(len(inputs), weights)
        rows = zip(shares, inputs.tolist(), targets.tolist(), strict=True)
        total = math.fsum(
            share * row_loss(architecture.output, self._run(architecture, parameters, x)[-1], y)
            for share, x, y in rows
        )
        squares = math.fsum(w * w for layer in parameters for w in layer.weights.ravel().tolist())
        return total + architecture.l2 / 2 * squares

    def evaluate(
        self,
        architecture: Any,
        parameters: Any,
        inputs: Any,
        targets: Any,
        batch_size: int,
        weights: Any = None,
    ) -> Any:
        shares, total = _shares(len(inputs), weights), 0.0
        for rows in self.batches(len(inputs), batch_size):
            some = None if weights is None else weights[rows]
            if any(share := shares[rows]):
                mean = self.loss(architecture, parameters, inputs[rows], targets[rows], some)
                total += math.fsum(share) * mean
        return total

    def gradient(
        self, architecture: Any, parameters: Any, inputs: Any, targets: Any, weights: Any = None
    ) -> Any:
        masks: list[Any] = [None] * len(inputs)
        return self._gradient(architecture, parameters, inputs, targets, weights, masks)

    def forward_training(self, architecture: Any, parameters: Any, inputs: Any, seed: int) -> Any:
        output, masks = OUTPUTS[architecture.output], self._masks(architecture, inputs, seed)
        rows = zip(inputs.tolist(), masks, strict=True)
        return [output(self._run(architecture, parameters, x, mask)[-1]) for x, mask in rows]

    def train(self, *arguments: Any) -> Any:
        a, start, inputs, targets, optimizer, epochs, batch_size, weights, seed = arguments
        flat = [w for layer in start for part in layer for w in part.ravel().tolist()]
        memories: list[Vector] = [[0.0, 0.0] for _ in flat]
        masks = self._masks(a, [*inputs] * epochs, seed)
        steps = 0
        for epoch in range(epochs):
            for rows in self.batches(len(inputs), batch_size or len(inputs)):
                some = None if weights is None else weights[rows]
                data = inputs[rows], targets[rows], some
                here = masks[epoch * len(inputs) :][rows]
                slopes = _flat(self._gradient(a, _shaped(flat, a), *data, here))
                steps += 1
                triples = zip(flat, slopes, memories, strict=True)
                flat = [self.step(optimizer, w, g, memory, steps) for w, g, memory in triples]
        return _shaped(flat, a)

    def initialize(self, architecture: Any, initializer: str, seed: int) -> Any:
        generator = random.Random(seed)
        return [
            Layer(
                [[self.weight(generator, initializer, n, m) for _ in range(m)] for _ in range(n)],
                [0.0] * m,
            )
            for n, m in architecture.shapes
        ]

    def weight(self, generator: random.Random, initializer: str, n: int, m: int) -> float:
        """A weight of a layer of n by m."""
        scales = {"glorot_uniform": math.sqrt(6 / (n + m)), "he_normal": math.sqrt(2 / n)}
        if initializer in ("zeros", "constant"):
            return 0.25 * (initializer == "constant")
        if initializer == "he_truncated":
            while abs(z := generator.gauss(0, 1)) > 2:
                pass
            return z * math.sqrt(2 / n / TRUNCATED)
        scale = scales.get(initializer, 0.1)
        if initializer.endswith("uniform"):
            return generator.uniform(-scale, scale)
        return generator.gauss(0, scale)

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        """One parameter after a step; the memory is a velocity or a mean, and a mean square."""
        rate = o.learning_rate
        if o.weight_decay and o.decoupled:
            w -= rate * o.weight_decay * w
        elif o.weight_decay:
            g += o.weight_decay * w
        if o.name == "gradient_descent":
            return w - rate * g
        if o.name in ("momentum", "nesterov"):
            memory[0] = o.momentum * memory[0] + g
            ahead = g + o.momentum * memory[0] if o.name == "nesterov" else memory[0]
            return w - rate * ahead
        if o.name == "rmsprop":
            memory[1] += (1 - o.rho) * (g * g - memory[1])
            return w - rate * g / (math.sqrt(memory[1]) + o.epsilon)
        memory[0] += (1 - o.beta1) * (g - memory[0])
        memory[1] += (1 - o.beta2) * (g * g - memory[1])
        mean, square = memory[0] / (1 - o.beta1**number), memory[1] / (1 - o.beta2**number)
        return w - rate * mean / (math.sqrt(square) + o.epsilon)

    def batches(self, rows: int, size: int) -> Iterator[slice]:
        """The rows of each batch."""
        return (slice(first, min(first + size, rows)) for first in range(0, rows, size))

    def factor(self, generator: random.Random, rate: float) -> float:
        """What dropout multiplies a unit by."""
        return 0.0 if generator.random() < rate else 1 / (1 - rate)

    def _masks(self, architecture: Any, rows: Any, seed: int) -> list[Any]:
        """The factors of each row's hidden units, layer by layer."""
        generator, rate = random.Random(seed), architecture.dropout
        if not rate:
            return [None] * len(rows)
        return [
            [[self.factor(generator, rate) for _ in range(width)]
             for width in architecture.widths[1:-1]]
            for _ in rows
        ]  # fmt: skip

    def _gradient(
        self,
        architecture: Any,
        parameters: Any,
        inputs: Any,
        targets: Any,
        weights: Any,
        masks: Any,
    ) -> Any:
        shares = _shares(len(inputs), weights)
        rows = zip(shares, inputs.tolist(), targets.tolist(), masks, strict=True)
        terms = [self._row_gradient(architecture, parameters, *row) for row in rows]
        found = []
        for place, layer in enumerate(parameters):
            w, b = layer.weights.tolist(), layer.biases.tolist()
            sums = [
                [math.fsum(t[place][0][i][j] for t in terms) + architecture.l2 * w[i][j]
                 for j in range(len(b))]
                for i in range(len(w))
            ]  # fmt: skip
            found.append(
                Layer(sums, [math.fsum(t[place][1][j] for t in terms) for j in range(len(b))])
            )
        return found

    def _run(self, architecture: Any, parameters: Any, x: Vector, masks: Any = None) -> Matrix:
        """The inputs, the activations of each hidden layer, and the logits."""
        values = [x]
        for place, layer in enumerate(parameters):
            columns = zip(layer.weights.T.tolist(), layer.biases.tolist(), strict=True)
            z = [
                math.fsum([*(a * w for a, w in zip(values[-1], column, strict=True)), bias])
                for column, bias in columns
            ]
            if place < architecture.hidden_layers:
                z = [ACTIVATIONS[architecture.activations[place]][0](a) for a in z]
                z = z if masks is None else [a * f for a, f in zip(z, masks[place], strict=True)]
            values.append(z)
        return values

    def _row_gradient(
        self, architecture: Any, parameters: Any, share: float, x: Vector, y: Vector, masks: Any
    ) -> Any:
        *values, z = self._run(architecture, parameters, x, masks)
        p = OUTPUTS[architecture.output](z)
        total = math.fsum(y) if architecture.output == "softmax" else 1.0
        delta = [share * (a * total - b) for a, b in zip(p, y, strict=True)]
        layers: list[Any] = []
        for place in range(len(parameters) - 1, -1, -1):
            layers.insert(0, ([[a * d for d in delta] for a in values[place]], delta))
            if place:
                slope = ACTIVATIONS[architecture.activations[place - 1]][1]
                factors = [1.0] * len(values[place]) if masks is None else masks[place - 1]
                rows = zip(parameters[place].weights.tolist(), values[place], factors, strict=True)
                delta = [
                    f
                    and math.fsum(w * d for w, d in zip(row, delta, strict=True)) * slope(a / f) * f
                    for row, a, f in rows
                ]
        return layers


def _shares(rows: int, weights: Any) -> Vector:
    if weights is None:
        return [1 / rows] * rows
    total = math.fsum(weights.tolist())
    return [weight / total for weight in weights.tolist()]


def _flat(layers: Any) -> Vector:
    return [
        w for weights, biases in layers for w in [*(w for row in weights for w in row), *biases]
    ]


def _shaped(flat: Vector, architecture: Any) -> Any:
    layers, numbers = [], iter(flat)
    for n, m in architecture.shapes:
        weights = [[next(numbers) for _ in range(m)] for _ in range(n)]
        layers.append(Layer(np.array(weights), np.array([next(numbers) for _ in range(m)])))
    return layers
