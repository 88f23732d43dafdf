"""The network on balls: what an implementation may legally answer, as a value and a radius.

Each function runs the code of `refnet.network` in the arithmetic `within(precision)`. An answer
further from the value than the radius is a bug, or a convention or a precision that was not
declared.

Source: running error analysis after Wilkinson; Higham, Accuracy and Stability of Numerical
Algorithms, 2002, section 3.3.
"""

import numpy as np

from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.arithmetic import Ball, within
from refnet.checks import checked
from refnet.conventions import STRICT, Conventions
from refnet.network import Problem, gradient_in, loss_in, trace
from refnet.precision import FLOAT64, Precision

_INFLATION = 1 + 2.0**-20  # the radii themselves are computed in float64


def _rounded_up(ball: Ball) -> Ball:
    return Ball(ball.value, np.asarray(ball.radius) * _INFLATION)


def forward(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    precision: Precision = FLOAT64,
    conventions: Conventions = STRICT,
) -> Ball:
    """The outputs as a ball.

    Shapes: inputs (n, features) -> (n, outputs), value and radius.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    return _rounded_up(
        trace(within(precision), architecture, parameters, inputs, conventions)[-1].outputs
    )


def logits(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    precision: Precision = FLOAT64,
    conventions: Conventions = STRICT,
) -> list[Ball]:
    """[z_1, ..., z_L], what each layer has before its activation, as balls.

    Shapes: inputs (n, features) -> (n, width) for each layer.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    steps = trace(within(precision), architecture, parameters, inputs, conventions)
    return [_rounded_up(step.logits) for step in steps]


def hidden(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    precision: Precision = FLOAT64,
    conventions: Conventions = STRICT,
) -> list[Ball]:
    """The activations of each hidden layer as balls.

    Shapes: inputs (n, features) -> (n, width) for each hidden layer.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    steps = trace(within(precision), architecture, parameters, inputs, conventions)
    return [_rounded_up(step.outputs) for step in steps[:-1]]


def loss(problem: Problem, precision: Precision = FLOAT64) -> Ball:
    """The loss as a ball.

    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(*problem[:5])
    return _rounded_up(loss_in(within(precision), problem))


def gradient(problem: Problem, precision: Precision = FLOAT64) -> list[Layer[Ball]]:
    """The gradient, a ball for the weights and one for the biases of each layer.

    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(*problem[:5])
    layers = gradient_in(within(precision), problem)
    return [Layer(_rounded_up(layer.weights), _rounded_up(layer.biases)) for layer in layers]
