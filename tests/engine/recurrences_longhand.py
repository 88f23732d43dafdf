"""The published recurrences on one array, in the arithmetic of the array's own type."""

from typing import Any

import numpy as np

from refnet import Conventions, Optimizer


class Longhand:
    """One array of parameters that remembers its velocity and its squares between steps."""

    def __init__(self, optimizer: Optimizer, form: Conventions, w: Any, cast: bool = False):
        self.optimizer, self.form, self.w, self.cast = optimizer, form, w, cast
        self.v, self.s, self.t = np.zeros_like(w), np.zeros_like(w), 0

    def _cast(self, value: float) -> Any:
        return self.w.dtype.type(value) if self.cast else value

    @property
    def dampening(self) -> float:
        """What is taken from the gradient that the velocity adds."""
        form = self.form.dampening
        return self.optimizer.momentum if form == "as momentum" else form

    def ahead(self) -> Any:
        """Where Nesterov's gradient is taken."""
        o = self.optimizer
        if o.name != "nesterov" or self.form.nesterov != "lookahead":
            return self.w
        mu, lr = self._cast(o.momentum), self._cast(o.learning_rate)
        return self.w + mu * self.v if self.form.momentum_rate == "inside" else (
            self.w - lr * mu * self.v
        )  # fmt: skip

    def step(self, g: Any) -> Any:
        """The parameters after a step along this gradient."""
        o, self.t = self.optimizer, self.t + 1
        lr, decay = self._cast(o.learning_rate), self._cast(o.weight_decay)
        if o.decoupled:
            self.w = self.w - lr * decay * self.w
        elif o.weight_decay:
            g = g + decay * self.ahead()
        getattr(self, "_" + o.name)(g, lr)
        return self.w

    def _gradient_descent(self, g: Any, lr: Any) -> None:
        self.w = self.w - lr * g

    def _momentum(self, g: Any, lr: Any) -> None:
        mu = self._cast(self.optimizer.momentum)
        share = 1 - self._cast(self.dampening)
        if self.form.momentum_rate == "inside":
            self.v = mu * self.v - lr * share * g
            self.w = self.w + self.v
        else:
            self.v = mu * self.v + share * g
            self.w = self.w - lr * self.v

    def _nesterov(self, g: Any, lr: Any) -> None:
        if self.form.nesterov == "lookahead":
            self._momentum(g, lr)
            return
        mu = self._cast(self.optimizer.momentum)
        share = 1 - self._cast(self.dampening)
        if self.form.momentum_rate == "inside":
            self.v = mu * self.v - lr * share * g
            self.w = self.w + mu * self.v - lr * g
        else:
            self.v = mu * self.v + share * g
            self.w = self.w - lr * (g + mu * self.v)

    def _rmsprop(self, g: Any, lr: Any) -> None:
        rho, epsilon = self._cast(self.optimizer.rho), self._cast(self.optimizer.epsilon)
        self.s = rho * self.s + (1 - rho) * g * g
        if self.form.rmsprop_epsilon == "inside":
            self.w = self.w - lr * g / np.sqrt(self.s + epsilon)
        else:
            self.w = self.w - lr * g / (np.sqrt(self.s) + epsilon)

    def _correction(self, beta: Any) -> Any:
        """The weights' sum 1 - beta^t, with the power by repeated multiplication."""
        power = self._cast(1.0)
        for _ in range(self.t):
            power = power * beta
        return 1 - power

    def _adam(self, g: Any, lr: Any) -> None:
        o = self.optimizer
        b1, b2, epsilon = self._cast(o.beta1), self._cast(o.beta2), self._cast(o.epsilon)
        self.v = b1 * self.v + (1 - b1) * g
        self.s = b2 * self.s + (1 - b2) * g * g
        first, second = self._correction(b1), self._correction(b2)
        if self.form.adam_epsilon == "uncorrected":
            rate = lr * np.sqrt(second) / first
            self.w = self.w - rate * self.v / (np.sqrt(self.s) + epsilon)
        elif self.form.adam_epsilon == "inside":
            self.w = self.w - lr * (self.v / first) / np.sqrt(self.s / second + epsilon)
        else:
            self.w = self.w - lr * (self.v / first) / (np.sqrt(self.s / second) + epsilon)
