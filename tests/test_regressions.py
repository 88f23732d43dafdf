"""Regressions as laws draw them, and the linear models of scikit-learn held to them."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

import backproof
from backproof.cases.regressions import HEAD, KINDS, Regression, Regressions
from backproof.contract import Fit, Implementation, NotSupported, Scope
from backproof.judging.questions import ask
from refnet.architecture import Layer
from refnet.conventions import STRICT
from refnet.problem import gradient_share, penalty_factor
from refnet.rounding.precision import BFLOAT16, FLOAT32, FLOAT64, Precision

LAWS = "a_linear_network,a_least_squares_fit"


class Linear(Implementation):
    """LinearRegression, and Ridge where there is a penalty."""

    scope = Scope(
        activations=(), heads=(HEAD,), hidden_layers=(0, 0), l2=True, sample_weights=True,
    )  # fmt: skip

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        model = LinearRegression()
        model.coef_, model.intercept_ = parameters[0].weights.T, parameters[0].biases
        return model.predict(inputs)

    def fit(self, architecture: Any, inputs: Any, targets: Any, seed: int, weights: Any) -> Any:
        total = len(inputs) if weights is None else np.sum(weights)
        model: Any = LinearRegression()
        if architecture.l2:
            model = Ridge(alpha=architecture.l2 * total, solver="svd")
        model.fit(inputs, targets, weights)
        coefficients = np.reshape(model.coef_, (-1, inputs.shape[1]))
        return Fit([Layer(coefficients.T, np.ravel(model.intercept_))], 1e-12 * self.size(targets))

    def size(self, targets: Any) -> float:
        return 1 + float(np.max(np.abs(targets)))


class NoIntercept(Linear):
    """A model through the origin."""

    def fit(self, architecture: Any, inputs: Any, targets: Any, seed: int, weights: Any) -> Any:
        if architecture.l2:
            raise NotSupported("no penalty")
        model = LinearRegression(fit_intercept=False).fit(inputs, targets, weights)
        coefficients = np.reshape(model.coef_, (-1, inputs.shape[1]))
        return Fit([Layer(coefficients.T, np.zeros(targets.shape[1]))], 1e-12)


def test_the_linear_models_of_scikit_learn_keep_both_laws() -> None:
    report = backproof.check(Linear, laws=LAWS)
    assert {row.law: row.status for row in report.laws} == {
        "a_linear_network_with_squared_error_is_least_squares": "holds",
        "a_least_squares_fit_is_a_projection": "holds",
    }


def test_a_model_without_intercept_is_no_regression_with_one() -> None:
    [row] = backproof.check(NoIntercept, laws="a_least_squares_fit", profile="quick").laws
    assert row.status == "broken"


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32, BFLOAT16], ids=lambda p: p.name)
def test_the_weights_of_a_case_are_the_best_ones_but_for_what_rounding_adds(
    precision: Precision,
) -> None:
    scope = Scope(activations=(), heads=(HEAD,), widths=(1, 5), rows=(1, 8), l2=True,
                  sample_weights=True)  # fmt: skip
    strategy = Regressions().strategy(scope, precision, STRICT)
    met = set()

    def body(drawn: Regression) -> None:
        met.add((drawn.case.kind, bool(drawn.case.architecture.l2)))
        assert np.all(exact_gradient(drawn) == 0)

    ask(body, {"drawn": strategy}, examples=60, seed=0)
    assert met >= {(kind, penalised) for kind in KINDS for penalised in (False, True)}


def exact_gradient(drawn: Regression) -> Any:
    """X^T C (X w - y) + l2 w at the weights and targets before they were rounded, up to 2^-40."""
    exact = np.vectorize(Fraction, otypes=[object])
    case = drawn.case
    problem = case.problem(STRICT)
    shares = exact(np.broadcast_to(gradient_share(problem).factor, len(case.inputs)))
    weights = np.vstack(case.parameters[0])
    design, targets = exact(case.design), exact(case.targets) - exact(drawn.slip)
    residuals = (design @ exact(weights) - targets) * shares[:, None]
    penalty = exact(np.append(np.full(case.inputs.shape[1], 2 * penalty_factor(problem)[0]), 0.0))
    pulled = penalty[:, None] * (exact(weights) - exact(drawn.short))
    found = (design.T @ residuals + pulled).astype(np.float64)
    return np.round(found * 2.0**40) / 2.0**40
