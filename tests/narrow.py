"""Networks without biases, written as such: they keep matrices, and answer with nothing else."""

from typing import Any

import numpy as np
from scipy import special

from backproof.contract import Fit, Implementation, Layer, NotSupported, Scope
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
        if architecture.hidden_layers:
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
