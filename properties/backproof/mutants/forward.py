"""Mistakes in the forward pass, and in what is kept from one call to the next."""

from dataclasses import replace
from typing import Any

import numpy as np
import scipy

from backproof.adapters.refnet import Refnet
from backproof.mutants import equivalent, mutant
from refnet.architecture import Array, Layer
from refnet.functions.kinked import RELU, SELU
from refnet.functions.smooth import IDENTITY, SIGMOID, SOFTPLUS, TANH
from refnet.functions.softmax import SOFTMAX
from refnet.rounding.arithmetic import Operation
from refnet.rounding.products import AFFINE

ROUNDING = "outputs_are_right_within_rounding"
INTEGERS = "integer_networks_have_exact_outputs"
INTEGER_GRADIENTS = "integer_networks_have_exact_gradients"
BATCH = "outputs_of_a_row_do_not_depend_on_the_batch"
RENUMBERED = "renumbering_hidden_units_leaves_the_outputs_unchanged"
LINEAR = "a_chain_of_linear_layers_is_one_linear_layer"
PROBABILITIES = "softmax_outputs_are_probabilities"
SHIFT = "softmax_is_unchanged_by_adding_a_constant"
LARGER = "every_network_lies_inside_a_wider_and_a_deeper_one"
ALONE = "every_call_stands_alone"


@mutant(ROUNDING, INTEGERS, LINEAR)
class LastBiasesForgotten(Refnet):
    """The forward pass forgets the biases of the output layer."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        last = parameters[-1]
        unbiased = [*parameters[:-1], Layer(last.weights, 0 * last.biases)]
        return super().forward(architecture, unbiased, inputs)


@mutant(INTEGERS, INTEGER_GRADIENTS)
class ReluStopsAtSix(Refnet):
    """ReLU units stop at 6, as those of a mobile library do."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return np.minimum(result, 6.0) if operation is RELU.value else result


@mutant(ROUNDING, INTEGERS)
class SinglePrecisionInside(Refnet):
    """Matrix products are computed in float32 inside a float64 network."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            inputs, weights, biases = arguments
            product = inputs.astype(np.float32) @ weights.astype(np.float32)
            return product.astype(np.float64) + biases
        return super().apply(operation, *arguments)


@mutant(BATCH, ROUNDING)
class BatchMeanLeaks(Refnet):
    """A thousandth of the mean over several rows is subtracted, as in a layer left in training."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        if operation is AFFINE and len(result) > 1:
            return result - 1e-3 * np.mean(result, axis=0)
        return result


@mutant(ROUNDING)
class SixtyFourInputs(Refnet):
    """A layer reads 64 of its inputs and leaves out the others, as a block of fixed size does."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            inputs, weights, biases = arguments
            arguments = inputs[:, :64], weights[:64], biases
        return super().apply(operation, *arguments)


@mutant(ROUNDING)
class OddUnitLeftOut(Refnet):
    """A loop over more than eight inputs takes two at a time, and leaves out an odd last one."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE and len(arguments[1]) > 8 and len(arguments[1]) % 2:
            inputs, weights, biases = arguments
            return super().apply(operation, inputs[:, :-1], weights[:-1], biases)
        return super().apply(operation, *arguments)


@mutant(ROUNDING)
class OneOutputOffByATrillionth(Refnet):
    """The first output of the first row is too large by one part in a trillion."""

    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments).copy()
        outputs[0, 0] *= 1 + 1e-12
        return outputs


@mutant(ROUNDING)
class SilentAtZero(Refnet):
    """A sigmoid unit is silent where its logit is exactly 0, as if nothing had arrived."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return np.where(arguments[0] == 0, 0.0, result) if operation is SIGMOID.value else result


@mutant(ROUNDING)
class LateRowsZero(Refnet):
    """The outputs of rows beyond the 128th are 0, as in a buffer that is filled once."""

    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments).copy()
        outputs[128:] = 0
        return outputs


@mutant(ROUNDING)
class DeepNetworksEndLinearly(Refnet):
    """With four hidden layers or more the last of them has no activation."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        if architecture.hidden_layers >= 4:
            names = (*architecture.activations[:-1], "identity")
            architecture = replace(architecture, activation=names)
        return super().forward(architecture, parameters, inputs)


@mutant(ROUNDING)
class SoftplusLinearBeyondTwenty(Refnet):
    """Softplus is its argument from 20 on, where in double precision they still differ."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        if operation is SOFTPLUS.value:
            [logits] = arguments
            return np.where(logits > 20, logits, result)
        return result


@mutant(ROUNDING)
class SoftplusNeverAbove(Refnet):
    """Softplus is log(1 + exp z) with z clipped at 700, so that exp stays finite."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SOFTPLUS.value:
            return np.log1p(np.exp(np.minimum(arguments[0], 700.0)))
        return super().apply(operation, *arguments)


@mutant(ROUNDING)
class TanhClippedAtFifteen(Refnet):
    """Tanh clips its argument at 15, so that exp stays small."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is TANH.value:
            arguments = (np.clip(arguments[0], -15, 15),)
        return super().apply(operation, *arguments)


@mutant(ROUNDING)
class SeluRoundedToFourDecimals(Refnet):
    """The two constants of selu are rounded to four decimals."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SELU.value:
            z = arguments[0]
            return 1.0507 * np.where(z > 0, z, 1.6733 * np.expm1(np.minimum(z, 0)))
        return super().apply(operation, *arguments)


@mutant(BATCH, ROUNDING)
class LastRowRepeated(Refnet):
    """The last row of a batch gets the outputs of the row before it."""

    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments).copy()
        outputs[-1] = outputs[-2:][0]
        return outputs


@mutant(ROUNDING, INTEGERS)
class HiddenALittleOff(Refnet):
    """Hidden activations are given a millionth of a millionth too large, and outputs rightly."""

    def hidden(self, *arguments: Any) -> Any:
        return [layer * (1 + 1e-12) for layer in super().hidden(*arguments)]


@mutant(LARGER, ROUNDING)
class SumsDividedByTheirUnits(Refnet):
    """What comes into a unit is divided by the root of how many send it, as some layers are."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            inputs, weights, biases = arguments
            arguments = inputs, weights / np.sqrt(len(weights)), biases
        return super().apply(operation, *arguments)


@mutant(RENUMBERED, ROUNDING)
class FirstUnitForgotten(Refnet):
    """The first unit of a layer of several never reaches the layer above: a loop begins at 1."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE and len(arguments[1]) > 1:
            inputs, weights, biases = arguments
            return super().apply(operation, inputs[:, :-1], weights[:-1], biases)
        return super().apply(operation, *arguments)


@mutant(RENUMBERED, ROUNDING, INTEGERS)
class MaskLeftOn(Refnet):
    """Every second hidden unit stays silent, as under a dropout mask that is never taken off."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            inputs, weights, biases = arguments
            mask = np.arange(len(weights)) % 2 == 0
            return super().apply(operation, inputs * mask, weights, biases)
        return super().apply(operation, *arguments)


@mutant(LINEAR, INTEGERS, ROUNDING)
class LinearUnitsRectified(Refnet):
    """Hidden layers of linear units pass through a ReLU all the same."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return np.maximum(result, 0.0) if operation is IDENTITY.value else result


@mutant(PROBABILITIES, ROUNDING)
class SoftmaxOverTheRows(Refnet):
    """The softmax sums over the rows of the batch in place of the classes."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SOFTMAX.value:
            return super().apply(operation, arguments[0].T).T
        return super().apply(operation, *arguments)


@mutant(PROBABILITIES)
class SoftmaxDenominatorGuarded(Refnet):
    """The denominator of the softmax is a ten-millionth too large, against division by zero."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result / (1 + 1e-7) if operation is SOFTMAX.value else result


@mutant(PROBABILITIES)
class OneMaximumForTheBatch(Refnet):
    """The softmax subtracts the largest logit of the whole batch from each row."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SOFTMAX.value:
            powers = np.exp(arguments[0] - np.max(arguments[0]))
            return powers / np.maximum(np.sum(powers, axis=-1, keepdims=True), 1e-300)
        return super().apply(operation, *arguments)


@equivalent("it is the exact softmax of logits that are rounded once, which their balls allow for")
class SoftmaxThroughItsLogarithm(Refnet):
    """The softmax is exp(z - log sum exp z), as where only its logarithm is kept."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SOFTMAX.value:
            (z,) = arguments
            return np.exp(z - scipy.special.logsumexp(z, axis=-1, keepdims=True))
        return super().apply(operation, *arguments)


@equivalent(
    "(1 + tanh(z/2)) / 2 is the same function, within the four units that a sigmoid may err"
)
class SigmoidThroughTanh(Refnet):
    """The sigmoid is computed from tanh, and loses the relative accuracy of its left tail."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SIGMOID.value:
            return (1 + np.tanh(arguments[0] / 2)) / 2
        return super().apply(operation, *arguments)


@mutant(SHIFT)
class LogitsClippedForTheSoftmax(Refnet):
    """Logits are clipped to [-700, 700] before exp, in place of subtracting their maximum."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SOFTMAX.value:
            return super().apply(operation, np.clip(arguments[0], -700.0, 700.0))
        return super().apply(operation, *arguments)


@mutant(ALONE)
class DropoutLeftOn(Refnet):
    """After a training pass dropout stays on, until somebody asks for the loss."""

    training = False

    def forward_training(self, *arguments: Any) -> Any:
        self.training = True
        return super().forward_training(*arguments)

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Array:
        if self.training:
            return super().forward_training(architecture, parameters, inputs, seed=1)
        return super().forward(architecture, parameters, inputs)

    def loss(self, *arguments: Any) -> Any:
        self.training = False
        return super().loss(*arguments)
