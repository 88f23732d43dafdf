"""A training followed epoch by epoch, from wherever the subject has arrived."""

from collections.abc import Iterator

import numpy as np

from backproof.cases.case import Case
from backproof.cases.trainings import Training
from backproof.judging.judge import near
from backproof.subjects.answers import Answer, parts
from backproof.subjects.subject import Subject
from refnet.architecture import Array, Layer, Parameters
from refnet.rounding.arithmetic import Ball
from refnet.training.optimizers import variants
from refnet.training.training import followed

Balls = list[Layer[Ball]]


def follows(subject: Subject, case: Case, training: Training) -> None:
    """Every epoch ends in the ball of the recurrence from where the one before has ended.

    Where several published forms are open, all epochs must keep to one of them.
    """
    arrived = _visits(subject, case, training)
    starts = [case.parameters, *(values(subject, layers) for layers in arrived[:-1])]
    tried: list[tuple[float, list[Balls]]] = []
    for form in _forms(subject, case, training, starts):
        tried.append((_worst(form, arrived), form))
        if tried[-1][0] <= 1:
            break
    _, best = min(tried, key=lambda pair: pair[0])
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


def _forms(
    subject: Subject, case: Case, training: Training, starts: list[Parameters]
) -> Iterator[list[Balls]]:
    """The balls after each epoch, in each form that the conventions leave open."""
    problem, optimizer = subject.problem(case), training.optimizer
    for form in variants(optimizer, problem.conventions):
        meant = problem._replace(conventions=form)
        yield list(followed(meant, starts, optimizer, training.batch_size, subject.precision))


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
