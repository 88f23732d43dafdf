"""Mistakes in the smallest network."""

from typing import Any, ClassVar

import numpy as np
import scipy

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.backpropagation import gradient_in, traced
from refnet.functions.smooth import SIGMOID
from refnet.rounding.arithmetic import Operation
from refnet.rounding.products import AFFINE

LOGISTIC = "no_hidden_layer_is_logistic_regression"
DERIVATIVE = "the_gradient_is_the_derivative_of_the_loss"
DIFFERENCES = "gradients_match_finite_differences"
UNIT = "every_unit_is_a_logistic_function_of_its_inputs"
FEATURES = "a_hidden_layer_is_a_feature_map"
OUTPUT = "the_output_layer_is_a_linear_model_of_the_features"
LINK = "the_link_of_the_prediction_is_linear_without_a_hidden_layer"
COMPOSE = "networks_compose"


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


@mutant(UNIT)
class UnitsNormalised(Refnet):
    """The logits of a layer are centred over its units, so that each depends on all others."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        if operation is AFFINE and result.shape[-1] > 1:
            return result - np.mean(result, axis=-1, keepdims=True)
        return result


@mutant(UNIT)
class BiasAlongTheRows(Refnet):
    """Where a batch has as many rows as a layer has units, the bias is added along the rows."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE and len(arguments[0]) == arguments[1].shape[1] > 1:
            inputs, weights, biases = arguments
            return inputs @ weights + biases[:, None]
        return super().apply(operation, *arguments)


@mutant(FEATURES, OUTPUT)
class HiddenBeforeActivation(Refnet):
    """What is called hidden activations are the values before the activation."""

    def hidden(self, *arguments: Any) -> Any:
        return [step.logits[::-1, ::-1] for step in self._trace(*arguments)[:-1]]


@mutant(FEATURES, COMPOSE)
class InputsReachTheOutput(Refnet):
    """A connection that nobody has declared adds the mean of the inputs to the outputs."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        outputs = super().forward(architecture, parameters, inputs)
        return outputs + 1e-3 * np.mean(inputs, axis=1, keepdims=True)


@mutant(OUTPUT)
class OutputLearnsFromLogits(Refnet):
    """The gradient of the output layer uses the hidden layer's values before their activation."""

    def gradient(self, *arguments: Any) -> Any:
        problem = self._problem(*arguments, *[None] * (5 - len(arguments)))
        steps = traced(self.apply, problem)
        if len(steps) > 1:
            steps[-1] = steps[-1]._replace(inputs=steps[-2].logits)
        layers = gradient_in(self.apply, problem, steps)
        return [Layer(w[::-1, ::-1], b[::-1]) for w, b in layers]


@mutant(LINK, LOGISTIC)
class ProbitForLogit(Refnet):
    """The output is the normal distribution function, which looks much like a sigmoid."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SIGMOID.value:
            return scipy.special.ndtr(arguments[0] / 1.7)
        return super().apply(operation, *arguments)


@mutant(LINK, LOGISTIC)
class ProbabilitiesFloored(Refnet):
    """Predicted probabilities are clipped at a floor, so that their logarithms stay small."""

    sizes: ClassVar = {"floor": (1e-3, 1e-2, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-15)}
    floor = 1e-3

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        outputs = super().forward(architecture, parameters, inputs)
        if architecture.output in ("sigmoid", "softmax"):
            return np.clip(outputs, self.floor, 1 - self.floor)
        return outputs


@mutant(COMPOSE, LINK)
class InputsStandardised(Refnet):
    """Every network standardises the columns that it is given, for that batch alone."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        spread = np.std(inputs, axis=0)
        scaled = (inputs - np.mean(inputs, axis=0)) / np.where(spread > 0, spread, 1)
        return super().forward(architecture, parameters, scaled)
