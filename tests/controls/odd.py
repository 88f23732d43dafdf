"""A correct network whose tanh misses 0 by roundings, as one from exponentials may."""

from typing import Any

from backproof.adapters.refnet import Refnet
from refnet.functions.smooth import TANH
from refnet.rounding.arithmetic import Operation


class TanhMissesZero(Refnet):
    """Every tanh is 4 roundings too large, half of what is legal."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        """The operation's value, with the error of a tanh."""
        result = super().apply(operation, *arguments)
        return result + 4 * self.precision.unit if operation is TANH.value else result
