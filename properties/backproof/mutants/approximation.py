"""Mistakes that show at steep weights."""

from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.rounding.arithmetic import Operation
from refnet.rounding.products import AFFINE

STAIRCASE = "sums_of_sigmoids_approximate_continuous_functions"


@mutant(STAIRCASE)
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
