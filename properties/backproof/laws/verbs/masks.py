"""What dropout may give: a value for every set of hidden units that are dropped, and its chance."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backproof.cases.case import Case
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.architecture import Array, Layer, Parameters
from refnet.rounding.arithmetic import quiet


class Outcome(NamedTuple):
    """A value of the first output, how far it may be off, and how probable it is."""

    value: float
    radius: float
    chance: float


def outcomes(subject: Subject, case: Case) -> list[Outcome]:
    """The values that a row's first output can have; those that cannot be told apart are one."""
    return told_apart(_outcomes(subject, case))


def told_apart(every: Iterable[Outcome]) -> list[Outcome]:
    """Outcomes whose balls do not meet: one for all of those that do."""
    found: list[Outcome] = []
    given = [*every]
    if not all(math.isfinite(one.value) and math.isfinite(one.radius) for one in given):
        return [Outcome(0.0, math.inf, 1.0)]  # any value is legal
    for outcome in sorted(given, key=lambda one: one.value - one.radius):
        before = found[-1] if found else None
        if before and before.value + before.radius >= outcome.value - outcome.radius:
            found[-1] = _merged(before, outcome)
        else:
            found.append(outcome)
    return found


@quiet  # an infinite value, where any is legal
def nearest_ball(values: Array, known: list[Outcome]) -> NDArray[np.intp]:
    """The place of the outcome whose ball each value lies in, or is nearest to.

    The balls differ in width, since those that meet are one: another centre may be nearer.
    """
    beyond = [np.abs(values - value) - radius for value, radius, _ in known]
    return np.asarray(np.argmin(beyond, axis=0))


def _merged(one: Outcome, other: Outcome) -> Outcome:
    low = min(one.value - one.radius, other.value - other.radius)
    high = max(one.value + one.radius, other.value + other.radius)
    return Outcome((low + high) / 2, (high - low) / 2, one.chance + other.chance)


def _outcomes(subject: Subject, case: Case) -> Iterator[Outcome]:
    for masked, chance in thinned(subject, case):
        known = (masked.architecture, masked.parameters, case.inputs[:1], subject.precision)
        ball = balls.forward(*known, subject.conventions_of(case))
        yield Outcome(float(ball.value[0, 0]), float(np.asarray(ball.radius)[0, 0]), chance)


def thinned(subject: Subject, case: Case) -> Iterator[tuple[Case, float]]:
    """The network without dropout that each set of dropped units leaves, and its chance."""
    a, stay = case.architecture, 1 - case.architecture.dropout
    scale = 1.0 if subject.conventions_of(case).dropout == "at evaluation" else 1 / stay
    certain = replace(case, architecture=replace(a, dropout=0.0))
    for mask in product((0, 1), repeat=sum(a.widths[1:-1])):
        layers = _masked(case.parameters, a.widths[1:-1], np.array(mask) * scale)
        kept = sum(mask)
        yield certain.with_parameters(layers), stay**kept * (1 - stay) ** (len(mask) - kept)


def _masked(parameters: Parameters, widths: tuple[int, ...], factors: Array) -> Parameters:
    """Each unit's factor on the weights that lead out of it, where it is exact."""
    parts = np.split(factors, np.cumsum(widths)[:-1])
    first, *later = parameters
    masked = [Layer(f[:, None] * w, b) for f, (w, b) in zip(parts, later, strict=True)]
    return [first, *masked]
