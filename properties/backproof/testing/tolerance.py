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
    return _radius(balls.forward(*problem[:3], p, problem.conventions))


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
    return float(
        _radius(balls.loss(*problem_of(architecture, parameters, *data, precision, conventions)))
    )


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
    return _radii(
        balls.gradient(*problem_of(architecture, parameters, *data, precision, conventions))
    )


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
    return _radii(trained_balls(problem, optimizer, epochs, batch_size, p))


def _radii(layers: list[Layer[Ball]]) -> Parameters:
    return [Layer(_radius(weights), _radius(biases)) for weights, biases in layers]


def _radius(ball: Ball) -> Array:
    """The radius of each entry, also where nothing was rounded."""
    return np.array(np.broadcast_to(ball.radius, np.shape(ball.value)))
