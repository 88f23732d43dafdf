"""A correct network whose tanh misses 0 by roundings, as one from exponentials may."""

from dataclasses import replace
from typing import Any

from backproof.adapters.refnet import Refnet
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.functions.smooth import TANH
from refnet.rounding.arithmetic import Operation
from refnet.rounding.precision import PRESETS
from refnet.training.optimizers import Optimizer


class TanhMissesZero(Refnet):
    """Every tanh is 4 roundings too large, half of what is legal, in training as well."""

    scope = replace(
        Refnet.scope,
        optimizers=("gradient_descent",),
        weight_decay=(),
        batches=False,
        dropout=False,
    )

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        """The operation's value, with the error of a tanh."""
        result = super().apply(operation, *arguments)
        return result + 4 * PRESETS[self._precision].unit if operation is TANH.value else result

    def train(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        optimizer: Optimizer,
        epochs: int,
        batch_size: int | None = None,
        sample_weights: Array | None = None,
        seed: int = 0,
    ) -> Parameters:
        """W - rate * gradient, the gradient with this tanh."""
        for _ in range(epochs):
            slopes = self.gradient(architecture, parameters, inputs, targets, sample_weights)
            parameters = [
                Layer(*(x - optimizer.learning_rate * g for x, g in zip(layer, slope, strict=True)))
                for layer, slope in zip(parameters, slopes, strict=True)
            ]
        return parameters
