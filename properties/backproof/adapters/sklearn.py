"""scikit-learn's MLPClassifier and MLPRegressor, set to given parameters.

The outputs are `predict_proba` or `predict`, a hidden layer is the `predict` of the network that
ends there, and the loss is `loss_` after one `partial_fit`, which takes it before the step. The
gradient alone is not public. A step shows it only up to the rounding of w - rate g, which hides
the small entries of a softmax, so that it comes from `_backprop`.

Where the reported loss and the gradient belong to two functions, in a regression with several
outputs, the loss is refused; `several_outputs="judge"` lets the laws find it.
Source: https://github.com/scikit-learn/scikit-learn/issues/8349

Training is one `partial_fit` an epoch. The forms of its steps were read in version 1.9.1,
neural_network/_stochastic_optimizers.py: the rate stands inside the velocity and Nesterov's step
is mu v' - rate g (SGDOptimizer._get_updates); Adam's epsilon joins sqrt(v) before the correction
(AdamOptimizer._get_updates).

`fit` is the solver lbfgs with every option at its default. L-BFGS-B ends where no entry of the
gradient exceeds `tol`, where the loss falls no more, or at a limit, and scikit-learn does not tell
the first two apart (_multilayer_perceptron.py, _fit_lbfgs; utils/optimize.py,
_check_optimize_result). A warm start does: without a warning it ends after no iteration exactly
where the gradient is small. `tol` is promised there and nothing elsewhere.
"""

import warnings
from copy import copy
from functools import lru_cache
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from backproof.contract import Fit, Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.optimizers import Optimizer
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

NO_STEP = 5e-324
"""A learning rate above 0, as scikit-learn demands, whose step moves nothing but zeros."""


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
        optimizers=("gradient_descent", "momentum", "nesterov", "adam"),
        initializers=("glorot_uniform",),
        l2=True,
        sample_weights=True,
        batches=True,
    )

    def __init__(self, precision: str = "float64", several_outputs: str = "refuse") -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"precision={precision!r}: the networks run in float64 or float32")
        if several_outputs not in ("refuse", "judge"):
            raise ValueError(f"several_outputs={several_outputs!r}: choose refuse or judge")
        self._refuses = several_outputs == "refuse"
        self.precision, self._dtype = PRESETS[precision], np.dtype(precision)
        self.conventions = Conventions(
            loss_from="probabilities",
            probability_clip=float(np.finfo(precision).eps),
            penalty_per_row=True,
            nesterov="sutskever",
            momentum_rate="inside",
            adam_epsilon="uncorrected",
            initial_biases="other",
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
        self._refuse_several_outputs(architecture)
        network = _network(architecture, parameters)
        network.set_params(alpha=architecture.l2, batch_size=len(inputs))
        network.partial_fit(inputs, _labels(architecture, targets), sample_weight=sample_weights)
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

    def train(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        optimizer: Optimizer,
        epochs: int,
        batch_size: int | None = None,
        sample_weights: Array | None = None,
        seed: int = 0,
    ) -> Parameters:
        network, rows = _network(architecture, parameters), len(inputs)
        network.set_params(**_solver(optimizer), alpha=architecture.l2)
        network.batch_size = min(batch_size or rows, rows)  # above the rows it warns
        labels = _labels(architecture, targets)
        for _ in range(epochs):
            _epoch(network, inputs, labels, sample_weights)
        return _layers(network)

    def fit(
        self,
        architecture: Architecture,
        inputs: Array,
        targets: Array,
        seed: int,
        sample_weights: Array | None = None,
    ) -> Fit:
        self._refuse_several_outputs(architecture)
        _check_classes(architecture, targets)
        network = _estimator(architecture.widths, _activation(architecture), architecture.output)
        network.set_params(solver="lbfgs", alpha=architecture.l2, random_state=seed)
        data = inputs, _labels(architecture, targets), sample_weights
        _converges(network, *data)
        # in float32 the loss was taken at the rounding of what L-BFGS-B answers in float64
        network.coefs_ = [weights.astype(inputs.dtype) for weights in network.coefs_]
        network.intercepts_ = [biases.astype(inputs.dtype) for biases in network.intercepts_]
        parameters = _layers(network)
        network.set_params(warm_start=True, max_iter=1)
        stays = _converges(network, *data) and network.n_iter_ == 0
        return Fit(parameters, network.tol if stays else None)

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        if initializer != "glorot_uniform":
            raise NotSupported(f"initializer={initializer!r}: scikit-learn has one of its own")
        activation = _activation(architecture)
        if activation == "sigmoid":
            raise NotSupported("networks of logistic units start at a third of Glorot's variance")
        _check_output(architecture)
        shape = architecture.widths, activation, architecture.output
        return _layers(_begun(*shape, self._dtype, seed))

    def _refuse_several_outputs(self, architecture: Architecture) -> None:
        if self._refuses and architecture.output == "identity" and architecture.widths[-1] > 1:
            raise NotSupported(
                "MLPRegressor reports a mean over outputs and follows the gradient of their sum"
            )


def _activation(architecture: Architecture) -> str:
    """The one activation of all hidden layers."""
    names = set(architecture.activations)
    if len(names) > 1:
        raise NotSupported("scikit-learn has one activation for all hidden layers")
    return names.pop() if names else "identity"


def _network(architecture: Architecture, parameters: Parameters) -> Any:
    """The estimator of an architecture at these parameters."""
    _check_output(architecture)
    return _at(parameters, _activation(architecture), architecture.output)


def _check_output(architecture: Architecture) -> None:
    if architecture.output == "softmax" and architecture.widths[-1] == 2:
        raise NotSupported("MLPClassifier has one sigmoid output for two classes, no softmax")


def _at(parameters: Parameters, activation: str, output: str) -> Any:
    """An estimator with these parameters, in copies, since `partial_fit` works in place."""
    widths = (len(parameters[0].weights), *(len(biases) for _, biases in parameters))
    network = copy(_started(widths, activation, output, parameters[0].weights.dtype))
    del network._optimizer  # the next step begins without a memory
    network.loss_curve_ = []
    network.coefs_ = [weights.copy() for weights, _ in parameters]
    network.intercepts_ = [biases.copy() for _, biases in parameters]
    return network


@lru_cache(maxsize=64)
def _started(widths: tuple[int, ...], activation: str, output: str, dtype: np.dtype[Any]) -> Any:
    """An estimator with parameters to be set, made once for each shape: it costs as much as a step.

    It is copied for use, and stays as it is.
    """
    return _begun(widths, activation, output, dtype, seed=0)


def _begun(
    widths: tuple[int, ...], activation: str, output: str, dtype: np.dtype[Any], seed: int
) -> Any:
    """An estimator that has drawn its parameters and seen one row of zeros, which moved nothing."""
    network = _estimator(widths, activation, output)
    network.set_params(alpha=0.0, random_state=seed)
    row, targets = np.zeros((1, widths[0]), dtype), np.zeros((1, widths[-1]), dtype)
    if output == "identity":
        return network.partial_fit(row, targets if widths[-1] > 1 else targets[0])
    if output == "softmax":
        return network.partial_fit(row, [0], classes=np.arange(widths[-1]))
    labels = targets.astype(int) if widths[-1] > 1 else [0]
    return network.partial_fit(row, labels, classes=np.arange(max(2, widths[-1])))


def _estimator(widths: tuple[int, ...], activation: str, output: str) -> Any:
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


def _solver(optimizer: Optimizer) -> dict[str, Any]:
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


def _epoch(network: Any, inputs: Array, labels: Array, sample_weights: Array | None) -> None:
    """One `partial_fit`, even where it leaves the finite numbers, which is no fault of training."""
    try:
        network.partial_fit(inputs, labels, sample_weight=sample_weights)
    except ValueError as error:
        if "non-finite parameter weights" not in str(error):  # raised once all steps are made
            raise


def _converges(network: Any, inputs: Array, labels: Array, sample_weights: Array | None) -> bool:
    """Fit; whether scikit-learn does not warn of a limit or of a line search that fails."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.fit(inputs, labels, sample_weight=sample_weights)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def _layers(network: Any) -> Parameters:
    """The parameters of an estimator, in copies."""
    pairs = zip(network.coefs_, network.intercepts_, strict=True)
    return [Layer(weights.copy(), biases.copy()) for weights, biases in pairs]


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


def _check_classes(architecture: Architecture, targets: Array) -> None:
    """`fit` is told no classes but those of the rows.

    Raises: NotSupported where one of the classes has no row.
    """
    _check_output(architecture)
    if architecture.output == "identity":
        return
    labels = _labels(architecture, targets)
    if labels.ndim == 1 and len(np.unique(labels)) < max(2, targets.shape[1]):
        raise NotSupported("MLPClassifier.fit knows no classes but those that it sees")


def _columns(outputs: Array) -> Array:
    return outputs.reshape(len(outputs), -1)
