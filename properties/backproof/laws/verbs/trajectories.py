"""A training followed epoch by epoch, from wherever the subject has arrived."""

from collections.abc import Iterator

import numpy as np

from backproof.cases.case import Case
from backproof.cases.trainings import Training
from backproof.judging.judge import near
from backproof.subjects.answers import parts
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
    visited = visits(subject, case, training)
    tried: list[list[Balls]] = []
    for form in _forms(subject, case, training, visited[:-1]):
        tried.append(form)
        if _worst(form, visited[1:]) <= 1:
            break
    best = min(tried, key=lambda form: _worst(form, visited[1:]))
    for epoch, balls in enumerate(best):
        before = case.with_parameters(visited[epoch])
        near_step(before, visited[epoch + 1], balls, f"after epoch {epoch + 1}")


def visits(subject: Subject, case: Case, training: Training) -> list[Parameters]:
    """The parameters at the start and after each epoch, to the first that is not finite.

    Each is a training from the start: what an optimizer remembers is the subject's own business.
    """
    visited = [case.parameters]
    for epochs in range(1, training.epochs + 1):
        answers = subject.train(case, training.optimizer, epochs, training.batch_size)
        arrived = [Layer(*(subject.precision.round(x.value) for x in layer)) for layer in answers]
        visited.append(arrived)
        if not all(np.all(np.isfinite(part)) for layer in arrived for part in layer):
            break
    return visited


def _forms(
    subject: Subject, case: Case, training: Training, starts: list[Parameters]
) -> Iterator[list[Balls]]:
    """The balls after each epoch, in each form that the conventions leave open."""
    problem, optimizer = subject.problem(case), training.optimizer
    for form in variants(optimizer, problem.conventions):
        meant = problem._replace(conventions=form)
        steps = starts, optimizer, training.batch_size, subject.precision
        yield list(followed(meant, *steps))


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


def near_step(start: Case, arrived: Parameters, balls: Balls, when: str) -> None:
    """Every entry within its ball; it has power where the ball is small beside the step."""
    layers = [
        Layer(*zip(*known, strict=True))
        for known in zip(start.parameters, arrived, balls, strict=True)
    ]
    for what, (before, value, ball) in parts(start.architecture, "parameters", layers):
        moved = np.abs(ball.value - before)
        scale = np.where(moved > 0, moved, np.abs(ball.value))
        near(value, ball.value, ball.radius, scale=scale, what=f"{what} {when}")
