"""The network: forward, hidden, loss, gradient, written once for plain numbers and for balls.

f(x) = output(z_L), z_l = a_{l-1} W_l + b_l, a_l = activation(z_l), a_0 = x. The loss is the mean
over rows plus the penalty. The gradient flows back: delta_L from the head, then
dF/dW_l = a_{l-1}^T delta_l, dF/db_l = sum of delta_l, delta_{l-1} = (delta_l W_l^T) f'(z_{l-1}).

Everything accepts stacks: leading axes of inputs and parameters broadcast.
"""

from typing import Any, NamedTuple

import numpy as np

from refnet.activations import activation
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.arithmetic import Arithmetic, plain
from refnet.checks import checked
from refnet.conventions import STRICT, Conventions
from refnet.losses import Head, head
from refnet.operations import (
    ADD_SCALED,
    AFFINE,
    BACK,
    COLUMN_SUM,
    CONSTANT,
    MULTIPLY,
    OUTER,
    SUM_OF_SQUARES,
    WEIGHTED_SUM,
)


class Problem(NamedTuple):
    """A network with everything that its loss depends on.

    Shapes: inputs (n, features); targets (n, outputs); sample_weights (n,) or None.
    """

    architecture: Architecture
    parameters: Parameters
    inputs: Array
    targets: Array
    sample_weights: Array | None = None
    conventions: Conventions = STRICT


def forward(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    conventions: Conventions = STRICT,
) -> Array:
    """f(x) = output(z_L), z_l = a_{l-1} W_l + b_l, a_l = activation(z_l)

    Shapes: inputs (n, features) -> (n, outputs).
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    outputs: Array = trace(plain, architecture, parameters, inputs, conventions)[-1].outputs
    return outputs


def hidden(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    conventions: Conventions = STRICT,
) -> list[Array]:
    """[a_1, ..., a_{L-1}], the activations of each hidden layer

    Shapes: inputs (n, features) -> (n, width) for each hidden layer.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    steps = trace(plain, architecture, parameters, inputs, conventions)
    return [step.outputs for step in steps[:-1]]


def loss(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array,
    sample_weights: Array | None = None,
    conventions: Conventions = STRICT,
) -> Array:
    """F = sum_i c_i l(z_i, y_i) + f l2 |W|^2, with c_i = 1/n or w_i / sum w

    Shapes: inputs (n, features); targets (n, outputs); sample_weights (n,) -> scalar.
    Units:  nats per row for cross-entropy.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs, targets, sample_weights)
    problem = Problem(architecture, parameters, inputs, targets, sample_weights, conventions)
    value: Array = loss_in(plain, problem)
    return value


def gradient(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array,
    sample_weights: Array | None = None,
    conventions: Conventions = STRICT,
) -> Parameters:
    """[dF/dW_l, dF/db_l] for each layer, by backpropagation

    Shapes: as the parameters.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs, targets, sample_weights)
    problem = Problem(architecture, parameters, inputs, targets, sample_weights, conventions)
    layers: Parameters = gradient_in(plain, problem)
    return layers


def loss_and_gradient(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array,
    sample_weights: Array | None = None,
    conventions: Conventions = STRICT,
) -> tuple[Array, Parameters]:
    """(F, dF/d parameters) from one forward pass

    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs, targets, sample_weights)
    problem = Problem(architecture, parameters, inputs, targets, sample_weights, conventions)
    steps = trace(plain, architecture, parameters, inputs, conventions)
    return loss_in(plain, problem, steps), gradient_in(plain, problem, steps)


class Step(NamedTuple):
    """One layer on its way forward: what came in, before the activation, what went out."""

    inputs: Any
    logits: Any
    outputs: Any


def trace(
    apply: Arithmetic,
    architecture: Architecture,
    parameters: Parameters,
    inputs: Any,
    conventions: Conventions,
) -> list[Step]:
    """The forward pass, layer by layer, in the given arithmetic."""
    steps = []
    for layer, name in zip(parameters, _names(architecture), strict=True):
        logits = apply(AFFINE, inputs, layer.weights, layer.biases)
        outputs = apply(activation(name, conventions).value, logits)
        steps.append(Step(inputs, logits, outputs))
        inputs = outputs
    return steps


def loss_in(apply: Arithmetic, problem: Problem, steps: list[Step] | None = None) -> Any:
    """The loss in the given arithmetic."""
    architecture, parameters, inputs, _, _, conventions = problem
    last = (steps or trace(apply, architecture, parameters, inputs, conventions))[-1]
    chosen = head(architecture, conventions)
    rows = apply(chosen.rows, last.logits, last.outputs, _targets(apply, problem))
    scale = apply(CONSTANT, *_scale(problem, chosen.loss_factor))
    value = apply(WEIGHTED_SUM, rows, scale)
    if architecture.l2 and conventions.loss_includes_penalty:
        penalised = [part for layer in parameters for part in _penalised(layer, conventions)]
        squares = apply(SUM_OF_SQUARES, *penalised)
        value = apply(ADD_SCALED, value, squares, np.float64(_penalty(problem)))
    return value


def gradient_in(apply: Arithmetic, problem: Problem, steps: list[Step] | None = None) -> Any:
    """The gradient in the given arithmetic."""
    architecture, parameters, inputs, _, _, conventions = problem
    steps = steps or trace(apply, architecture, parameters, inputs, conventions)
    delta = _output_delta(apply, problem, head(architecture, conventions), steps[-1])
    layers = []
    for place in range(len(parameters) - 1, -1, -1):
        layers.append(_layer_gradient(apply, problem, parameters[place], steps[place], delta))
        if place:
            below = activation(architecture.activations[place - 1], conventions)
            signal = apply(BACK, delta, parameters[place].weights)
            delta = apply(below.pullback, signal, steps[place - 1].logits, steps[place - 1].outputs)
    return layers[::-1]


def _names(architecture: Architecture) -> tuple[str, ...]:
    return (*architecture.activations, architecture.output)


def _output_delta(apply: Arithmetic, problem: Problem, chosen: Head, last: Step) -> Any:
    delta = chosen.delta(apply, last.logits, last.outputs, _targets(apply, problem))
    scale, roundings = _scale(problem, chosen.delta_factor * problem.conventions.gradient_factor)
    if scale.ndim == 0 and scale == 1:
        return delta
    return apply(MULTIPLY, delta, apply(CONSTANT, scale[..., None], roundings))


def _layer_gradient(
    apply: Arithmetic, problem: Problem, layer: Layer[Array], step: Step, delta: Any
) -> Layer[Any]:
    weights, biases = apply(OUTER, step.inputs, delta), apply(COLUMN_SUM, delta)
    if problem.architecture.l2:
        factor = np.float64(2 * _penalty(problem) * problem.conventions.gradient_factor)
        weights = apply(ADD_SCALED, weights, layer.weights, factor)
        if problem.conventions.penalty_on_biases:
            biases = apply(ADD_SCALED, biases, layer.biases, factor)
    return Layer(weights, biases)


def _penalised(layer: Layer[Array], conventions: Conventions) -> list[Array]:
    if conventions.penalty_on_biases:
        return [layer.weights, layer.biases[..., None, :]]
    return [layer.weights]


def _penalty(problem: Problem) -> float:
    """The factor of |W|^2 in the loss."""
    factor = problem.conventions.penalty_factor * problem.architecture.l2
    return factor / problem.inputs.shape[-2] if problem.conventions.penalty_per_row else factor


def _targets(apply: Arithmetic, problem: Problem) -> Any:
    """Y (1 - e) + e / K, with K = 2 for the sigmoid."""
    smoothing = problem.architecture.label_smoothing
    if not smoothing:
        return problem.targets
    classes = problem.architecture.widths[-1] if problem.architecture.output == "softmax" else 2
    return apply(CONSTANT, problem.targets * (1 - smoothing) + smoothing / classes, 4)


def _scale(problem: Problem, factor: float) -> tuple[Array, int]:
    """What the loss of each row is multiplied by, () or (n,), and the roundings in it."""
    rows, weights = problem.inputs.shape[-2], problem.sample_weights
    total: Any = rows
    if weights is not None and problem.conventions.sample_weight_mean == "weights":
        total = np.sum(weights, axis=-1, keepdims=True)
    if problem.conventions.reduction == "sum":
        total = 1
    elif problem.conventions.reduction == "mean over outputs":
        total = total * problem.architecture.widths[-1]
    if weights is None:
        return np.asarray(factor / total), 1
    return factor * weights / total, rows + 1
