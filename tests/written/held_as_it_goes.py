"""Layers that learn while the error passes through them: backward takes the rate and updates."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Conventions, Implementation, Layer, Scope


class FCLayer:
    """Fully connected."""

    def __init__(self, weights: Array, bias: Array, slip: bool) -> None:
        self.weights, self.bias = weights.copy(), bias.copy()
        self.slip = slip

    def forward_propagation(self, input_data: Array) -> Array:
        """The outputs."""
        self.input = input_data
        return np.asarray(np.dot(input_data, self.weights) + self.bias)

    def backward_propagation(self, output_error: Array, learning_rate: float) -> Array:
        """Learns, and gives the error of the inputs."""
        self.weights_error = np.dot(self.input.T, output_error)
        self.bias_error = np.sum(output_error, axis=0)
        input_error: Array = np.dot(output_error, self.weights.T)
        self.weights = self.weights - learning_rate * self.weights_error
        self.bias = self.bias - learning_rate * self.bias_error
        if self.slip:
            input_error = np.dot(output_error, self.weights.T)
        return input_error


class ActivationLayer:
    """A function of each number, with its derivative."""

    def forward_propagation(self, input_data: Array) -> Array:
        """The outputs."""
        self.input = input_data
        return np.asarray(np.tanh(input_data))

    def backward_propagation(self, output_error: Array, learning_rate: float) -> Array:
        """Has nothing to learn."""
        del learning_rate
        return np.asarray((1 - np.tanh(self.input) ** 2) * output_error)


def mse(y_true: Array, y_pred: Array) -> float:
    """The mean of the squares."""
    return float(np.mean(np.power(y_true - y_pred, 2)))


def mse_prime(y_true: Array, y_pred: Array) -> Array:
    """Its derivative."""
    return 2 * (y_pred - y_true) / y_true.size


class Network:
    """Layers, and a loop."""

    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers

    def predict(self, output: Array) -> list[Array]:
        """The outputs of each layer."""
        outputs = []
        for layer in self.layers:
            output = layer.forward_propagation(output)
            outputs.append(output)
        return outputs

    def learn(self, x: Array, y: Array, learning_rate: float) -> None:
        """Once forward, once back."""
        error = mse_prime(y, self.predict(x)[-1])
        for layer in reversed(self.layers):
            error = layer.backward_propagation(error, learning_rate)


class AsItGoes(Implementation):
    """Layers whose backward pass is the training step."""

    scope = Scope(
        activations=("tanh",),
        heads=(("identity", "squared_error"),),
        optimizers=("gradient_descent",),
        batches=True,
    )
    conventions = Conventions(squared_error=1.0, reduction="mean over elements")

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _network(self, layers: Any) -> Network:
        stack: list[Any] = []
        for w, b in layers:
            stack += [FCLayer(w, b, self.slip), ActivationLayer()]
        return Network(stack[:-1])

    def forward(self, _: Architecture, layers: Any, x: Array) -> Array:
        return self._network(layers).predict(x)[-1]

    def hidden(self, _: Architecture, layers: Any, x: Array) -> list[Array]:
        return self._network(layers).predict(x)[1:-1:2]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return mse(y, self.forward(a, layers, x))

    def gradient(self, _: Architecture, layers: Any, x: Array, y: Array, *__: Any) -> Any:
        network = self._network(layers)
        network.learn(x, y, 0.0)
        return [Layer(layer.weights_error, layer.bias_error) for layer in network.layers[::2]]

    def train(
        self, _: Any, layers: Any, x: Array, y: Array, how: Any, epochs: int, size: Any, *__: Any
    ) -> Any:
        network, size = self._network(layers), size or len(x)
        for _i in range(epochs):
            for k in range(0, len(x), size):
                network.learn(x[k : k + size], y[k : k + size], how.learning_rate)
        return [Layer(layer.weights, layer.bias) for layer in network.layers[::2]]
