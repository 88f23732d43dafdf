"""Networks that can little: some have no biases, some no parameters but their own."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from backproof.adapters.refnet import Refnet
from backproof.contract import Architecture, Fit, Implementation, Layer, NotSupported, Scope
from refnet.functions.smooth import TANH
from refnet.logistic import newton
from refnet.rounding.precision import PRESETS


class Bare(Implementation):
    """output(f(x W_1) W_2), which learns by gradient descent."""

    scope = Scope(
        activations=("tanh", "relu", "sigmoid"),
        heads=(
            ("sigmoid", "cross_entropy"),
            ("softmax", "cross_entropy"),
            ("identity", "squared_error"),
        ),
        biases=False,
        optimizers=("gradient_descent",),
    )

    def __init__(self, precision: str = "float64") -> None:
        self.precision = PRESETS[precision]

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        *_, z = self.run(architecture, parameters, inputs)
        return self.activate(architecture.output, z)

    def hidden(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        return self.run(architecture, parameters, inputs)[1:-1]

    def loss(self, architecture: Any, parameters: Any, inputs: Any, targets: Any, _: Any) -> Any:
        *_below, z = self.run(architecture, parameters, inputs)
        if architecture.output == "softmax":
            rows = np.sum(targets * (special.logsumexp(z, axis=1, keepdims=True) - z), axis=1)
        elif architecture.output == "sigmoid":
            rows = np.sum(np.logaddexp(0, z) - targets * z, axis=1)
        else:
            rows = np.sum((z - targets) ** 2, axis=1) / 2
        return np.sum(rows) / len(inputs)

    def gradient(
        self, architecture: Any, parameters: Any, inputs: Any, targets: Any, _: Any
    ) -> Any:
        *a, z = self.run(architecture, parameters, inputs)
        delta, layers = (self.activate(architecture.output, z) - targets) / len(inputs), []
        for place in range(len(parameters) - 1, -1, -1):
            layers.append(Layer(a[place].T @ delta, None))
            if place:
                slope = self.slope(architecture.activations[place - 1], a[place])
                delta = delta @ parameters[place].weights.T * slope
        return layers[::-1]

    def train(
        self, architecture: Any, parameters: Any, inputs: Any, targets: Any, optimizer: Any,
        epochs: int, *_: Any,
    ) -> Any:  # fmt: skip
        rate = np.asarray(optimizer.learning_rate, inputs.dtype)
        for epoch in range(epochs):
            steps = self.gradient(architecture, parameters, inputs, targets, None)
            pairs = zip(parameters, steps, strict=True)
            parameters = [Layer(w - self.rate(rate, epoch) * g, None) for (w, _b), (g, _c) in pairs]
        return parameters

    def fit(self, architecture: Any, inputs: Any, targets: Any, seed: int, _: Any) -> Any:
        if architecture.hidden_layers or architecture.loss != "cross_entropy":
            raise NotSupported("a fit is a logistic regression")
        design = self.design(inputs.astype(float))
        weights = newton.fit(design, targets.astype(float), np.zeros(design.shape[1])).weights
        layers: Any = [Layer(weights[: inputs.shape[1]].astype(inputs.dtype), None)]
        return Fit(layers, float(np.sqrt(np.finfo(inputs.dtype).eps)))

    def run(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        """The inputs, the activations of each hidden layer, and the last logits."""
        outputs = [inputs]
        for layer, name in zip(parameters, architecture.activations, strict=False):
            outputs.append(self.activate(name, outputs[-1] @ layer.weights))
        return [*outputs, outputs[-1] @ parameters[-1].weights]

    def activate(self, name: str, z: Any) -> Any:
        functions: dict[str, Any] = {
            "identity": lambda z: z,
            "relu": lambda z: np.maximum(z, 0),
            "sigmoid": special.expit,
            "softmax": lambda z: special.softmax(z, axis=1),
            "tanh": np.tanh,
        }
        return functions[name](z)

    def slope(self, name: str, a: Any) -> Any:
        if name == "relu":
            return (a > 0).astype(a.dtype)
        return a * (1 - a) if name == "sigmoid" else 1 - a * a

    def rate(self, rate: Any, epoch: int) -> Any:
        return rate

    def design(self, inputs: Any) -> Any:
        return inputs


class WrongSlope(Bare):
    """The derivative of the tanh is taken for 1 - a."""

    def slope(self, name: str, a: Any) -> Any:
        return 1 - a if name == "tanh" else super().slope(name, a)


class SlowsDown(Bare):
    """The second epoch has half the rate."""

    def rate(self, rate: Any, epoch: int) -> Any:
        return rate / 2 if epoch else rate


class FitsAnIntercept(Bare):
    """The fit has an intercept, which is thrown away."""

    def design(self, inputs: Any) -> Any:
        return np.append(inputs, np.ones((len(inputs), 1)), axis=1)


class HasABias(Bare):
    """A bias that nobody asked for stands in every layer."""

    def run(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        shifted = [Layer(w, b + 0.01) for w, b in parameters]
        outputs = [inputs]
        for (w, b), name in zip(shifted, architecture.activations, strict=False):
            outputs.append(self.activate(name, (outputs[-1] @ w + b).astype(inputs.dtype)))
        return [*outputs, (outputs[-1] @ shifted[-1].weights + shifted[-1].biases)]


FROZEN = (
    Architecture((3, 4, 2), "tanh", "softmax", "cross_entropy"),
    Architecture((2, 3, 3, 1), ("tanh", "relu"), "identity", "squared_error", l2=0.25),
    Architecture((2, 1), "identity", "sigmoid", "cross_entropy"),
)


def numbers(precision: str) -> Any:
    """What each of the frozen networks came with."""
    rng, dtype = np.random.default_rng(7), np.dtype(precision)
    return [
        [Layer(*(rng.normal(size=x).astype(dtype) for x in (s, s[1:]))) for s in a.shapes]
        for a in FROZEN
    ]


class Frozen(Refnet):
    """Three trained networks: whatever parameters they are given, they compute with their own."""

    scope = replace(
        Refnet.scope,
        architectures=FROZEN,
        frozen=True,
        optimizers=("gradient_descent",),
        weight_decay=(),
        initializers=(),
    )

    def __init__(self, precision: str = "float64") -> None:
        super().__init__(precision)
        self.weights = numbers(precision)

    def held(self, architecture: Any) -> Any:
        """The network's own parameters."""
        own: Any = self.weights
        return own[FROZEN.index(architecture)]

    def _trace(self, architecture: Any, _: Any, *rows: Any) -> Any:
        return super()._trace(architecture, self.held(architecture), *rows)

    def _problem(self, architecture: Any, _: Any, *rows: Any) -> Any:
        return super()._problem(architecture, self.held(architecture), *rows)

    def train(self, architecture: Any, _: Any, *rest: Any) -> Any:
        return super().train(architecture, self.held(architecture), *rest)

    def forward_training(self, architecture: Any, _: Any, *rest: Any) -> Any:
        return super().forward_training(architecture, self.held(architecture), *rest)


class FrozenWithAWrongTanh(Frozen):
    """Every tanh is a thousandth too large."""

    def apply(self, operation: Any, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result * 1.001 if operation is TANH.value else result


class HasItsOwnWeights(Refnet):
    """The same three networks, which take any parameters."""

    scope = replace(Refnet.scope, architectures=FROZEN)

    def __init__(self, precision: str = "float64") -> None:
        super().__init__(precision)
        self.weights = numbers(precision)


class ForgetsABiasAtItsOwn(HasItsOwnWeights):
    """With the numbers that they came with, and no others, the first bias is left out."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        own = numbers(self._precision)[FROZEN.index(architecture)]
        if np.array_equal(own[0].weights, parameters[0].weights):
            parameters = [Layer(parameters[0].weights, 0 * parameters[0].biases), *parameters[1:]]
        return super().forward(architecture, parameters, inputs)
