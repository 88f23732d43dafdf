"""statsmodels: its Logit, GLM and OLS, which are networks without a hidden layer.

    check statsmodels                    GLM: binomial, Poisson and Gaussian, with frequency weights
    check statsmodels --option model=logit | ols

The loss is -loglike, a sum over the rows, and its gradient -score, both at any parameters. A
Gaussian's loglike has a constant that no convention names, so that its loss is not offered, and
neither is a penalty, which only `fit_regularized` knows, without a loss of its own. What a fit
promises of the gradient is not said by the library: it ends where the parameters (Logit) or the
deviance (GLM) change little. MNLogit is no softmax of ours: its first class has no parameters.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

from backproof.contract import Fit, Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import PRESETS

SUM = Conventions(reduction="sum", loss_from="probabilities")
"""The logarithm is taken of the rounded probability or mean."""

BY_CHAIN = Conventions(
    reduction="sum",
    loss_from="probabilities",
    gradient_from="probabilities",
    poisson_constant="log y!",
)
"""A GLM's score is residual / link' / variance, each of the rounded mean."""

LOGISTIC, POISSON, GAUSSIAN = HEADS = (
    ("sigmoid", "cross_entropy"),
    ("exp", "poisson"),
    ("identity", "squared_error"),
)


NO_FIT = (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError, ValueError)
"""How it says that there is no fit, or that it cannot tell: data that it separates, columns that
depend on each other, and a GLM that is exact, whose scale is 0."""


class Model(NamedTuple):
    """What one of the library's models is: its heads with their conventions, and its weights."""

    made: Any
    conventions: dict[tuple[str, str], Conventions]
    weighs: bool


MODELS = {
    "glm": Model(sm.GLM, {LOGISTIC: BY_CHAIN, POISSON: BY_CHAIN, GAUSSIAN: BY_CHAIN}, True),
    "logit": Model(sm.Logit, {LOGISTIC: SUM}, False),
    "ols": Model(sm.OLS, {GAUSSIAN: SUM}, False),
}

FAMILIES = {
    LOGISTIC: sm.families.Binomial,
    POISSON: sm.families.Poisson,
    GAUSSIAN: sm.families.Gaussian,
}


class Statsmodels(Implementation):
    """One of the library's models, in float64."""

    name = "statsmodels"
    version = statsmodels.__version__

    def __init__(self, precision: str = "float64", model: str = "glm") -> None:
        if model not in MODELS:
            raise ValueError(f"model={model!r}: choose one of {', '.join(MODELS)}")
        if precision != "float64":
            raise ValueError(f"precision={precision!r}: statsmodels computes in float64")
        self._model, self.precision = MODELS[model], PRESETS[precision]
        self.conventions = self._model.conventions
        if self._model.made is sm.OLS:
            self.loss = None  # type: ignore[assignment, method-assign]
        self.scope = Scope(
            activations=(),
            heads=tuple(self._model.conventions),
            hidden_layers=(0, 0),
            outputs=(1, 1),
            sample_weights=self._model.weighs,
        )

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        model = self._of(architecture, inputs, np.zeros((len(inputs), 1)), None)
        outputs = model.predict(_flat(parameters), model.exog)
        return np.asarray(outputs)[:, None]

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> float:
        if architecture.output == "identity":
            raise NotSupported("the log-likelihood of a Gaussian has a constant of its own")
        model = self._of(architecture, inputs, targets, sample_weights)
        return -float(model.loglike(_flat(parameters)))

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        model = self._of(architecture, inputs, targets, sample_weights)
        scale = {"scale": 1.0} if self._model.made is not sm.Logit else {}
        return _layers(-model.score(_flat(parameters), **scale))

    def fit(
        self,
        architecture: Architecture,
        inputs: Array,
        targets: Array,
        seed: int,
        sample_weights: Array | None = None,
    ) -> Fit:
        model = self._of(architecture, inputs, targets, sample_weights)
        words = {"disp": False} if self._model.made is sm.Logit else {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", PerfectSeparationWarning)
                found = model.fit(**words)
        except NO_FIT as reason:
            raise NotSupported(f"no fit: {reason}") from None
        return Fit(_layers(found.params))

    def _of(
        self, a: Architecture, inputs: Array, targets: Array, sample_weights: Array | None
    ) -> Any:
        """The library's model of these rows, with a constant as its first column."""
        rows = np.column_stack([np.ones(len(inputs)), inputs])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self._model.made is not sm.GLM:
                return self._model.made(targets[:, 0], rows)
            family = FAMILIES[a.head]()
            return sm.GLM(targets[:, 0], rows, family=family, freq_weights=sample_weights)


def _flat(parameters: Parameters) -> Array:
    return np.concatenate([parameters[0].biases, parameters[0].weights[:, 0]])


def _layers(flat: Any) -> Parameters:
    values = np.asarray(flat)
    return [Layer(values[1:, None].copy(), values[:1].copy())]
