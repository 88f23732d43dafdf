"""What a pass of a user's module shows: its layers in the order of the calls, and what they meet.

What enters the next layer is what the activation before it gives, in whatever way the module
computes it; a dropout in between does nothing in evaluation.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from backproof.contract import NotSupported
from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.functions.activations import TABLE, activation
from refnet.rounding.arithmetic import plain, quiet

NEAR = 0.02
"""A median difference, beside 1 + |f(z)|, beyond which a function is another one.

The median is taken left and right of 0 apart, where many functions are the same on one side.
"""


class Chain(NamedTuple):
    """The layers of a module in call order.

    layers: as the library has them; shapes: (fan_in, fan_out) of each; biases: whether any have
    """

    layers: list[Any]
    shapes: list[tuple[int, int]]
    biases: bool

    @property
    def widths(self) -> tuple[int, ...]:
        """Features, hidden units and outputs.

        Raises: NotSupported where one layer does not take what the one before it gives.
        """
        for (_, out), (into, _) in pairwise(self.shapes):
            if out != into:
                raise NotSupported(f"a layer gives {out} numbers and the next one takes {into}")
        return (self.shapes[0][0], *(out for _, out in self.shapes))


class Trace(NamedTuple):
    """One pass of rows: what enters and leaves each layer, and the outputs as they come."""

    chain: Chain
    entering: list[Array]
    leaving: list[Array]
    outputs: Array


def recognised(z: Array, units: Array, otherwise: str) -> str:
    """The name of the activation that makes units of logits, by its values.

    Raises: NotSupported where it is none that is known.
    """
    if z.shape == units.shape:
        logits, found = z.astype(np.float64), units.astype(np.float64)
        distances = {name: _distance(name, logits, found) for name in TABLE}
        best = min(distances, key=lambda name: distances[name])
        if distances[best] <= NEAR:
            return best
    raise NotSupported(f"{otherwise} that is known")


@quiet
def _distance(name: str, logits: Array, found: Array) -> float:
    expected = plain(activation(name, Conventions()).value, logits)
    distances, left = np.abs(found - expected) / (1 + np.abs(expected)), logits < 0
    sides = [distances[side] for side in (left, ~left) if np.any(side)]
    distance = float(max(map(np.median, sides)))
    return distance if np.isfinite(distance) else np.inf
