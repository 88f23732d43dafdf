"""An estimator in the manner of a well-known library: coefs_, intercepts_, and weights of rows."""

from typing import Any

import numpy as np

from backproof.contract import Architecture, Array, Implementation, Layer, Scope


class Perceptron:
    """A multilayer perceptron for several yes-or-no labels."""

    def __init__(self, activation: str, slip: bool) -> None:
        self.activation, self.slip = activation, slip

    def set_coefs(self, layers: Any) -> "Perceptron":
        """Take parameters over."""
        self.coefs_ = [w for w, _ in layers]
        self.intercepts_ = [b for _, b in layers]
        return self

    def _hidden(self, z: Array) -> Array:
        return np.where(z > 0, z, np.expm1(np.minimum(z, 0))) if self.activation == "elu" else z

    def _inplace_derivative(self, a: Array, delta: Array) -> None:
        """Of elu, by its output: 1, or a + 1 below 0."""
        if self.activation == "elu":
            delta *= np.where(a > 0, 1, a + 1)

    def _forward_pass(self, X: Array) -> list[Array]:
        activations = [X]
        for i, (w, b) in enumerate(zip(self.coefs_, self.intercepts_, strict=True)):
            z = activations[-1] @ w + b
            activations.append(self._hidden(z) if i < len(self.coefs_) - 1 else z)
        return activations

    def decision_function(self, X: Array) -> Array:
        """Logits."""
        return self._forward_pass(X)[-1]

    def predict_proba(self, X: Array) -> Array:
        """Probabilities."""
        return np.asarray(1 / (1 + np.exp(-self.decision_function(X))))

    def log_loss(self, X: Array, y: Array, sample_weight: Array | None) -> float:
        """The weighted mean of the cross-entropy of the rows."""
        z = self.decision_function(X)
        rows = np.sum(np.logaddexp(0, z) - y * z, axis=1)
        return float(np.average(rows, weights=sample_weight))

    def _backprop(self, X: Array, y: Array, sample_weight: Array | None) -> tuple[Any, Any]:
        n_samples = X.shape[0]
        activations = self._forward_pass(X)
        delta = 1 / (1 + np.exp(-activations[-1])) - y
        total: float = n_samples
        if sample_weight is not None:
            delta = delta * sample_weight[:, np.newaxis]
            total = n_samples if self.slip else float(sample_weight.sum())
        coef_grads: list[Array] = []
        intercept_grads: list[Array] = []
        for i in range(len(self.coefs_) - 1, -1, -1):
            coef_grads.insert(0, activations[i].T @ delta / total)
            intercept_grads.insert(0, delta.sum(axis=0) / total)
            delta = delta @ self.coefs_[i].T
            if i:
                self._inplace_derivative(activations[i], delta)
        return coef_grads, intercept_grads


class Estimator(Implementation):
    """An estimator whose loss and slopes take a weight for each row."""

    scope = Scope(
        activations=("elu", "identity"),
        heads=(("sigmoid", "cross_entropy"),),
        sample_weights=True,
    )

    def __init__(self, slip: bool = True) -> None:
        self.slip = slip

    def _made(self, a: Architecture, layers: Any) -> Perceptron:
        name = a.activations[0] if a.activations else "identity"
        return Perceptron(name, self.slip).set_coefs(layers)

    def forward(self, a: Architecture, layers: Any, x: Array) -> Array:
        return self._made(a, layers).predict_proba(x)

    def hidden(self, a: Architecture, layers: Any, x: Array) -> list[Array]:
        return self._made(a, layers)._forward_pass(x)[1:-1]

    def loss(
        self, a: Architecture, layers: Any, x: Array, y: Array, weights: Array | None = None
    ) -> float:
        return self._made(a, layers).log_loss(x, y, weights)

    def gradient(
        self, a: Architecture, layers: Any, x: Array, y: Array, weights: Array | None = None
    ) -> Any:
        return list(map(Layer, *self._made(a, layers)._backprop(x, y, weights)))
