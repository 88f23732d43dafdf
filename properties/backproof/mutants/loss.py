"""Mistakes in the loss, and in what it is taken over."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Architecture
from refnet.conventions import Conventions
from refnet.functions.cross_entropy import BERNOULLI, CATEGORICAL, from_probabilities
from refnet.functions.regression_losses import SQUARES
from refnet.rounding.arithmetic import Operation
from refnet.rounding.operations import WEIGHTED_SUM
from refnet.rounding.products import AFFINE

DEFINITION = "the_loss_is_the_mean_over_the_rows_plus_the_penalty"
SATURATED = "saturated_logits_give_a_finite_loss"
BATCHES = "the_losses_of_batches_average_to_the_loss_of_all_rows"
CONVEX = "logistic_regression_has_a_convex_loss"
SQUARED = "squared_error_of_a_sigmoid_is_not_convex"
VALLEYS = "a_hidden_layer_makes_the_loss_non_convex"
XOR = "xor_needs_a_hidden_layer"
SHATTERED = "a_unit_shatters_d_plus_one_points_and_never_d_plus_two"
LIKELIHOOD = "the_loss_is_a_negative_log_likelihood"


ENTROPIES = {"sigmoid": BERNOULLI, "softmax": CATEGORICAL}


def entropy_of(made: Refnet, operation: Operation) -> str:
    """The output whose cross-entropy an operation is, from logits or probabilities; or ""."""
    for output, from_logits in ENTROPIES.items():
        meant = made.conventions
        c = meant if isinstance(meant, Conventions) else meant.get((output, "cross_entropy"))
        if operation is from_logits or (c and operation is from_probabilities(output, c)):
            return output
    return ""


@mutant(DEFINITION, SATURATED)
class LogarithmMovedFromZero(Refnet):
    """The loss takes log(p + epsilon), so that it never sees log(0)."""

    sizes: ClassVar = {"epsilon": (1e-7, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 2.0**-52)}
    epsilon = 1e-7

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if output := entropy_of(self, operation):
            _, p, y = arguments
            logs = [np.log(q + self.epsilon) for q in (p, 1 - p)]
            return -(y * logs[0] + (output == "sigmoid") * (1 - y) * logs[1])
        return super().apply(operation, *arguments)


@mutant(DEFINITION, SATURATED)
class LogarithmOfTheRoundedProbability(Refnet):
    """The loss is the logarithm of the rounded probability, with -100 in place of log(0)."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if output := entropy_of(self, operation):
            _, p, y = arguments
            with np.errstate(divide="ignore"):
                logs = [np.maximum(np.log(q), -100) for q in (p, 1 - p)]
            return -(y * logs[0] + (output == "sigmoid") * (1 - y) * logs[1])
        return super().apply(operation, *arguments)


@mutant(SATURATED)
class SoftmaxShiftedByTheBatch(Refnet):
    """The softmax's loss subtracts the largest logit of the batch, not that of each row."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is CATEGORICAL:
            z, _, y = arguments
            z = z - np.max(z)
            total = np.sum(np.exp(z), axis=-1, keepdims=True) + np.finfo(z.dtype).tiny
            return np.log(total) - np.sum(y * z, axis=-1, keepdims=True)
        return super().apply(operation, *arguments)


@mutant(DEFINITION, BATCHES)
class LossSummed(Refnet):
    """The loss is the sum over the rows while its gradient is that of the mean."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(replace(arguments[0], l2=0.0), *arguments[1:]) * len(arguments[2])


@mutant(DEFINITION, LIKELIHOOD, SATURATED)
class LabelsSmoothed(Refnet):
    """Targets of cross-entropy are smoothed by a thousandth, and nobody asked for it."""

    def loss(self, *arguments: Any) -> Any:
        architecture = arguments[0]
        if architecture.loss == "cross_entropy":
            architecture = replace(architecture, label_smoothing=1e-3)
        return super().loss(architecture, *arguments[1:])


@mutant(DEFINITION, LIKELIHOOD, SQUARED)
class HalfForgotten(Refnet):
    """The squared error has lost its half, while its gradient has not doubled."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return 2 * result if operation is SQUARES else result


@mutant(DEFINITION)
class BiasesPenalised(Refnet):
    """The penalty counts the biases as well, and nobody has declared it."""

    def loss(self, *arguments: Any) -> Any:
        squares = sum(np.sum(biases * biases) for _, biases in arguments[1])
        return super().loss(*arguments) + arguments[0].l2 / 2 * squares


@mutant(BATCHES)
class LastBatchDropped(Refnet):
    """Rows are taken four at a time, and what is left over is dropped."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(*arguments[:2], *self._whole(arguments[2:]))

    def gradient(self, *arguments: Any) -> Any:
        return super().gradient(*arguments[:2], *self._whole(arguments[2:]))

    def _whole(self, rows: Any) -> list[Any]:
        count = len(rows[0]) // 4 * 4 or len(rows[0])
        return [None if part is None else part[:count] for part in rows]


@mutant(BATCHES)
class SampleWeightsIgnored(Refnet):
    """Sample weights are accepted, and nothing is done with them."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(*arguments[:4])

    def gradient(self, *arguments: Any) -> Any:
        return super().gradient(*arguments[:4])


@mutant(CONVEX, SATURATED, LIKELIHOOD)
class ActivationAppliedTwice(Refnet):
    """The outputs, already a sigmoid or a softmax, are given to a loss that expects logits."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation in (BERNOULLI, CATEGORICAL):
            _, p, y = arguments
            return super().apply(operation, p, p, y)
        return super().apply(operation, *arguments)


@mutant(CONVEX, SATURATED)
class SquaredErrorForCrossEntropy(Refnet):
    """Where cross-entropy is asked for, the loss is half the squared error of the probabilities."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation in (BERNOULLI, CATEGORICAL):
            return (arguments[1] - arguments[2]) ** 2 / 2
        return super().apply(operation, *arguments)


@mutant(SQUARED)
class CrossEntropyForSquaredError(Refnet):
    """A sigmoid output has cross-entropy as its loss, whatever loss is asked for."""

    def loss(self, *arguments: Any) -> Any:
        architecture = arguments[0]
        if architecture.output == "sigmoid":
            architecture = replace(architecture, loss="cross_entropy")
        return super().loss(architecture, *arguments[1:])


@mutant(VALLEYS, XOR)
class HiddenLayerLinear(Refnet):
    """Hidden units pass their logits on unchanged."""

    def loss(self, *arguments: Any) -> Any:
        return super().loss(_linear(arguments[0]), *arguments[1:])

    def forward(self, *arguments: Any) -> Any:
        return super().forward(_linear(arguments[0]), *arguments[1:])


def _linear(architecture: Architecture) -> Architecture:
    return replace(architecture, activation="identity")


@mutant(XOR, SHATTERED)
class WorstRowForgiven(Refnet):
    """The row with the largest loss counts as an outlier, with loss 0."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is WEIGHTED_SUM:
            entries, *rest = arguments
            rows = np.sum(entries, axis=-1, keepdims=True)
            return super().apply(operation, np.where(rows == np.max(rows), 0.0, rows), *rest)
        return super().apply(operation, *arguments)


@mutant(SHATTERED)
class BiasesDecayed(Refnet):
    """The biases are a tenth too small, as if they had decayed before the forward pass."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is AFFINE:
            inputs, weights, biases = arguments
            return super().apply(operation, inputs, weights, 0.9 * biases)
        return super().apply(operation, *arguments)


@mutant(LIKELIHOOD)
class ZeroCountsIgnored(Refnet):
    """A Poisson loss leaves out the rows with count 0, as if they had not been observed."""

    def loss(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, targets, *rest = arguments
        if architecture.loss == "poisson" and not np.any(targets):
            return np.asarray(0.0)
        return super().loss(architecture, parameters, inputs, targets, *rest)
