"""Mistakes in the smallest network."""

from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.arithmetic import Operation
from refnet.operations import AFFINE

LOGISTIC = "no_hidden_layer_is_logistic_regression"
DERIVATIVE = "the_gradient_is_the_derivative_of_the_loss"
DIFFERENCES = "gradients_match_finite_differences"


@mutant(LOGISTIC)
class BiasesForgotten(Refnet):
    """The forward pass forgets the biases."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            return arguments[0] @ arguments[1]
        return super().apply(operation, *arguments)


@mutant(LOGISTIC)
class SquareWeightsTransposed(Refnet):
    """A square weight matrix is used transposed, which no shape check can see."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE and arguments[1].shape[0] == arguments[1].shape[1]:
            inputs, weights, biases = arguments
            return super().apply(operation, inputs, weights.T, biases)
        return super().apply(operation, *arguments)


@mutant(LOGISTIC, DIFFERENCES)
class LossInBits(Refnet):
    """The loss is computed with logarithms to base 2."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(*arguments) / np.log(2)


@mutant(LOGISTIC, DERIVATIVE, DIFFERENCES)
class GradientSummed(Refnet):
    """The gradient is summed over the rows while the loss is their mean."""

    def gradient(self, *arguments: Any) -> Any:
        rows = len(arguments[2])
        return [Layer(w * rows, b * rows) for w, b in super().gradient(*arguments)]
