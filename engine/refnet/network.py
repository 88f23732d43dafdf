"""The network on plain numbers: forward, hidden, loss, gradient, evaluate, and dropout's forward.

f(x) = output(z_L), z_l = a_{l-1} W_l + b_l, a_l = activation(z_l), a_0 = x. The loss is the mean
over rows plus the penalty. Pure functions on arrays; a gradient has the type of the parameters.
Everything accepts stacks: leading axes of inputs and parameters broadcast.
"""

import numpy as np

from refnet.architecture import Architecture, Array, Parameters
from refnet.backpropagation import (
    entries_in,
    given,
    gradient_in,
    loss_and_gradient_in,
    loss_in,
    total_in,
    trace,
)
from refnet.checks import check_count, checked
from refnet.conventions import STRICT, Conventions
from refnet.dropout import training_factors
from refnet.problem import Problem, batches
from refnet.rounding.arithmetic import plain


def forward(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    conventions: Conventions = STRICT,
) -> Array:
    """f(x) = output(z_L), z_l = a_{l-1} W_l + b_l, a_l = activation(z_l), or declared z_L

    Shapes: inputs (n, features) -> (n, outputs).
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    stages = trace(plain, architecture, parameters, inputs, conventions)
    outputs: Array = given(stages[-1], conventions)
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
    stages = trace(plain, architecture, parameters, inputs, conventions)
    return [stage.outputs for stage in stages[:-1]]


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
    return loss_and_gradient_in(plain, problem)


def evaluate(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array,
    batch_size: int,
    sample_weights: Array | None = None,
    conventions: Conventions = STRICT,
) -> Array:
    """The loss of the whole data set, with the forward passes in batches of rows

    A last batch may be smaller; its rows count as much as any others, and the penalty counts once.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs, targets, sample_weights)
    check_count("batch_size", "a batch size", batch_size, 1)
    problem = Problem(architecture, parameters, inputs, targets, sample_weights, conventions)
    entries = [entries_in(plain, batch) for batch in batches(problem, batch_size)]
    value: Array = total_in(plain, problem, np.concatenate(entries, axis=-2))
    return value


def forward_training(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    seed: int | np.random.Generator,
    conventions: Conventions = STRICT,
) -> Array:
    """f(x) with dropout active: each hidden unit of each row stays with probability 1 - rate

    Shapes: inputs (n, features) -> (n, outputs).
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    checked(architecture, parameters, inputs)
    generator = np.random.default_rng(seed)
    factors = training_factors(architecture, parameters, inputs, generator, conventions)
    stages = trace(plain, architecture, parameters, inputs, conventions, factors)
    outputs: Array = given(stages[-1], conventions)
    return outputs
