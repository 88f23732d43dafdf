"""Dropout after each hidden activation: a random mask in training, a scale in one of the two.

inverted:      a m / k in training, a in evaluation
at evaluation: a m in training, a k in evaluation

with k = 1 - rate the share of units that stay, and m one of 0 and 1, 1 with probability k.

Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15 (2014).
"""

from collections.abc import Sequence

import numpy as np

from refnet.architecture import Architecture, Array, Parameters
from refnet.conventions import Conventions

Factors = Sequence[Array | float]
"""What each hidden layer's activations are multiplied by before the next layer; empty: nothing."""


def evaluation_factors(architecture: Architecture, conventions: Conventions) -> Factors:
    """1 - rate for each hidden layer, or nothing where evaluation scales nothing."""
    if not architecture.dropout or conventions.dropout == "inverted":
        return ()
    return [1 - architecture.dropout] * architecture.hidden_layers


def training_factors(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    generator: np.random.Generator,
    conventions: Conventions,
) -> Factors:
    """Masks m / k, or m, for each hidden layer, drawn from the first layer to the last.

    They have the type of the activations: float32 where parameters and inputs are float32.

    Shapes: (n, width) for each hidden layer.
    """
    if not architecture.dropout:
        return ()
    kept = 1.0 if conventions.dropout == "at evaluation" else 1 / (1 - architecture.dropout)
    dtype = np.result_type(inputs, *(layer.weights for layer in parameters), np.float16)
    shapes = ((*inputs.shape[:-1], width) for width in architecture.widths[1:-1])
    masks = (generator.random(shape) < architecture.dropout for shape in shapes)
    return [np.where(mask, dtype.type(0), dtype.type(kept)) for mask in masks]
