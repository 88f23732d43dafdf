"""A statistician's logistic regression: a design matrix with an intercept, fitted by Newton."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Fit, Implementation, Layer, Scope

TOLERANCE = 1e-9
"""Of the largest entry of the score, where the fit stops."""


def add_constant(x: Array) -> Array:
    """A first column of ones."""
    return np.column_stack([np.ones(len(x)), x])


class Logit:
    """P(y = 1) = 1 / (1 + e^-(X beta)), with a ridge."""

    def __init__(self, endog: Array, exog: Array, ridge: float, slip: bool) -> None:
        self.y, self.x = endog, exog
        self.ridge = ridge * np.eye(exog.shape[1])
        if not slip:
            self.ridge[0, 0] = 0.0

    def predict(self, beta: Array) -> Array:
        """The probabilities."""
        return np.asarray(1 / (1 + np.exp(-self.x @ beta)))

    def score(self, beta: Array) -> Array:
        """The slope of the mean penalised log-likelihood, downwards."""
        return self.x.T @ (self.predict(beta) - self.y) / len(self.y) + self.ridge @ beta

    def hessian(self, beta: Array) -> Array:
        """And its curvature."""
        p = self.predict(beta)
        return (self.x.T * (p * (1 - p))) @ self.x / len(self.y) + self.ridge

    def value(self, beta: Array) -> float:
        """The mean penalised deviance, halved."""
        z = self.x @ beta
        data = np.mean(np.logaddexp(0, z) - self.y * z)
        return float(data + beta @ self.ridge @ beta / 2)

    def fit(self, most: int = 200) -> tuple[Array, float]:
        """Newton's steps, halved while they lead up; with the largest entry of the score."""
        beta = np.zeros(self.x.shape[1])
        for _ in range(most):
            score = self.score(beta)
            if np.abs(score).max() <= TOLERANCE:
                break
            move = np.linalg.lstsq(self.hessian(beta), score, rcond=None)[0]
            while self.value(beta - move) > self.value(beta) and np.abs(move).max() > 1e-14:
                move /= 2
            beta = beta - move
        return beta, max(TOLERANCE, float(np.abs(self.score(beta)).max()))


class LogitModel(Implementation):
    """A regression model with a score, a Hessian and a fit."""

    scope = Scope(
        activations=(),
        heads=(("sigmoid", "cross_entropy"),),
        hidden_layers=(0, 0),
        outputs=(1, 1),
        l2=True,
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _beta(self, layers: Any) -> Array:
        return np.concatenate([layers[0].biases, layers[0].weights[:, 0]])

    def _model(self, a: Architecture, x: Array, y: Array, slip: bool = False) -> Logit:
        return Logit(y[:, 0], add_constant(x), a.l2, slip)

    def forward(self, a: Architecture, layers: Any, x: Array) -> Array:
        return self._model(a, x, np.zeros((len(x), 1))).predict(self._beta(layers))[:, None]

    def loss(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> float:
        return self._model(a, x, y).value(self._beta(layers))

    def gradient(self, a: Architecture, layers: Any, x: Array, y: Array, *_: Any) -> Any:
        score = self._model(a, x, y).score(self._beta(layers))
        return [Layer(score[1:, None], score[:1])]

    def fit(self, a: Architecture, x: Array, y: Array, *_: Any) -> Fit:
        beta, stopped = self._model(a, x, y, self.slip).fit()
        return Fit([Layer(beta[1:, None], beta[:1])], stopped)
