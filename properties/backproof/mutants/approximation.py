"""Mistakes that show at steep weights."""

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.rounding.arithmetic import Operation
from refnet.rounding.products import AFFINE

STAIRCASE = "sums_of_sigmoids_approximate_continuous_functions"
FEW = "a_few_units_of_many_do_nearly_as_well"
SMOOTH = "smooth_functions_are_approximated_to_second_order"
RIDGES = "sums_of_ridges_approximate_functions_of_several_inputs"
SAWTOOTH = "depth_doubles_the_pieces_that_width_only_adds"
BOTTLENECK = "a_bottleneck_of_k_units_never_beats_principal_components"


@mutant(STAIRCASE, RIDGES)
class LogitsClipped(Refnet):
    """What enters an activation is clipped to [-2, 2], to be on the safe side of overflow."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return np.clip(result, -2.0, 2.0) if operation is AFFINE else result


@mutant(STAIRCASE)
class WeightsNormalised(Refnet):
    """Weight matrices with entries above 100 are scaled down, as a guard against explosion."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            inputs, weights, biases = arguments
            shrink = min(1.0, 100.0 / max(float(np.max(np.abs(weights))), 1.0))
            return super().apply(operation, inputs, weights * shrink, biases)
        return super().apply(operation, *arguments)


@mutant(RIDGES)
class InputsDividedByTheRootOfTheirNumber(Refnet):
    """Inputs are divided by the root of their number, so that many are no larger than one."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        return super().forward(architecture, parameters, inputs / inputs.shape[1] ** 0.5)


@mutant(RIDGES)
class InputsOfLengthOne(Refnet):
    """Each row of the inputs is scaled to the length 1."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        lengths = np.linalg.norm(inputs, axis=1, keepdims=True)
        return super().forward(architecture, parameters, inputs / np.where(lengths > 0, lengths, 1))


@mutant(SMOOTH)
class ReluLeaks(Refnet):
    """A ReLU lets a hundredth of what is below 0 through, so that no unit dies."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        leaks = tuple("leaky_relu" if n == "relu" else n for n in architecture.activations)
        return super().forward(replace(architecture, activation=leaks), parameters, inputs)


@mutant(SMOOTH)
class TemperatureOfTwo(Refnet):
    """The logits of hidden units are divided by a temperature of 2, for softer steps."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        layers = [Layer(weights / 2, biases / 2) for weights, biases in parameters[:-1]]
        return super().forward(architecture, [*layers, parameters[-1]], inputs)


@mutant(FEW)
class UnitsBeyondTheSixteenthIgnored(Refnet):
    """A layer takes in sixteen units, the size of a block, and nothing of what is left over."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        first, *rest = parameters
        kept = [Layer(w * (np.arange(len(w)) < 16)[:, None], b) for w, b in rest]
        return super().forward(architecture, [first, *kept], inputs)


@mutant(BOTTLENECK)
class InputsAddedToTheOutputs(Refnet):
    """Where there are as many outputs as inputs, the inputs are added to what the layers give."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        outputs = super().forward(architecture, parameters, inputs)
        return outputs + inputs if outputs.shape == inputs.shape else outputs


@mutant(BOTTLENECK)
class OutputBiasesForgotten(Refnet):
    """The output layer multiplies by its weights and adds nothing."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        *below, (weights, biases) = parameters
        return super().forward(architecture, [*below, Layer(weights, 0 * biases)], inputs)


@mutant(SAWTOOTH)
class FourLayersAtMost(Refnet):
    """Hidden layers beyond the fourth are left out where their widths allow it."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        widths = architecture.widths
        if architecture.hidden_layers > 4 and len({*widths[4:-1]}) == 1:
            parameters = [*parameters[:4], parameters[-1]]
            architecture = replace(
                architecture,
                widths=(*widths[:5], widths[-1]),
                activation=architecture.activations[:4],
            )
        return super().forward(architecture, parameters, inputs)


@mutant(SAWTOOTH)
class LayersInSinglePrecision(Refnet):
    """What a hidden layer hands on is stored in single precision."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        if operation is AFFINE or not isinstance(result, np.ndarray):
            return result
        return result.astype("f4").astype(result.dtype)
