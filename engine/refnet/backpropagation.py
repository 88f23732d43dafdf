"""Forward and backward through the layers, written once for plain numbers and for balls.

f(x) = output(z_L), z_l = a_{l-1} W_l + b_l, a_l = activation(z_l), a_0 = x. The gradient flows
back: delta_L from the head, then dF/dW_l = a_{l-1}^T delta_l, dF/db_l = sum of delta_l,
delta_{l-1} = (delta_l W_l^T) f'(z_{l-1}).

Everything accepts stacks: leading axes of inputs and parameters broadcast.
"""

from typing import Any, NamedTuple

import numpy as np

from refnet.architecture import Architecture, Array, Layer
from refnet.conventions import Conventions
from refnet.dropout import Factors, evaluation_factors
from refnet.functions.losses import Head, functions
from refnet.problem import (
    Problem,
    divisor,
    penalised,
    penalty_factor,
    roundings_of,
    row_scale,
    smoothed_targets,
)
from refnet.rounding.arithmetic import Arithmetic
from refnet.rounding.operations import (
    ADD_SCALED,
    CONSTANT,
    MULTIPLY,
    SCALE,
    SUM_OF_SQUARES,
    WEIGHTED_SUM,
)
from refnet.rounding.products import AFFINE, BACK, COLUMN_SUM, OUTER


class Step(NamedTuple):
    """One layer on its way forward: what came in, before the activation, what went out.

    factor: what dropout multiplies the outputs by before the next layer, if anything
    """

    inputs: Any
    logits: Any
    outputs: Any
    factor: Any = None


def trace(
    apply: Arithmetic,
    architecture: Architecture,
    parameters: list[Layer[Any]],
    inputs: Any,
    conventions: Conventions,
    factors: Factors = (),
) -> list[Step]:
    """The forward pass, layer by layer, in evaluation unless dropout's factors are given."""
    if architecture.dropout:
        factors = factors or evaluation_factors(architecture, conventions)
    steps = []
    layers = functions(architecture, conventions).layers
    for place, (weights, biases) in enumerate(parameters):
        logits = apply(AFFINE, inputs, weights, biases)
        outputs = apply(layers[place].value, logits)
        if place < len(factors):
            factor = apply(CONSTANT, factors[place], 3 + 1 / (1 - architecture.dropout))
            steps.append(Step(inputs, logits, outputs, factor))
            inputs = apply(MULTIPLY, outputs, factor)
        else:
            steps.append(Step(inputs, logits, outputs))
            inputs = outputs
    return steps


def traced(apply: Arithmetic, problem: Problem) -> list[Step]:
    """The forward pass of a problem, in evaluation."""
    return trace(
        apply, problem.architecture, problem.parameters, problem.inputs, problem.conventions
    )


def rows_in(apply: Arithmetic, problem: Problem, steps: list[Step] | None = None) -> Any:
    """The loss of each row, before its factor: (n,)"""
    last = (steps or traced(apply, problem))[-1]
    chosen = functions(problem.architecture, problem.conventions).head
    return apply(chosen.rows, last.logits, last.outputs, smoothed_targets(apply, problem))


def loss_in(apply: Arithmetic, problem: Problem, steps: list[Step] | None = None) -> Any:
    """The loss in the given arithmetic."""
    return total_in(apply, problem, rows_in(apply, problem, steps))


def total_in(apply: Arithmetic, problem: Problem, rows: Any, extra_roundings: int = 0) -> Any:
    """sum_i c_i l_i plus the penalty, from the losses l_i of the rows."""
    conventions = problem.conventions
    factor = functions(problem.architecture, conventions).head.loss_factor
    scale, roundings = row_scale(problem, factor)
    value = apply(WEIGHTED_SUM, rows, scale, roundings + extra_roundings, divisor(problem))
    if problem.architecture.l2 and conventions.loss_includes_penalty:
        squares = apply(SUM_OF_SQUARES, *penalised(problem.parameters, conventions))
        penalty, roundings = penalty_factor(problem)
        penalty_scale = apply(CONSTANT, penalty, roundings + extra_roundings)
        value = apply(ADD_SCALED, value, squares, penalty_scale)
    return value


def gradient_in(apply: Arithmetic, problem: Problem, steps: list[Step] | None = None) -> Any:
    """The gradient in the given arithmetic."""
    architecture, parameters = problem.architecture, problem.parameters
    activations, chosen = functions(architecture, problem.conventions)
    steps = steps or traced(apply, problem)
    delta, total = _output_delta(apply, problem, chosen, steps[-1]), divisor(problem)
    layers = []
    for place in range(len(parameters) - 1, -1, -1):
        biases = apply(COLUMN_SUM, delta, total)  # while delta is still at hand
        layers.append(Layer(apply(OUTER, steps[place].inputs, delta, total), biases))
        if place:
            below = steps[place - 1]
            signal = apply(BACK, delta, parameters[place].weights, total)
            if below.factor is not None:
                signal = apply(MULTIPLY, signal, below.factor)
            delta = apply(activations[place - 1].pullback, signal, below.logits, below.outputs)
    layers.reverse()
    return _penalised(apply, problem, layers) if architecture.l2 else layers


def loss_and_gradient_in(apply: Arithmetic, problem: Problem) -> tuple[Any, Any]:
    """Both from one forward pass, in the given arithmetic."""
    steps = traced(apply, problem)
    return loss_in(apply, problem, steps), gradient_in(apply, problem, steps)


def _output_delta(apply: Arithmetic, problem: Problem, chosen: Head, last: Step) -> Any:
    """The derivative of the loss by the last logits."""
    delta = chosen.delta(apply, last.logits, last.outputs, smoothed_targets(apply, problem))
    scale, roundings = row_scale(problem, chosen.delta_factor * problem.conventions.gradient_factor)
    if isinstance(scale, float) and scale == 1:
        return delta
    return apply(SCALE, delta, _along(scale, 1), roundings, divisor(problem))


def _along(factor: Array | float, axes: int) -> Array | float:
    """The factors of a stack or of rows, with so many axes more; one number stays as it is."""
    return factor[(..., *(None,) * axes)] if isinstance(factor, np.ndarray) else factor


def _penalised(apply: Arithmetic, problem: Problem, layers: list[Layer[Any]]) -> list[Layer[Any]]:
    """The gradient of the data's loss, plus that of the penalty."""
    conventions = problem.conventions
    factor, roundings = penalty_factor(problem)
    value = 2 * factor * conventions.gradient_factor
    roundings = 2 * roundings + 2 * roundings_of(conventions.gradient_factor)
    column = apply(CONSTANT, _along(value, 2), roundings)  # of a stack of data sets
    entry = apply(CONSTANT, _along(value, 1), roundings)
    penalised = []
    for data, layer in zip(layers, problem.parameters, strict=True):
        weights, biases = apply(ADD_SCALED, data.weights, layer.weights, column), data.biases
        if conventions.penalty_on_biases:
            biases = apply(ADD_SCALED, biases, layer.biases, entry)
        penalised.append(Layer(weights, biases))
    return penalised
