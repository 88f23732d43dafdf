"""The network on balls: what an implementation may legally answer, as a value and a radius.

Each function runs the code of `refnet.network` in the arithmetic `within(precision)`. An answer
that is further than the radius from the value, the engine's, is a bug, or a convention or a
precision that was not declared.

Source: running error analysis after Wilkinson; Higham, Accuracy and Stability of Numerical
Algorithms, 2002, section 3.3.
"""

from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.backpropagation import Stage, entries_in, given, gradient_in, loss_in, total_in, trace
from refnet.checks import checked
from refnet.conventions import STRICT, Conventions
from refnet.problem import Problem
from refnet.rounding.arithmetic import Ball, within
from refnet.rounding.precision import FLOAT64, Precision


def forward(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    precision: Precision = FLOAT64,
    conventions: Conventions = STRICT,
) -> Ball:
    """The outputs, or logits where these are declared, as a ball.

    Shapes: inputs (n, features) -> (n, outputs), value and radius.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    stages = _stages(architecture, parameters, inputs, precision, conventions)
    outputs: Ball = given(stages[-1], conventions)
    return outputs.rounded_up()


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
    stages = _stages(architecture, parameters, inputs, precision, conventions)
    return [stage.logits.rounded_up() for stage in stages]


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
    stages = _stages(architecture, parameters, inputs, precision, conventions)
    return [stage.outputs.rounded_up() for stage in stages[:-1]]


def _stages(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    precision: Precision,
    conventions: Conventions,
) -> list[Stage]:
    checked(architecture, parameters, inputs)
    return trace(within(precision), architecture, parameters, inputs, conventions)


def loss(problem: Problem, precision: Precision = FLOAT64) -> Ball:
    """The loss as a ball.

    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(*problem[:5])
    value: Ball = loss_in(within(precision), problem)
    return value.rounded_up()


def evaluate(problem: Problem, precision: Precision = FLOAT64) -> Ball:
    """The loss computed in batches of any size, as a ball.

    A mean of batch means multiplies each row by its batch's share, and the penalty may be part of
    every batch's loss: that rounds each term once more for every batch, of which there are at most
    as many as rows.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(*problem[:5])
    apply, rows = within(precision), problem.inputs.shape[-2]
    value: Ball = total_in(apply, problem, entries_in(apply, problem), 2 * rows + 4)
    return value.rounded_up()


def gradient(problem: Problem, precision: Precision = FLOAT64) -> list[Layer[Ball]]:
    """The gradient, a ball for the weights and one for the biases of each layer.

    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(*problem[:5])
    return rounded_up(gradient_in(within(precision), problem))


def rounded_up(layers: list[Layer[Ball]]) -> list[Layer[Ball]]:
    """Layers of balls, each with room for the rounding of its own radius."""
    return [Layer(weights.rounded_up(), biases.rounded_up()) for weights, biases in layers]
