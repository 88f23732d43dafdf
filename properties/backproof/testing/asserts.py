"""Assertions for a test of one's own: |observed - expected| <= radius, entry by entry.

What is expected comes from the reference engine, and the radius is the largest distance that a
legal program may have from it in this very example. The arguments are those of the contract.
"""

from collections.abc import Iterator
from typing import Any

from numpy.typing import ArrayLike

from backproof.contract import Declared
from backproof.laws.verbs.trajectories import moved, nearest
from backproof.subjects.answers import parts
from backproof.testing.comparison import Compared, hold
from backproof.testing.given import Pairs, answer_of, problem_of
from refnet import balls
from refnet.architecture import Architecture, Layer
from refnet.checks import check_count
from refnet.conventions import STRICT
from refnet.problem import Problem
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer
from refnet.training.training import trained_balls


def assert_forward(
    observed: ArrayLike,
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> None:
    """The outputs are f(x), within the rounding of the forward pass.

    Shapes: observed (n, outputs); parameters a pair (weights, biases) for each layer, with weights
            (fan_in, fan_out) and biases (fan_out,); inputs (n, features).
    Raises: AssertionError with the entry, its ratio, and the largest legal error; ValueError where
            an argument does not fit.
    """
    __tracebackhide__ = True
    network = architecture, parameters, inputs
    problem, p = problem_of(*network, None, None, precision, conventions)
    value = answer_of("forward", observed, problem)

    def compared(p: Precision) -> Iterator[Compared]:
        yield Compared("outputs", value, balls.forward(*problem[:3], p, problem.conventions))

    hold(compared, problem, p)


def assert_loss(
    observed: ArrayLike,
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    targets: ArrayLike,
    sample_weights: ArrayLike | None = None,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> None:
    """The loss is the mean over the rows plus the penalty, as the conventions mean it.

    Shapes: observed a number; targets (n, outputs); sample_weights (n,); others as for outputs.
    Raises: AssertionError and ValueError as `assert_forward`.
    """
    __tracebackhide__ = True
    data = inputs, targets, sample_weights
    problem, p = problem_of(architecture, parameters, *data, precision, conventions)
    value = answer_of("loss", observed, problem)

    def compared(p: Precision) -> Iterator[Compared]:
        yield Compared("loss", value, balls.loss(problem, p))

    hold(compared, problem, p)


def assert_gradient(
    observed: Pairs,
    architecture: Architecture,
    parameters: Pairs,
    inputs: ArrayLike,
    targets: ArrayLike,
    sample_weights: ArrayLike | None = None,
    *,
    precision: Precision | str = "float64",
    conventions: Declared = STRICT,
) -> None:
    """Each entry of the gradient is the derivative of the loss by that weight or bias.

    Shapes: observed as the parameters; others as for the loss.
    Raises: AssertionError and ValueError as `assert_forward`.
    """
    __tracebackhide__ = True
    data = inputs, targets, sample_weights
    problem, p = problem_of(architecture, parameters, *data, precision, conventions)
    answer = answer_of("gradient", observed, problem)

    def compared(p: Precision) -> Iterator[Compared]:
        for what, (value, ball) in _beside("gradient", problem, answer, balls.gradient(problem, p)):
            yield Compared(what, value, ball)

    hold(compared, problem, p)


def assert_step(
    observed: Pairs,
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
) -> None:
    """The parameters after so many epochs are those of the optimizer's published recurrence.

    Rows come in order, `batch_size` at a time, and all of them in one step without it. Where
    several forms are published and the conventions leave them open, one of them must fit. What is
    legal grows with every step, so that one step says most.

    Shapes: observed as the parameters, which are those before; others as for the loss.
    Raises: AssertionError and ValueError as `assert_forward`; ValueError for dropout.
    """
    __tracebackhide__ = True
    data = inputs, targets, sample_weights
    problem, p = problem_of(architecture, parameters, *data, precision, conventions)
    answer = answer_of("train", observed, problem)
    check_count("epochs", "a number of epochs", epochs, 1)

    def compared(p: Precision) -> Iterator[Compared]:
        def after(form: Problem) -> list[list[Layer[Ball]]]:
            return [trained_balls(form, optimizer, epochs, batch_size, p)]

        [best] = nearest(problem, optimizer, after, [answer])
        layers = problem.parameters, answer, best
        for what, (before, value, ball) in _beside("parameters", problem, *layers):
            yield Compared(f"{what} afterwards", value, ball, moved(ball, before))

    hold(compared, problem, p)


def _beside(name: str, problem: Problem, *lists: list[Layer[Any]]) -> Iterator[tuple[str, Any]]:
    """The same part of the same layer of each list, under its name."""
    layers = [Layer(*zip(*each, strict=True)) for each in zip(*lists, strict=True)]
    return parts(problem.architecture, name, layers)
