"""A training followed epoch by epoch, from wherever the subject has arrived."""

import math
from collections.abc import Callable

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
from refnet.training.optimizers import Optimizer, variants
from refnet.training.training import followed

Balls = list[Layer[Ball]]


def follows(subject: Subject, case: Case, training: Training) -> None:
    """Every epoch ends in the ball of the recurrence from where the one before has ended.

    Where several published forms are open, all epochs must keep to one of them; one that is not the
    first is remarked.
    """
    arrived = _visits(subject, case, training)
    starts = [case.parameters, *(values(subject, layers) for layers in arrived[:-1])]
    steps = training.optimizer, training.batch_size, subject.precision
    reached = [[Layer(*(part.value for part in x)) for x in layers] for layers in arrived]

    def followed_in(form: Problem) -> list[Balls]:
        return list(followed(form, starts, *steps))

    best = nearest(subject.problem(case), training.optimizer, followed_in, reached)
    for epoch, known in enumerate(zip(starts, best, arrived, strict=True), 1):
        layers = [Layer(*zip(*layer, strict=True)) for layer in zip(*known, strict=True)]
        for what, (before, ball, answer) in parts(case.architecture, "parameters", layers):
            near_step(answer, ball, before, f"{what} after epoch {epoch}")


def near_step(answer: Answer, ball: Ball, before: Array, what: str) -> None:
    """Every entry within its ball; it has power where the ball is small beside the step."""
    near(answer, ball.value, ball.radius, scale=moved(ball, before), what=what)


def moved(ball: Ball, before: Array) -> Array:
    """How far each entry moves, or its size where it stays."""
    step = np.abs(ball.value - before)
    return np.where(step > 0, step, np.abs(ball.value))


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


def nearest(
    problem: Problem,
    optimizer: Optimizer,
    balls_in: Callable[[Problem], list[Balls]],
    arrived: list[Parameters],
) -> list[Balls]:
    """The balls in the first published form that all parameters fit, or in the nearest to fit."""
    first, *others = variants(optimizer, problem.conventions)
    least, balls = math.inf, list[Balls]()
    for form in (first, *others):
        tried = balls_in(problem._replace(conventions=form))
        ratio = _worst(tried, arrived)
        if ratio < least or not balls:
            least, balls = ratio, tried
        if ratio <= 1:
            _remark(form, first)
            break
    return balls


def _remark(form: Conventions, first: Conventions) -> None:
    """Which published form fits, where it is not the first."""
    if form is not first:
        fits, fails = differing(form, first), differing(first, form)
        remark(f"fits {', '.join(fits)}, and not {', '.join(fails)}")


def _worst(form: list[Balls], arrived: list[Parameters]) -> float:
    """The largest ratio of an error to its radius."""
    ratios = [
        _ratio(value, ball)
        for balls, layers in zip(form, arrived, strict=True)
        for pair in zip(balls, layers, strict=True)
        for ball, value in zip(*pair, strict=True)
    ]
    return max(ratios, default=0.0)


def _ratio(value: Array, ball: Ball) -> float:
    with np.errstate(all="ignore"):
        error = np.where(np.isfinite(ball.radius), np.abs(value - ball.value), 0.0)
        return float(np.max(np.where(error == 0, 0.0, error / ball.radius), initial=0.0))
