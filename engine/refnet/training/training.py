"""Training: steps on batches of rows, in order, with no shuffling, in either arithmetic.

Every batch feels the whole penalty, unless that is declared to be divided by the rows, and its mean
is over its own rows. Dropout alone is random.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.backpropagation import Stage, gradient_in, trace, without_biases
from refnet.balls import rounded_up
from refnet.checks import check_count, checked
from refnet.conventions import STRICT, Conventions
from refnet.dropout import training_factors
from refnet.problem import Problem, batches, divisor, gradient_reduction
from refnet.rounding.arithmetic import Arithmetic, Ball, plain, within
from refnet.rounding.precision import FLOAT64, Precision
from refnet.training.optimizers import Optimizer, State, initial_state, resolved
from refnet.training.steps import point_in, step_in


def train(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    sample_weights: Array | None = None,
    seed: int = 0,
    conventions: Conventions = STRICT,
) -> Parameters:
    """w_{t+1} = step(w_t, gradient of batch t), over all batches, `epochs` times

    Without a batch size a batch is the whole data set. The seed serves dropout alone.
    Raises: ValueError naming the array whose shape or value does not fit.
    """
    form = resolved(optimizer, conventions)
    problem = Problem(architecture, parameters, inputs, targets, sample_weights, form)
    size = _checked(problem, epochs, batch_size)
    generator = np.random.default_rng(seed)
    state = initial_state(parameters)
    for _ in range(epochs):
        parameters, state = _epoch(plain, problem, optimizer, state, size, generator)
        problem = problem._replace(parameters=parameters)
    return problem.parameters


def trained_balls(
    problem: Problem,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    precision: Precision = FLOAT64,
) -> list[Layer[Ball]]:
    """The parameters after training from exactly known ones, as balls.

    The radii grow with every step; after many, `followed` says more.
    Raises: ValueError naming what does not fit; dropout cannot be foreseen.
    """
    size = _checked(problem, epochs, batch_size)
    problem = problem._replace(conventions=resolved(optimizer, problem.conventions))
    state = initial_state(problem.parameters)
    layers: list[Layer[Any]] = problem.parameters
    for _ in range(epochs):
        layers, state = _epoch(
            _steps_within(precision, problem.conventions),
            problem._replace(parameters=layers),
            optimizer,
            state,
            size,
        )
    return rounded_up(layers)


def _steps_within(precision: Precision, conventions: Conventions) -> Arithmetic:
    """Balls, for which sums that end in the weights are as coarse as these are stored."""
    if conventions.step_sum == "weights":
        coarse = max(precision.unit, precision.accumulation)
        precision = replace(precision, accumulation=coarse, sums=max(coarse, precision.summation))
    return within(precision)


def followed(
    problem: Problem,
    trajectory: Sequence[Parameters],
    optimizer: Optimizer,
    batch_size: int | None = None,
    precision: Precision = FLOAT64,
) -> Iterator[list[Layer[Ball]]]:
    """The ball of w_{t+1} for every w_t of a trajectory

    trajectory[t] holds the parameters after t epochs, as an implementation gave them. What the
    optimizer remembers is carried along as balls, so that each epoch is judged by itself.
    Raises: ValueError naming what does not fit; dropout cannot be foreseen.
    """
    problem = problem._replace(conventions=resolved(optimizer, problem.conventions))
    apply = _steps_within(precision, problem.conventions)
    starts = [problem._replace(parameters=known) for known in trajectory]
    size = max(_checked(start, 1, batch_size) for start in starts)
    state = initial_state(trajectory[0])
    if optimizer.name == "gradient_descent":  # remembers nothing, so that the epochs are a stack
        layers, _ = _epoch(apply, _at_once(starts), optimizer, state, size)
        yield from map(rounded_up, _unstacked(layers))
    elif size < problem.inputs.shape[-2] or problem.conventions.nesterov == "lookahead":
        for start in starts:
            layers, state = _epoch(apply, start, optimizer, state, size)
            yield rounded_up(layers)
    else:  # the gradients are one, where each step is on all rows and begins where it is known
        whole = _at_once(starts)
        gradients = gradient_in(apply, whole, _dropped(apply, whole))
        for start, gradient in zip(starts, _unstacked(gradients), strict=True):
            layers, state = _stepped(apply, start, optimizer, state, gradient)
            yield rounded_up(layers)


def _at_once(starts: Sequence[Problem]) -> Problem:
    """Problems that differ in their parameters alone, as one with a stack of these."""
    places = zip(*(start.parameters for start in starts), strict=True)
    layers = [Layer(*map(np.stack, zip(*place, strict=True))) for place in places]
    return starts[0]._replace(parameters=layers)


def _unstacked(layers: list[Layer[Ball]]) -> Iterator[list[Layer[Ball]]]:
    """The balls of each set of parameters in a stack."""
    for place in range(len(layers[0].weights.value)):
        yield [Layer(*(Ball(x[place], np.asarray(e)[place]) for x, e in layer)) for layer in layers]


def _epoch(
    apply: Arithmetic,
    problem: Problem,
    optimizer: Optimizer,
    state: State,
    batch_size: int,
    generator: np.random.Generator | None = None,
) -> tuple[list[Layer[Any]], State]:
    """One pass over the rows: a step on each batch, from the problem's parameters on."""
    layers, conventions = problem.parameters, problem.conventions
    for batch in batches(problem, batch_size):
        here = point_in(apply, optimizer, state, layers, conventions)
        at = batch._replace(parameters=here)
        gradient = gradient_in(apply, at, _dropped(apply, at, generator), problem)
        begun = batch._replace(parameters=layers)
        layers, state = _stepped(apply, begun, optimizer, state, gradient)
    return layers, state


def _stepped(
    apply: Arithmetic,
    problem: Problem,
    optimizer: Optimizer,
    state: State,
    gradient: list[Layer[Any]],
) -> tuple[list[Layer[Any]], State]:
    """A step on all rows of the problem, from its parameters on."""
    layers, conventions, rows = problem.parameters, problem.conventions, problem.inputs.shape[-2]
    layers, state = step_in(apply, optimizer, state, layers, gradient, conventions, rows)
    if not problem.architecture.biases:  # Adam without an epsilon divides 0 by 0
        layers = without_biases(apply, layers)
    return layers, state


def _dropped(
    apply: Arithmetic, batch: Problem, generator: np.random.Generator | None = None
) -> list[Stage] | None:
    """The forward pass with units dropped, where there is dropout."""
    architecture, conventions = batch.architecture, batch.conventions
    if not architecture.dropout:
        return None
    if generator is None:
        rate = architecture.dropout
        raise ValueError(f"dropout={rate!r}: which units are dropped cannot be foreseen; give 0")
    factors = training_factors(architecture, batch.parameters, batch.inputs, generator, conventions)
    return trace(apply, architecture, batch.parameters, batch.inputs, conventions, factors)


def _checked(problem: Problem, epochs: int, batch_size: int | None) -> int:
    """The batch size, after everything has been checked."""
    checked(*problem[:5])
    check_count("epochs", "a number of epochs", epochs, 0)
    size = problem.inputs.shape[-2] if batch_size is None else batch_size
    check_count("batch_size", "a batch size", size, 1)
    _check_batch_weights(problem, size)
    return size


def _check_batch_weights(problem: Problem, batch_size: int) -> None:
    if problem.sample_weights is None:
        return
    for number, batch in enumerate(batches(problem, batch_size)):
        total = divisor(batch, gradient_reduction(problem.conventions))
        if not np.all(np.asarray(total) > 0):
            raise ValueError(
                f"sample_weights of batch {number} are all 0; a mean needs one above 0"
            )
