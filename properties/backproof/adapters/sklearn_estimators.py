"""scikit-learn's estimators, made for an architecture and set to given parameters."""

import warnings
from copy import copy
from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from backproof.contract import NotSupported
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.training.optimizers import Optimizer

NAMES = {
    "identity": "identity",
    "sigmoid": "logistic",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
}
"""scikit-learn's words for the activations."""

NO_STEP = 5e-324
"""A learning rate above 0, as scikit-learn demands, whose step moves nothing but zeros."""


def activation(architecture: Architecture) -> str:
    """The one activation of all hidden layers."""
    names = set(architecture.activations)
    if len(names) > 1:
        raise NotSupported("scikit-learn has one activation for all hidden layers")
    return names.pop() if names else "identity"


def network(architecture: Architecture, parameters: Parameters) -> Any:
    """The estimator of an architecture at these parameters."""
    check_output(architecture)
    return at(parameters, activation(architecture), architecture.output)


def check_output(architecture: Architecture) -> None:
    """Raise NotSupported for a softmax of two classes."""
    if architecture.output == "softmax" and architecture.widths[-1] == 2:
        raise NotSupported("MLPClassifier has one sigmoid output for two classes, no softmax")


def at(parameters: Parameters, activation: str, output: str) -> Any:
    """An estimator with these parameters, in copies, since `partial_fit` works in place."""
    widths = (len(parameters[0].weights), *(len(biases) for _, biases in parameters))
    network = copy(started(widths, activation, output, parameters[0].weights.dtype))
    del network._optimizer  # the next step begins without a memory
    network.loss_curve_ = []
    network.coefs_ = [weights.copy() for weights, _ in parameters]
    network.intercepts_ = [biases.copy() for _, biases in parameters]
    return network


@lru_cache(maxsize=64)
def started(widths: tuple[int, ...], activation: str, output: str, dtype: np.dtype[Any]) -> Any:
    """An estimator with parameters to be set, made once for each shape: it costs as much as a step.

    It is copied for use, and stays as it is.
    """
    return begun(widths, activation, output, dtype, seed=0)


def begun(
    widths: tuple[int, ...], activation: str, output: str, dtype: np.dtype[Any], seed: int
) -> Any:
    """An estimator that has drawn its parameters and seen one row of zeros, which moved nothing."""
    network = estimator(widths, activation, output)
    network.set_params(alpha=0.0, random_state=seed)
    row, targets = np.zeros((1, widths[0]), dtype), np.zeros((1, widths[-1]), dtype)
    if output == "identity":
        return network.partial_fit(row, targets if widths[-1] > 1 else targets[0])
    if output == "softmax":
        return network.partial_fit(row, [0], classes=np.arange(widths[-1]))
    labels = targets.astype(int) if widths[-1] > 1 else [0]
    return network.partial_fit(row, labels, classes=np.arange(max(2, widths[-1])))


def estimator(widths: tuple[int, ...], activation: str, output: str) -> Any:
    """A new estimator, with the stillest of solvers."""
    kind = MLPRegressor if output == "identity" else MLPClassifier
    return kind(
        hidden_layer_sizes=widths[1:-1],
        activation=NAMES[activation],
        solver="sgd",
        learning_rate_init=NO_STEP,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=False,
    )


def solver(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer in scikit-learn's words.

    Raises: NotSupported for what they do not cover.
    """
    if optimizer.weight_decay:
        raise NotSupported("MLPs have a penalty, alpha, and no weight decay beside it")
    if not optimizer.learning_rate > 0:
        raise NotSupported("learning_rate=0: scikit-learn's rates are above 0")
    rate = {"learning_rate_init": optimizer.learning_rate}
    if optimizer.name == "adam":
        if not optimizer.epsilon > 0:
            raise NotSupported("epsilon=0: scikit-learn's epsilon is above 0")
        betas = {"beta_1": optimizer.beta1, "beta_2": optimizer.beta2}
        return rate | betas | {"solver": "adam", "epsilon": optimizer.epsilon}
    momentum = 0.0 if optimizer.name == "gradient_descent" else optimizer.momentum
    nesterov = optimizer.name == "nesterov"
    return rate | {"solver": "sgd", "momentum": momentum, "nesterovs_momentum": nesterov}


def epoch(network: Any, inputs: Array, labels: Array, sample_weights: Array | None) -> None:
    """One `partial_fit`, even where it leaves the finite numbers, which is no fault of training."""
    try:
        network.partial_fit(inputs, labels, sample_weight=sample_weights)
    except ValueError as error:
        if "non-finite parameter weights" not in str(error):  # raised once all steps are made
            raise


def converges(network: Any, inputs: Array, labels: Array, sample_weights: Array | None) -> bool:
    """Fit; whether scikit-learn does not warn of a limit or of a line search that fails."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.fit(inputs, labels, sample_weight=sample_weights)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def layers(network: Any) -> Parameters:
    """The parameters of an estimator, in copies."""
    pairs = zip(network.coefs_, network.intercepts_, strict=True)
    return [Layer(weights.copy(), biases.copy()) for weights, biases in pairs]


def labels(architecture: Architecture, targets: Array) -> Any:
    """The targets as `partial_fit` takes them: real numbers, class numbers or 0/1 indicators."""
    if architecture.output != "identity":
        targets = classes(targets).astype(int)
    if architecture.output == "softmax":
        return np.argmax(targets, axis=1)
    return targets[:, 0] if targets.shape[1] == 1 else targets


def classes(targets: Array) -> Any:
    """The targets as booleans, which is what MLPClassifier makes of them.

    Raises: NotSupported for a target that is no class.
    """
    if not np.all((targets == 0) | (targets == 1)):
        raise NotSupported("MLPClassifier takes classes, no targets between 0 and 1")
    return targets.astype(bool)


def check_classes(architecture: Architecture, targets: Array) -> None:
    """`fit` is told no classes but those of the rows.

    Raises: NotSupported where one of the classes has no row.
    """
    check_output(architecture)
    if architecture.output == "identity":
        return
    given = labels(architecture, targets)
    if given.ndim == 1 and len(np.unique(given)) < max(2, targets.shape[1]):
        raise NotSupported("MLPClassifier.fit knows no classes but those that it sees")


def columns(outputs: Array) -> Array:
    """The outputs as a matrix: a single output comes as a vector."""
    return outputs.reshape(len(outputs), -1)
