"""Hidden units in another order, with everything that belongs to them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refnet.architecture import Architecture, Layer

Order = NDArray[np.intp]


def orders_of(architecture: Architecture, seed: int) -> list[Order]:
    """An order for the units of each hidden layer."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(width) for width in architecture.widths[1:-1]]


def renumbered(layers: list[Layer[Any]], orders: list[Order]) -> list[Layer[Any]]:
    """Parameters, or what is like them, with the units of each hidden layer in a new order."""
    found = list(layers)
    for place, order in enumerate(orders):
        weights, biases = found[place]
        found[place] = Layer(weights[:, order], biases[order])
        after = found[place + 1]
        found[place + 1] = Layer(after.weights[order], after.biases)
    return found
