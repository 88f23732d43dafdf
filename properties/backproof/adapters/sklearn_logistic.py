"""scikit-learn's LogisticRegression: each of its six solvers, and what its stop promises.

Its objective is C sum_i c_i l_i + |w|^2 / 2, so that C = 1 / (l2 sum_i c_i) makes it the mean loss
with l2 |w|^2 / 2; C is infinite for l2 = 0. The intercept is free, except that LIBLINEAR penalises
it. The options beside `solver`, `tol` and a higher `max_iter` are at their defaults.

What the stop promises of the gradient of that mean, as read in version 1.9.1 of scikit-learn:

newton-cg        tol; utils/optimize.py, _newton_cg
newton-cholesky  tol; linear_model/_glm/_newton_solver.py, NewtonSolver.check_convergence
lbfgs            tol, where it was the gradient that ended the descent;
                 linear_model/_logistic.py, _logistic_regression_path: gtol and ftol
liblinear        a share of the gradient at w = 0, see `_liblinear_promise`
sag, saga        nothing: they end where the weights change little;
                 linear_model/_sag_fast.pyx.tp, {sag}: max_change / max_weight

The first three divide the loss by the rows or their weights, and the penalty with it
(linear_model/_linear_loss.py, LinearModelLoss). A fit that warns promises nothing. L-BFGS-B also
ends, without a warning, where the loss falls no more; a warm start tells, since without iterations
it warns exactly where the gradient is not small yet.
"""

import math
import warnings
from typing import Any

import numpy as np
import sklearn
from scipy.linalg import LinAlgWarning
from sklearn.linear_model import LogisticRegression

from backproof.contract import Fit, Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import PRESETS

PRECISIONS = {
    "lbfgs": ("float64", "float32"),
    "newton-cg": ("float64", "float32"),
    "newton-cholesky": ("float64", "float32"),
    "liblinear": ("float64",),
    "sag": ("float64", "float32"),
    "saga": ("float64", "float32"),
}
"""The solvers, each with the precisions in which it computes; LIBLINEAR has doubles alone."""

HEADS = (("sigmoid", "cross_entropy"), ("softmax", "cross_entropy"))


class SklearnLogistic(Implementation):
    """LogisticRegression with one of its solvers, in float64 or float32."""

    conventions: Conventions
    name = "sklearn-logistic"
    version = sklearn.__version__

    def __init__(
        self,
        precision: str = "float64",
        solver: str = "lbfgs",
        tol: float | str = 1e-4,
        max_iter: int | str = 1000,
    ) -> None:
        if solver not in PRECISIONS:
            raise ValueError(f"solver={solver!r}: choose one of {', '.join(PRECISIONS)}")
        if precision not in PRECISIONS[solver]:
            raise ValueError(
                f"precision={precision!r}: {solver} computes in {' or '.join(PRECISIONS[solver])}"
            )
        self._solver, self._tol, self._max_iter = solver, float(tol), int(max_iter)
        self.precision = PRESETS[precision]
        self.conventions = Conventions(penalty_on_biases=solver == "liblinear")
        self.scope = Scope(
            activations=(),
            heads=HEADS[:1] if solver == "liblinear" else HEADS,
            hidden_layers=(0, 0),
            softmax_outputs=(3, None),  # two classes have one sigmoid output
            l2=True,
            sample_weights=True,
        )

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        _check_outputs(architecture)
        model: Any = LogisticRegression()
        model.classes_ = np.arange(max(2, architecture.widths[-1]))
        model.n_features_in_ = architecture.widths[0]
        model.coef_, model.intercept_ = parameters[0].weights.T, parameters[0].biases
        outputs: Array = model.predict_proba(inputs)
        return outputs[:, 1:] if architecture.output == "sigmoid" else outputs

    def fit(
        self,
        architecture: Architecture,
        inputs: Array,
        targets: Array,
        seed: int,
        sample_weights: Array | None = None,
    ) -> Fit:
        _check_outputs(architecture)
        labels, weights = _labels(targets), sample_weights
        total = float(len(inputs) if weights is None else np.sum(weights))
        model = self._model(architecture.l2, total, seed)
        warned = _fit(model, inputs, labels, weights)
        parameters = [Layer(model.coef_.T.copy(), model.intercept_.copy())]
        if warned or self._solver in ("sag", "saga"):
            return Fit(parameters)
        if self._solver == "liblinear":
            return Fit(parameters, _liblinear_promise(model, inputs, labels, weights))
        if self._solver == "lbfgs":
            model.set_params(warm_start=True, max_iter=0)
            if _fit(model, inputs, labels, weights):
                return Fit(parameters)
        return Fit(parameters, self._tol)

    def _model(self, l2: float, total: float, seed: int) -> Any:
        if self._solver == "liblinear" and not l2:
            raise NotSupported("LIBLINEAR always penalises")
        return LogisticRegression(
            C=1 / (l2 * total) if l2 else math.inf,
            solver=self._solver,
            tol=self._tol,
            max_iter=self._max_iter,
            random_state=seed,
        )


def _check_outputs(architecture: Architecture) -> None:
    outputs = architecture.widths[-1]
    if architecture.output == "sigmoid" and outputs > 1:
        raise NotSupported("LogisticRegression has one sigmoid output, for two classes")
    if architecture.output == "softmax" and outputs == 2:
        raise NotSupported("LogisticRegression has one sigmoid output for two classes, no softmax")


def _labels(targets: Array) -> Array:
    """The class of each row.

    Raises: NotSupported for targets that are no classes, and for a class without a row.
    """
    if not np.all((targets == 0) | (targets == 1)):
        raise NotSupported("LogisticRegression takes classes, no targets between 0 and 1")
    labels = targets[:, 0] if targets.shape[1] == 1 else np.argmax(targets, axis=1)
    if len(np.unique(labels)) < max(2, targets.shape[1]):
        raise NotSupported("LogisticRegression knows no classes but those that it sees")
    return labels.astype(np.int64)


def _fit(model: Any, inputs: Array, labels: Array, sample_weights: Array | None) -> bool:
    """Fit; whether a warning says that the solver has not ended as it should.

    A ConvergenceWarning is a UserWarning, and so is newton-cg's "Line Search failed";
    newton-cholesky gives a LinAlgWarning where L-BFGS-B has to go on for it.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(inputs, labels, sample_weight=sample_weights)
    return any(issubclass(w.category, UserWarning | LinAlgWarning) for w in caught)


def _liblinear_promise(
    model: Any, inputs: Array, labels: Array, sample_weights: Array | None
) -> float | None:
    """e |g_0|, with g_0 the gradient at 0 and e = tol times the share of the rarer class

    TRON ends where |g| <= e |g_0|, in 2-norms, and also where a step and its forecast lower the
    loss by no more than 1e-12 of it, of which nothing tells. With Hessians up to h a forecast is at
    least |g| min(radius, |g| / h) / 2. Steps up to |g| / (4 h) do three quarters of the forecast,
    which shrinks no radius, and one that shrinks is left with a quarter of the step: the radius
    stays above |g| / (16 h). So while |g| > e |g_0| the second stop is out of reach if
    (e |g_0|)^2 / (32 h) > 1e-12 F(0); otherwise nothing is promised.

    Source: svm/src/liblinear/linear.cpp, train_one, and tron.cpp, TRON::tron, in scikit-learn;
            Nocedal and Wright, Numerical Optimization, 2006, theorem 4.3 (the least forecast).
    """
    rows = np.append(inputs, np.ones((len(inputs), 1)), axis=1)
    weights = np.ones(len(rows)) if sample_weights is None else sample_weights
    used, shares = labels[weights > 0], weights / np.sum(weights)
    end = model.tol * max(min(np.mean(used), 1 - np.mean(used)), 1 / len(used))
    end *= float(np.linalg.norm(rows.T @ (shares * (0.5 - labels))))
    steepest = 0.25 * float(shares @ np.sum(rows**2, axis=1)) + 1 / (model.C * np.sum(weights))
    return end if end**2 > 32e-12 * steepest * math.log(2) else None
