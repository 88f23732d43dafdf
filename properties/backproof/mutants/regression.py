"""Mistakes in squared error and in the loss of Huber, and in fitting by least squares."""

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.contract import Fit
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.logistic import least_squares

PYTHAGORAS = "a_linear_network_with_squared_error_is_least_squares"
PROJECTION = "a_least_squares_fit_is_a_projection"
HUBER = "huber_is_squared_error_up_to_delta_and_linear_beyond"


@mutant(PYTHAGORAS)
class TargetsCentred(Refnet):
    """The loss of a regression is taken of targets less their mean, which is never added back."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(*_centred(*arguments))

    def gradient(self, *arguments: Any) -> Any:
        return super().gradient(*_centred(*arguments))


def _centred(
    architecture: Any, parameters: Any, inputs: Any, targets: Any, *weights: Any
) -> tuple[Any, ...]:
    if architecture.loss == "squared_error":
        targets = targets - np.mean(targets, axis=0, keepdims=True)
    return architecture, parameters, inputs, targets, *weights


@mutant(PYTHAGORAS)
class PenaltyHalfInTheGradient(Refnet):
    """The gradient has half of the penalty's derivative, l2 W / 2 for l2 W."""

    def gradient(self, *arguments: Any) -> Any:
        architecture, *rest = arguments
        return super().gradient(replace(architecture, l2=architecture.l2 / 2), *rest)


@mutant(PROJECTION)
class InterceptForgotten(Refnet):
    """The fit of a regression goes through the origin."""

    def fit(self, *arguments: Any) -> Any:
        found = super().fit(*arguments)
        architecture, inputs, targets, _, *rest = arguments
        if architecture.loss != "squared_error":
            return found
        weights = least_squares.fit(inputs, targets, architecture.l2, *rest)
        return Fit([Layer(weights.astype(inputs.dtype), found.parameters[0].biases * 0)], 1e-12)


@mutant(PROJECTION)
class DiagonalLoaded(Refnet):
    """The normal equations get 1e-6 on their diagonal, so that they can always be solved."""

    def fit(self, *arguments: Any) -> Any:
        architecture, *rest = arguments
        if architecture.loss != "squared_error":
            return super().fit(*arguments)
        found = super().fit(replace(architecture, l2=architecture.l2 + 1e-6), *rest)
        return Fit(found.parameters, 1e-12)


@mutant(HUBER)
class HalfDeltaSquaredForgotten(Refnet):
    """Beyond delta the loss of Huber is delta times the residual, with a jump where it begins."""

    def loss(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, targets, *_ = arguments
        found = super().loss(*arguments)
        if architecture.loss != "huber":
            return found
        far = np.abs(self.forward(architecture, parameters, inputs) - targets) > architecture.delta
        return found + np.sum(far) * architecture.delta**2 / 2 / len(inputs)


@mutant(HUBER)
class OutliersPullFreely(Refnet):
    """The gradient of the loss of Huber is that of squared error, however far away a row lies."""

    def gradient(self, *arguments: Any) -> Any:
        architecture, *rest = arguments
        if architecture.loss == "huber":
            architecture = replace(architecture, loss="squared_error")
        return super().gradient(architecture, *rest)


@mutant(HUBER)
class SmallResidualsLost(Refnet):
    """The slope of Huber is (r - delta) + delta up to delta, which loses the digits of small r."""

    def gradient(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, targets, *rest = arguments
        if architecture.loss != "huber":
            return super().gradient(*arguments)
        outputs = self.forward(architecture, parameters, inputs)
        residuals, delta = outputs - targets, outputs.dtype.type(architecture.delta)
        sizes = np.abs(residuals)
        sizes = np.where(sizes <= delta, (sizes - delta) + delta, sizes)
        targets = outputs - np.sign(residuals) * sizes
        return super().gradient(architecture, parameters, inputs, targets, *rest)


@mutant(HUBER)
class ThresholdAlwaysOne(Refnet):
    """The loss of Huber changes at a residual of 1, whatever delta is asked for."""

    def loss(self, *arguments: Any) -> Any:
        architecture, *rest = arguments
        return super().loss(replace(architecture, delta=1.0), *rest)
