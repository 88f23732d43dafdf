"""Correct networks that differ from the engine in a way of their own."""

from dataclasses import replace
from typing import Any

import numpy as np

import refnet
from backproof.adapters.refnet import Refnet
from backproof.mutants.trained import Memory, OwnSteps
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.functions.smooth import TANH
from refnet.rounding.arithmetic import Operation
from refnet.rounding.precision import PRESETS
from refnet.training.optimizers import Optimizer


class TanhMissesZero(OwnSteps):
    """Every tanh is 4 roundings too large, half of what is legal, in training as well."""

    scope = replace(
        Refnet.scope,
        optimizers=("gradient_descent",),
        weight_decay=(),
        batches=False,
        dropout=False,
    )
    optimizer = "gradient_descent"

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        """The operation's value, with the error of a tanh."""
        result = super().apply(operation, *arguments)
        return result + 4 * PRESETS[self._precision].unit if operation is TANH.value else result

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        """The gradient, with this tanh."""
        return gradient


class OtherForms(Refnet):
    """Each optimizer in another published form than the first: as Keras and Kingma have them."""

    def train(self, *arguments: Any) -> Any:
        """Training, with the point ahead, the rate inside, and epsilon elsewhere."""
        forms = Conventions(
            nesterov="lookahead",
            momentum_rate="inside",
            rmsprop_epsilon="inside",
            adam_epsilon="uncorrected",
        )
        training = *arguments, forms
        return refnet.train(*training)


class Tagged(np.ndarray[Any, Any]):
    """An array of a class of its own."""


class AnswersInASubclass(Refnet):
    """Outputs and gradients are arrays of a subclass, not writable, and not contiguous."""

    def forward(self, *arguments: Any) -> Any:
        """The outputs."""
        return _tagged(super().forward(*arguments))

    def gradient(self, *arguments: Any) -> Any:
        """The gradient."""
        return [Layer(_tagged(w), _tagged(b)) for w, b in super().gradient(*arguments)]


def _tagged(array: Array) -> Array:
    found = np.asfortranarray(array).view(Tagged)
    found.flags.writeable = False
    return found


class RoundedStarts:
    """Starts of the engine, each number rounded once to half precision."""

    scope, conventions = Refnet.scope, Refnet.conventions

    def __init__(self, precision: str) -> None:
        self.precision, self._engine = PRESETS[precision], Refnet()

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        """Weights and biases in the precision."""
        drawn = self._engine.initialize(architecture, initializer, seed)
        return [Layer(*map(self.precision.round, layer)) for layer in drawn]
