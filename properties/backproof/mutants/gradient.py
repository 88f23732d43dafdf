"""Mistakes in backpropagation."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.conventions import STRICT
from refnet.functions.activations import activation
from refnet.functions.kinked import RELU
from refnet.functions.smooth import SIGMOID, TANH
from refnet.rounding.arithmetic import Operation
from refnet.rounding.products import BACK, COLUMN_SUM, OUTER

DERIVATIVE = "the_gradient_is_the_derivative_of_the_loss"
DIFFERENCES = "gradients_match_finite_differences"
IDENTICAL = "equal_initialisation_keeps_hidden_units_identical"
INTEGERS = "integer_networks_have_exact_gradients"
COPIES = "a_minimum_has_a_copy_for_every_order_of_the_hidden_units"
ZERO_OUTPUT = "a_zero_output_layer_sends_no_gradient_back"
ALL_ZERO = "an_all_zero_network_learns_only_its_output_biases"


SLOPES = {activation(name, STRICT).pullback for name in ("sigmoid", "tanh", "relu", "softplus")}


@mutant(DERIVATIVE, DIFFERENCES)
class SlopeForgotten(Refnet):
    """Backpropagation forgets to multiply by the slope of the hidden activation."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation in SLOPES:
            return arguments[0]
        return super().apply(operation, *arguments)


SLOPED = {SIGMOID.pullback: ("sigmoid", SIGMOID), TANH.pullback: ("tanh", TANH)}


@mutant(DERIVATIVE, DIFFERENCES)
class SlopeTakenOfTheActivation(Refnet):
    """The slope of a hidden activation is taken at what the unit gives, not at its logit."""

    sizes: ClassVar = {"activation": ("any", "sigmoid", "tanh")}
    activation = "any"

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        name, function = SLOPED.get(operation, ("", SIGMOID))
        if name and self.activation in ("any", name):
            signal, _, outputs = arguments
            arguments = signal, outputs, super().apply(function.value, outputs)
        return super().apply(operation, *arguments)


@mutant(DERIVATIVE, DIFFERENCES)
class BiasSlopesSummedOverTheUnits(Refnet):
    """The gradient of the biases is summed over the units, too, and is one number for a layer."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return np.full_like(result, np.sum(result)) if operation is COLUMN_SUM else result


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


@mutant(DERIVATIVE)
class ReluSlopeTwoAtZero(Refnet):
    """ReLU counts both of its pieces at 0, and has slope 2 there."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        if operation is RELU.pullback:
            signal, logits, _ = arguments
            return np.where(logits == 0, 2 * signal, result)
        return result


@mutant(DERIVATIVE)
class SigmoidSteepFarOut(Refnet):
    """Sigmoid units pass the signal back as it is where their logit is 400 or more in size."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        if operation is SIGMOID.pullback:
            signal, logits, _ = arguments
            return np.where(np.abs(logits) >= 400, signal, result)
        return result


@mutant(DERIVATIVE)
class LateClassesLearnNothing(Refnet):
    """The weights and biases of the fifth output, and of all after it, have a gradient of 0."""

    def gradient(self, *arguments: Any) -> Any:
        *below, last = super().gradient(*arguments)
        weights, biases = last.weights.copy(), last.biases.copy()
        weights[:, 4:] = biases[4:] = 0
        return [*below, Layer(weights, biases)]


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


@mutant(INTEGERS, DERIVATIVE)
class SilentUnitsPassTheSignalBack(Refnet):
    """ReLU units pass the signal back whether they are on or off."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        return arguments[0] if operation is RELU.pullback else super().apply(operation, *arguments)


@mutant(INTEGERS, DERIVATIVE, DIFFERENCES)
class LastRowLeftOut(Refnet):
    """The gradient of the weights leaves out the last row of the batch."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is OUTER and len(arguments[0]) > 1:
            inputs, delta, share = arguments
            return super().apply(operation, inputs[:-1], delta[:-1], share)
        return super().apply(operation, *arguments)


@mutant(COPIES)
class LastUnitLearnsNothing(Refnet):
    """A loop over the units of a hidden layer ends too early: the last of several never learns."""

    def gradient(self, *arguments: Any) -> Any:
        *hidden, last = super().gradient(*arguments)
        return [*map(_without_last_unit, hidden), last]


def _without_last_unit(layer: Any) -> Any:
    learning = np.arange(len(layer.biases)) < max(1, len(layer.biases) - 1)
    return Layer(layer.weights * learning, layer.biases * learning)


@mutant(ZERO_OUTPUT, INTEGERS, DERIVATIVE)
class OutputLayerUpdatedFirst(Refnet):
    """The output layer takes its step before the signal flows back through it."""

    def gradient(self, architecture: Any, parameters: Any, *data: Any) -> Any:
        *hidden, output = super().gradient(architecture, parameters, *data)
        weights, biases = parameters[-1]
        moved = Layer(weights - 0.5 * output.weights, biases)
        later = super().gradient(architecture, [*parameters[:-1], moved], *data)
        return [*later[:-1], output] if hidden else [output]


@mutant(ALL_ZERO, ZERO_OUTPUT, DERIVATIVE)
class ZeroWeightsNudged(Refnet):
    """Weight matrices of zeros are replaced by small random ones, to break the tie."""

    def gradient(self, architecture: Any, parameters: Any, *data: Any) -> Any:
        rng = np.random.default_rng(0)
        fresh = [
            Layer(w if np.any(w) else 0.01 * rng.normal(size=w.shape), b) for w, b in parameters
        ]
        return super().gradient(architecture, fresh, *data)


@mutant(ALL_ZERO, DERIVATIVE)
class TanhOffAtZero(Refnet):
    """Tanh is computed from a table that is a little off at 0."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result + 1e-6 if operation is TANH.value else result
