"""A small framework: modules in a Sequential, a criterion, an optimiser; W is (outputs, inputs)."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope


class Linear:
    """x W^T + b"""

    def __init__(self, weight: Array, bias: Array) -> None:
        self.weight, self.bias = weight.copy(), bias.copy()

    def __call__(self, x: Array) -> Array:
        """Outputs for rows."""
        self.input = x
        return x @ self.weight.T + self.bias

    def backward(self, grad: Array) -> Array:
        """Fills the slopes of the parameters."""
        self.grads = grad.T @ self.input, grad.sum(axis=0)
        return grad @ self.weight


class Tanh:
    """The hyperbolic tangent."""

    def __call__(self, x: Array) -> Array:
        """Outputs for rows."""
        self.output = np.tanh(x)
        return self.output

    def backward(self, grad: Array) -> Array:
        """Times 1 - tanh^2."""
        return np.asarray(grad * (1 - self.output**2))


class Sequential:
    """Modules, one after the other."""

    def __init__(self, modules: list[Any]) -> None:
        self.modules = modules

    def __call__(self, x: Array) -> Array:
        """Logits."""
        for module in self.modules:
            x = module(x)
        return x

    def backward(self, grad: Array) -> None:
        """From the logits back."""
        for module in reversed(self.modules):
            grad = module.backward(grad)

    @property
    def linears(self) -> list[Linear]:
        """The modules with parameters."""
        return [module for module in self.modules if isinstance(module, Linear)]


class CrossEntropyLoss:
    """Of softmax(logits), with smoothed labels."""

    def __init__(self, label_smoothing: float, slip: bool) -> None:
        self.smoothing, self.slip = label_smoothing, slip

    def smooth(self, y: Array) -> Array:
        """The smoothed labels."""
        s, classes = self.smoothing, y.shape[1]
        if self.slip:
            return np.asarray(y * (1 - s) + (1 - y) * s / (classes - 1))
        return np.asarray(y * (1 - s) + s / classes)

    def __call__(self, logits: Array, y: Array) -> float:
        """The mean over the rows."""
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.p, self.y = np.exp(log_p), self.smooth(y)
        return float(-(self.y * log_p).sum() / len(y))

    def backward(self) -> Array:
        """By the logits."""
        return np.asarray((self.p - self.y) / len(self.y))


class SGD:
    """Gradient descent, with momentum if any."""

    def __init__(self, linears: list[Linear], rate: float, momentum: float) -> None:
        self.linears, self.rate, self.momentum = linears, rate, momentum
        self.buffers: list[Any] = [[0.0, 0.0] for _ in linears]

    def step(self) -> None:
        """On the slopes that the modules hold."""
        for linear, buffer in zip(self.linears, self.buffers, strict=True):
            for i, (value, grad) in enumerate(
                zip((linear.weight, linear.bias), linear.grads, strict=True)
            ):
                buffer[i] = self.momentum * buffer[i] + grad
                value -= self.rate * buffer[i]


class SequentialNetwork(Implementation):
    """Modules, a criterion that smooths labels, and an optimiser object."""

    scope = Scope(
        activations=("tanh",),
        heads=(("softmax", "cross_entropy"),),
        optimizers=("gradient_descent", "momentum"),
        label_smoothing=True,
    )
    conventions = Conventions(outputs="logits")

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _model(self, layers: Any) -> Sequential:
        modules: list[Any] = []
        for w, b in layers:
            modules += [Linear(w.T, b), Tanh()]
        return Sequential(modules[:-1])

    def _slopes(self, a: Architecture, model: Sequential, x: Array, y: Array) -> None:
        criterion = CrossEntropyLoss(a.label_smoothing, self.slip)
        criterion(model(x), y)
        model.backward(criterion.backward())

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return self._model(layers)(x)

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return CrossEntropyLoss(a.label_smoothing, self.slip)(self._model(layers)(x), y)

    def gradient(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        model = self._model(layers)
        self._slopes(a, model, x, y)
        return [Layer(linear.grads[0].T, linear.grads[1]) for linear in model.linears]

    def train(self, a: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, *_: Any) -> Any:
        model = self._model(layers)
        optimizer = SGD(model.linears, how.learning_rate, how.momentum)
        for _i in range(epochs):
            self._slopes(a, model, x, y)
            optimizer.step()
        return [Layer(linear.weight.T, linear.bias) for linear in model.linears]
