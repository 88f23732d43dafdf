"""scikit-learn's MLPClassifier and MLPRegressor, set to given parameters.

The outputs are `predict_proba` or `predict`, a hidden layer is the `predict` of the network that
ends there, and the loss is `loss_` after one `partial_fit`, which takes it before the step. The
gradient alone is not public. A step shows it only up to the rounding of w - rate g, which hides
the small entries of a softmax, so that it comes from `_backprop`.

Where the reported loss and the gradient belong to two functions, in a regression with several
outputs, the loss is refused; `several_outputs="judge"` lets the laws find it.
Source: https://github.com/scikit-learn/scikit-learn/issues/8349
"""

from functools import lru_cache
from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

from backproof.contract import Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.precision import PRESETS

NAMES = {
    "identity": "identity",
    "sigmoid": "logistic",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
}
"""scikit-learn's words for the activations."""

PRECISIONS = ("float64", "float32")


class Sklearn(Implementation):
    """MLPClassifier and MLPRegressor in float64 or float32."""

    name = "sklearn"
    version = sklearn.__version__
    scope = Scope(
        activations=("identity", "sigmoid", "tanh", "relu"),
        heads=(
            ("sigmoid", "cross_entropy"),
            ("softmax", "cross_entropy"),
            ("identity", "squared_error"),
        ),
        l2=True,
        sample_weights=True,
    )

    def __init__(self, precision: str = "float64", several_outputs: str = "refuse") -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"precision={precision!r}: the networks run in float64 or float32")
        if several_outputs not in ("refuse", "judge"):
            raise ValueError(f"several_outputs={several_outputs!r}: choose refuse or judge")
        self._refuses = several_outputs == "refuse"
        self.precision = PRESETS[precision]
        self.conventions = Conventions(
            loss_from="probabilities",
            probability_clip=float(np.finfo(precision).eps),
            penalty_per_row=True,
        )

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        network = _network(architecture, parameters)
        if architecture.output == "identity":
            return _columns(network.predict(inputs))
        outputs: Array = network.predict_proba(inputs)
        return outputs[:, 1:] if architecture.widths[-1] == 1 else outputs

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        activation, layers = _activation(architecture), []
        for depth in range(1, len(parameters)):
            network = _at(parameters[:depth], activation, "identity")
            network.out_activation_ = NAMES[activation]
            layers.append(_columns(network.predict(inputs)))
        return layers

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> float:
        if self._refuses and architecture.output == "identity" and architecture.widths[-1] > 1:
            raise NotSupported(
                "MLPRegressor reports a mean over outputs and follows the gradient of their sum"
            )
        network = _network(architecture, parameters)
        _step(network, architecture, inputs, targets, sample_weights)
        return float(network.loss_)

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        network, none = _network(architecture, parameters), [None] * len(parameters)
        network.alpha = architecture.l2
        labels = targets if architecture.output == "identity" else _classes(targets)
        room = ([inputs, *none], [*none], [*none], [*none])
        _, weights, biases = network._backprop(inputs, labels, sample_weights, *room)
        return [Layer(*pair) for pair in zip(weights, biases, strict=True)]


def _activation(architecture: Architecture) -> str:
    """The one activation of all hidden layers."""
    names = set(architecture.activations)
    if len(names) > 1:
        raise NotSupported("scikit-learn has one activation for all hidden layers")
    return names.pop() if names else "identity"


def _network(architecture: Architecture, parameters: Parameters) -> Any:
    """The estimator of an architecture at these parameters."""
    output = architecture.output
    if output == "softmax" and architecture.widths[-1] == 2:
        raise NotSupported("MLPClassifier has one sigmoid output for two classes, no softmax")
    network = _at(parameters, _activation(architecture), output)
    network.out_activation_ = NAMES[output]  # `hidden` sets another
    return network


def _at(parameters: Parameters, activation: str, output: str) -> Any:
    """An estimator with these parameters, in copies, since `partial_fit` works in place."""
    widths = (len(parameters[0].weights), *(len(biases) for _, biases in parameters))
    network = _started(widths, activation, output, parameters[0].weights.dtype)
    network.coefs_ = [weights.copy() for weights, _ in parameters]
    network.intercepts_ = [biases.copy() for _, biases in parameters]
    return network


@lru_cache(maxsize=64)
def _started(widths: tuple[int, ...], activation: str, output: str, dtype: np.dtype[Any]) -> Any:
    """An estimator that has seen one row of zeros, so that it has parameters to be set.

    Its plain gradient descent keeps nothing that a later step would feel: no momentum, a constant
    rate, no shuffling. Made once for each shape, since that costs as much as a step.
    """
    kind = MLPRegressor if output == "identity" else MLPClassifier
    network = kind(
        hidden_layer_sizes=widths[1:-1],
        activation=NAMES[activation],
        solver="sgd",
        learning_rate_init=2.0**-60,  # no step leaves the finite numbers
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=0,
    )
    row, targets = np.zeros((1, widths[0]), dtype), np.zeros((1, widths[-1]), dtype)
    if output == "identity":
        return network.partial_fit(row, targets if widths[-1] > 1 else targets[0])
    if output == "softmax":
        return network.partial_fit(row, [0], classes=np.arange(widths[-1]))
    labels = targets.astype(int) if widths[-1] > 1 else [0]
    return network.partial_fit(row, labels, classes=np.arange(max(2, widths[-1])))


def _step(
    network: Any,
    architecture: Architecture,
    inputs: Array,
    targets: Array,
    sample_weights: Array | None,
) -> None:
    """One step of gradient descent on all rows."""
    network.alpha = architecture.l2
    network.batch_size = len(inputs)
    try:
        network.partial_fit(inputs, _labels(architecture, targets), sample_weight=sample_weights)
    except BaseException:
        _started.cache_clear()  # a step that failed may leave anything behind
        raise
    network.loss_curve_.clear()


def _labels(architecture: Architecture, targets: Array) -> Any:
    """The targets as `partial_fit` takes them: real numbers, class numbers or 0/1 indicators."""
    if architecture.output != "identity":
        targets = _classes(targets).astype(int)
    if architecture.output == "softmax":
        return np.argmax(targets, axis=1)
    return targets[:, 0] if targets.shape[1] == 1 else targets


def _classes(targets: Array) -> Any:
    """The targets as booleans, which is what MLPClassifier makes of them.

    Raises: NotSupported for a target that is no class.
    """
    if not np.all((targets == 0) | (targets == 1)):
        raise NotSupported("MLPClassifier takes classes, no targets between 0 and 1")
    return targets.astype(bool)


def _columns(outputs: Array) -> Array:
    return outputs.reshape(len(outputs), -1)
