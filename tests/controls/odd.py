"""A correct network whose tanh misses 0 by roundings, as one from exponentials may."""

from dataclasses import replace
from typing import Any

from backproof.adapters.refnet import Refnet
from backproof.mutants.trained import Memory, OwnSteps
from refnet.architecture import Array
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
