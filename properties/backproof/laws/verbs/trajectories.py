"""A training followed epoch by epoch, from wherever the subject has arrived."""

import math

import numpy as np

from backproof.cases.case import Case
from backproof.cases.trainings import Training
from backproof.judging.judge import near, remark
from backproof.subjects.answers import Answer, parts
from backproof.subjects.subject import Subject, differing
from refnet.architecture import Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.problem import Problem
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer, variants
from refnet.training.training import followed

Balls = list[Layer[Ball]]
Steps = tuple[list[Parameters], Optimizer, int | None, Precision]
"""Where each epoch begins, and how it goes on."""


def follows(subject: Subject, case: Case, training: Training) -> None:
    """Every epoch ends in the ball of the recurrence from where the one before has ended.

    Where several published forms are open, all epochs must keep to one of them; one that is not the
    first is remarked.
    """
    arrived = _visits(subject, case, training)
    starts = [case.parameters, *(values(subject, layers) for layers in arrived[:-1])]
    steps = training.optimizer, training.batch_size, subject.precision
    best = _nearest(subject.problem(case), (starts, *steps), arrived)
    for epoch, known in enumerate(zip(starts, best, arrived, strict=True), 1):
        layers = [Layer(*zip(*layer, strict=True)) for layer in zip(*known, strict=True)]
        for what, (before, ball, answer) in parts(case.architecture, "parameters", layers):
            near_step(answer, ball, before, f"{what} after epoch {epoch}")


def near_step(answer: Answer, ball: Ball, before: Array, what: str) -> None:
    """Every entry within its ball; it has power where the ball is small beside the step."""
    moved = np.abs(ball.value - before)
    scale = np.where(moved > 0, moved, np.abs(ball.value))
    near(answer, ball.value, ball.radius, scale=scale, what=what)


def _visits(subject: Subject, case: Case, training: Training) -> list[list[Layer[Answer]]]:
    """The parameters after each epoch, to the first that are not finite.

    Each is a training from the start: what an optimizer remembers is the subject's own business.
    """
    visited = []
    for epochs in range(1, training.epochs + 1):
        layers = subject.train(case, training.optimizer, epochs, training.batch_size)
        visited.append(layers)
        if overflowed(layers):
            break
    return visited


def overflowed(layers: list[Layer[Answer]]) -> bool:
    """Whether a training has left the finite numbers, so that no other goes on from there."""
    return not all(np.all(np.isfinite(part.value)) for layer in layers for part in layer)


def values(subject: Subject, layers: list[Layer[Answer]]) -> Parameters:
    """Parameters that the subject has answered, as it is given them again."""
    return [Layer(*(subject.precision.round(part.value) for part in layer)) for layer in layers]


def _nearest(problem: Problem, steps: Steps, arrived: list[list[Layer[Answer]]]) -> list[Balls]:
    """The balls after each epoch, in the first form that fits, or in the nearest to fit."""
    first, *others = variants(steps[1], problem.conventions)
    nearest, balls = math.inf, list[Balls]()
    for form in (first, *others):
        tried = list(followed(problem._replace(conventions=form), *steps))
        ratio = _worst(tried, arrived)
        if ratio < nearest or not balls:
            nearest, balls = ratio, tried
        if ratio <= 1:
            _remark(form, first)
            break
    return balls


def _remark(form: Conventions, first: Conventions) -> None:
    """Which published form fits, where it is not the first."""
    if form is not first:
        fits, fails = differing(form, first), differing(first, form)
        remark(f"fits {', '.join(fits)}, and not {', '.join(fails)}")


def _worst(form: list[Balls], arrived: list[list[Layer[Answer]]]) -> float:
    """The largest ratio of an error to its radius."""
    ratios = [
        _ratio(answer.value, ball)
        for balls, layers in zip(form, arrived, strict=True)
        for pair in zip(balls, layers, strict=True)
        for ball, answer in zip(*pair, strict=True)
    ]
    return max(ratios, default=0.0)


def _ratio(value: Array, ball: Ball) -> float:
    with np.errstate(all="ignore"):
        error = np.where(np.isfinite(ball.radius), np.abs(value - ball.value), 0.0)
        return float(np.max(np.where(error == 0, 0.0, error / ball.radius), initial=0.0))
