"""Mistakes in backpropagation."""

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.activations import activation
from refnet.architecture import Layer
from refnet.arithmetic import Operation
from refnet.conventions import STRICT
from refnet.operations import BACK, COLUMN_SUM

DERIVATIVE = "the_gradient_is_the_derivative_of_the_loss"
DIFFERENCES = "gradients_match_finite_differences"
IDENTICAL = "equal_initialisation_keeps_hidden_units_identical"


SLOPES = {activation(name, STRICT).pullback for name in ("sigmoid", "tanh", "relu", "softplus")}


@mutant(DERIVATIVE, DIFFERENCES)
class SlopeForgotten(Refnet):
    """Backpropagation forgets to multiply by the slope of the hidden activation."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation in SLOPES:
            return arguments[0]
        return super().apply(operation, *arguments)


@mutant(DERIVATIVE, DIFFERENCES)
class BiasGradientAveraged(Refnet):
    """The gradient of the biases is averaged over the rows a second time."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result / len(arguments[0]) if operation is COLUMN_SUM else result


@mutant(DERIVATIVE)
class OneEntryOffByABillionth(Refnet):
    """One entry of the gradient is too large by one part in a billion."""

    def gradient(self, *arguments: Any) -> Any:
        layers = super().gradient(*arguments)
        weights = layers[0].weights.copy()
        weights.flat[0] *= 1 + 1e-9
        return [Layer(weights, layers[0].biases), *layers[1:]]


@mutant(DERIVATIVE, DIFFERENCES)
class BackThroughUpdatedWeights(Refnet):
    """The signal flows back through output weights that have been updated already."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is BACK:
            delta, weights, share = arguments
            return super().apply(operation, delta, weights - 0.1 * np.sign(weights), share)
        return super().apply(operation, *arguments)


@mutant(DIFFERENCES)
class PenaltyInTheGradientAlone(Refnet):
    """The penalty is in the gradient, and the reported loss leaves it out."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(replace(arguments[0], l2=0.0), *arguments[1:])


@mutant(IDENTICAL, DERIVATIVE)
class LearningRateByUnit(Refnet):
    """Each unit's gradient is scaled by a factor of its own."""

    def gradient(self, *arguments: Any) -> Any:
        return [
            Layer(w * (1 + 1e-6 * np.arange(w.shape[1])), b)
            for w, b in super().gradient(*arguments)
        ]


@mutant(IDENTICAL)
class StepByUnit(Refnet):
    """A step of training moves each further unit a little more."""

    def train(self, *arguments: Any) -> Any:
        return [Layer(w + 1e-6 * np.arange(w.shape[1]), b) for w, b in super().train(*arguments)]
