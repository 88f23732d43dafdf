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

import numpy as np
import sklearn

from backproof.adapters import sklearn_estimators as made
from backproof.contract import Fit, Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import PRESETS
from refnet.training.optimizers import Optimizer

PRECISIONS = ("float64", "float32")


class Sklearn(Implementation):
    """MLPClassifier and MLPRegressor in float64 or float32."""

    conventions: Conventions
    name = "sklearn"
    version = sklearn.__version__
    scope = Scope(
        activations=("identity", "sigmoid", "tanh", "relu"),
        softmax_outputs=(3, None),  # two classes have one sigmoid output
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
        network = made.network(architecture, parameters)
        if architecture.output == "identity":
            return made.columns(network.predict(inputs))
        outputs: Array = network.predict_proba(inputs)
        return outputs[:, 1:] if architecture.widths[-1] == 1 else outputs

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        activation, layers = made.activation(architecture), []
        for depth in range(1, len(parameters)):
            network = made.at(parameters[:depth], activation, "identity")
            network.out_activation_ = made.NAMES[activation]
            layers.append(made.columns(network.predict(inputs)))
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
        network = made.network(architecture, parameters)
        network.set_params(alpha=architecture.l2, batch_size=len(inputs))
        network.partial_fit(
            inputs, made.labels(architecture, targets), sample_weight=sample_weights
        )
        return float(network.loss_)

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        network, none = made.network(architecture, parameters), [None] * len(parameters)
        network.alpha = architecture.l2
        labels = targets if architecture.output == "identity" else made.classes(targets)
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
        network, rows = made.network(architecture, parameters), len(inputs)
        network.set_params(**made.solver(optimizer), alpha=architecture.l2)
        network.batch_size = min(batch_size or rows, rows)  # above the rows it warns
        labels = made.labels(architecture, targets)
        for _ in range(epochs):
            made.epoch(network, inputs, labels, sample_weights)
        return made.layers(network)

    def fit(
        self,
        architecture: Architecture,
        inputs: Array,
        targets: Array,
        seed: int,
        sample_weights: Array | None = None,
    ) -> Fit:
        self._refuse_several_outputs(architecture)
        made.check_classes(architecture, targets)
        network = made.estimator(
            architecture.widths, made.activation(architecture), architecture.output
        )
        network.set_params(solver="lbfgs", alpha=architecture.l2, random_state=seed)
        data = inputs, made.labels(architecture, targets), sample_weights
        made.converges(network, *data)
        # in float32 the loss was taken at the rounding of what L-BFGS-B answers in float64
        network.coefs_ = [weights.astype(inputs.dtype) for weights in network.coefs_]
        network.intercepts_ = [biases.astype(inputs.dtype) for biases in network.intercepts_]
        parameters = made.layers(network)
        network.set_params(warm_start=True, max_iter=1)
        stays = made.converges(network, *data) and network.n_iter_ == 0
        return Fit(parameters, network.tol if stays else None)

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        if initializer != "glorot_uniform":
            raise NotSupported(f"initializer={initializer!r}: scikit-learn has one of its own")
        activation = made.activation(architecture)
        if activation == "sigmoid":
            raise NotSupported("networks of logistic units start at a third of Glorot's variance")
        made.check_output(architecture)
        shape = architecture.widths, activation, architecture.output
        return made.layers(made.begun(*shape, self._dtype, seed))

    def _refuse_several_outputs(self, architecture: Architecture) -> None:
        if self._refuses and architecture.output == "identity" and architecture.widths[-1] > 1:
            raise NotSupported(
                "MLPRegressor reports a mean over outputs and follows the gradient of their sum"
            )
