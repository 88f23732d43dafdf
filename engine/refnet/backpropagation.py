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
from refnet.functions.activations import activation
from refnet.functions.losses import head
from refnet.problem import (
    Problem,
    Share,
    gradient_share,
    loss_share,
    penalised,
    penalty_factor,
    roundings_of,
    smoothed_targets,
)
from refnet.rounding.arithmetic import Arithmetic, before
from refnet.rounding.operations import (
    ADD_PRODUCT,
    ADD_SCALED,
    CONSTANT,
    MULTIPLY,
    NOTHING,
    SCALE,
    SUM_OF_SQUARES,
    WEIGHTED_SUM,
)
from refnet.rounding.products import AFFINE, BACK, COLUMN_SUM, OUTER


class Stage(NamedTuple):
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
) -> list[Stage]:
    """The forward pass, layer by layer, in evaluation unless dropout's factors are given."""
    if architecture.dropout:
        factors = factors or evaluation_factors(architecture, conventions)
    stages = []
    for place, (weights, biases) in enumerate(parameters):
        function = activation(architecture.functions[place], conventions)
        logits = apply(AFFINE, inputs, weights, biases)
        outputs = apply(function.value, logits)
        factor = None
        if place < len(factors):
            factor = apply(CONSTANT, factors[place], 3 + 1 / (1 - architecture.dropout))
        stages.append(Stage(inputs, logits, outputs, factor))
        inputs = outputs if factor is None else apply(MULTIPLY, outputs, factor)
    return stages


def given(last: Stage, conventions: Conventions) -> Any:
    """What a forward pass that ends so gives, as it is declared."""
    return last.logits if conventions.outputs == "logits" else last.outputs


def traced(apply: Arithmetic, problem: Problem) -> list[Stage]:
    """The forward pass of a problem, in evaluation."""
    return trace(
        apply, problem.architecture, problem.parameters, problem.inputs, problem.conventions
    )


def entries_in(apply: Arithmetic, problem: Problem, stages: list[Stage] | None = None) -> Any:
    """What the loss of each row is a sum of, before its factor: (n, k) or (n, 1)"""
    last = (stages or traced(apply, problem))[-1]
    entries = head(problem.architecture, problem.conventions).entries
    return apply(entries, last.logits, last.outputs, smoothed_targets(apply, problem))


def loss_in(apply: Arithmetic, problem: Problem, stages: list[Stage] | None = None) -> Any:
    """The loss in the given arithmetic."""
    return total_in(apply, problem, entries_in(apply, problem, stages))


def total_in(apply: Arithmetic, problem: Problem, entries: Any, extra_roundings: int = 0) -> Any:
    """sum_i c_i l_i plus the penalty, from what the losses l_i of the rows are sums of.

    One accumulator may hold rows, outputs and squared weights, in any order: a sum of nK + m terms.
    """
    conventions = problem.conventions
    squared = penalised(problem.parameters, conventions)
    if not (problem.architecture.l2 and conventions.loss_includes_penalty):
        squared = []
    summed = problem.inputs.shape[-2] * problem.architecture.widths[-1]
    terms = summed + sum(w.shape[-1] * w.shape[-2] for w in squared)
    share = loss_share(problem, head(problem.architecture, conventions).entries_factor)
    scale, roundings = _along(share.factor, 1), share.roundings + extra_roundings
    late = before(apply, share.late)
    value = late(WEIGHTED_SUM, entries, scale, roundings, share.divisor, terms)
    if squared:
        penalty, roundings = penalty_factor(problem)
        penalty_scale = apply(CONSTANT, penalty, roundings + extra_roundings)
        value = apply(ADD_SCALED, value, apply(SUM_OF_SQUARES, *squared), penalty_scale, terms)
    return value


def gradient_in(
    apply: Arithmetic,
    problem: Problem,
    stages: list[Stage] | None = None,
    whole: Problem | None = None,
) -> Any:
    """The gradient in the given arithmetic.

    whole: all rows, where those of the problem are a batch of them
    """
    architecture, parameters = problem.architecture, problem.parameters
    stages = stages or traced(apply, problem)
    delta, share = _output_delta(apply, problem, stages[-1])
    total, late, layers = share.divisor, before(apply, share.late), []
    for place in range(len(parameters) - 1, -1, -1):
        biases = late(COLUMN_SUM, delta, total)  # while delta is still at hand
        layers.append(Layer(late(OUTER, stages[place].inputs, delta, total), biases))
        if place:
            signal = late(BACK, delta, parameters[place].weights, total)
            delta = _through(late, problem, place - 1, stages[place - 1], signal)
    layers.reverse()
    layers = _penalised(apply, problem, layers, whole) if architecture.l2 else layers
    return layers if architecture.biases else without_biases(apply, layers)


def without_biases(apply: Arithmetic, layers: list[Layer[Any]]) -> list[Layer[Any]]:
    """The layers with zeros for biases, whatever stood there: they are none, and learn nothing."""
    return [Layer(weights, apply(NOTHING, biases)) for weights, biases in layers]


def _through(apply: Arithmetic, problem: Problem, place: int, stage: Stage, signal: Any) -> Any:
    """The derivative by the logits of a hidden layer, from that by what it hands on."""
    if stage.factor is not None:
        signal = apply(MULTIPLY, signal, stage.factor)
    function = activation(problem.architecture.functions[place], problem.conventions)
    return apply(function.pullback, signal, stage.logits, stage.outputs)


def loss_and_gradient_in(apply: Arithmetic, problem: Problem) -> tuple[Any, Any]:
    """Both from one forward pass, in the given arithmetic."""
    stages = traced(apply, problem)
    return loss_in(apply, problem, stages), gradient_in(apply, problem, stages)


def _output_delta(apply: Arithmetic, problem: Problem, last: Stage) -> tuple[Any, Share]:
    """The derivative of the loss by the last logits, and what it is multiplied by."""
    chosen = head(problem.architecture, problem.conventions)
    delta = chosen.delta(apply, last.logits, last.outputs, smoothed_targets(apply, problem))
    share = gradient_share(problem, chosen.delta_factor)
    if not (isinstance(share.factor, float) and share.factor == 1):
        factor = _along(share.factor, 1)
        known = factor, share.roundings, share.divisor
        delta = before(apply, share.late)(SCALE, delta, *known)
    return delta, share


def _along(factor: Array | float, axes: int) -> Array | float:
    """The factors of a stack or of rows, with so many axes more; one number stays as it is."""
    return factor[(..., *(None,) * axes)] if isinstance(factor, np.ndarray) else factor


def _penalised(
    apply: Arithmetic, problem: Problem, layers: list[Layer[Any]], whole: Problem | None
) -> list[Layer[Any]]:
    """The gradient of the data's loss, plus that of the penalty."""
    conventions = problem.conventions
    factor, roundings = penalty_factor(problem, whole)
    value = 2 * factor * conventions.gradient_factor
    roundings = 2 * roundings + 2 * roundings_of(conventions.gradient_factor)
    column = apply(CONSTANT, _along(value, 2), roundings)  # of a stack of data sets
    entry = apply(CONSTANT, _along(value, 1), roundings)
    terms, penalised = problem.inputs.shape[-2] + 1, []
    for data, layer in zip(layers, problem.parameters, strict=True):
        weights = apply(ADD_PRODUCT, data.weights, layer.weights, column, terms)
        biases = data.biases
        if conventions.penalty_on_biases:
            biases = apply(ADD_SCALED, biases, layer.biases, entry, terms)
        penalised.append(Layer(weights, biases))
    return penalised
