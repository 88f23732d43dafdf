"""The largest legal errors: how far a correct program may be from the engine, entry by entry.

A radius counts the rounding of the program and that of the engine. Two programs of one precision
may lie twice as far from each other, each on its own side.
"""

import numpy as np
from numpy.typing import ArrayLike

from backproof.contract import Declared
from backproof.testing.given import Pairs, problem_of
from refnet import balls
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.checks import check_count
from refnet.conventions import STRICT
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer
from refnet.training.training import trained_balls


def forward(
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> Array:
    """The largest legal error of each output.

    Shapes: parameters a pair (weights, biases) for each layer; inputs (n, features)
            -> (n, outputs), infinite where any value is legal.
    Raises: ValueError where an argument does not fit.
    """
    network = architecture, parameters, inputs
    problem, p = problem_of(*network, None, None, precision, conventions)
    return np.asarray(balls.forward(*problem[:3], p, problem.conventions).radius)


def loss(
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    targets: ArrayLike,
    sample_weights: ArrayLike | None = None,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> float:
    """The largest legal error of the loss.

    Shapes: targets (n, outputs); sample_weights (n,); others as for the outputs.
    Raises: ValueError where an argument does not fit.
    """
    data = inputs, targets, sample_weights
    problem, p = problem_of(architecture, parameters, *data, precision, conventions)
    return float(balls.loss(problem, p).radius)


def gradient(
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    targets: ArrayLike,
    sample_weights: ArrayLike | None = None,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> Parameters:
    """The largest legal error of each entry of the gradient.

    Shapes: as the parameters; others as for the loss.
    Raises: ValueError where an argument does not fit.
    """
    data = inputs, targets, sample_weights
    problem, p = problem_of(architecture, parameters, *data, precision, conventions)
    return _radii(balls.gradient(problem, p))


def step(
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    targets: ArrayLike,
    optimizer: Optimizer,
    epochs: int = 1,
    batch_size: int | None = None,
    sample_weights: ArrayLike | None = None,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> Parameters:
    """The largest legal error of each parameter after so many epochs.

    Of several published forms that the conventions leave open it is that of the first.

    Shapes: as the parameters; others as for the loss.
    Raises: ValueError where an argument does not fit, and for dropout.
    """
    data = inputs, targets, sample_weights
    problem, p = problem_of(architecture, parameters, *data, precision, conventions)
    check_count("epochs", "a number of epochs", epochs, 1)
    return _radii(trained_balls(problem, optimizer, epochs, batch_size, p))


def _radii(layers: list[Layer[Ball]]) -> Parameters:
    return [Layer(*(np.asarray(part.radius) for part in layer)) for layer in layers]
