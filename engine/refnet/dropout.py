"""Dropout after each hidden activation: a random mask in training, a scale in one of the two.

inverted:      a m / k in training, a in evaluation
at evaluation: a m in training, a k in evaluation

with k = 1 - rate the share of units that stay, and m one of 0 and 1, 1 with probability k.

Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15 (2014).
"""

import numpy as np

from refnet.architecture import Architecture, Array
from refnet.conventions import Conventions

Factors = list[Array] | None
"""What each hidden layer's activations are multiplied by on their way to the next layer."""


def evaluation_factors(architecture: Architecture, conventions: Conventions) -> Factors:
    """1 - rate for each hidden layer, or None where evaluation scales nothing."""
    if not architecture.dropout or conventions.dropout == "inverted":
        return None
    return [np.asarray(1 - architecture.dropout)] * architecture.hidden_layers


def training_factors(
    architecture: Architecture,
    inputs: Array,
    generator: np.random.Generator,
    conventions: Conventions,
) -> Factors:
    """Masks m / k, or m, for each hidden layer, drawn from the first layer to the last.

    Shapes: (n, width) for each hidden layer.
    """
    if not architecture.dropout:
        return None
    kept = 1.0 if conventions.dropout == "at evaluation" else 1 / (1 - architecture.dropout)
    return [
        np.where(generator.random((*inputs.shape[:-1], width)) < architecture.dropout, 0.0, kept)
        for width in architecture.widths[1:-1]
    ]
