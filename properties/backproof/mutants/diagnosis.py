"""Which planted bugs answer like the subject: the likeliest slip, by its answers.

Each planted bug is asked what the subject was asked, where the law fails and where it holds. What
gives the subject's wrong answers, and its right ones, is named; nothing is proved by that.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.judging.survey import Seen, Survey
from backproof.mutants import Mutant, mutants
from backproof.mutants.open import own
from backproof.subjects.calls import perform
from backproof.subjects.handed import Handed
from backproof.subjects.messages import Call, Outcome
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.rounding.arithmetic import quiet

MOST_SLIPS = 3

NEAR = 1e-3
"""A bug explains a wrong answer when what is left is this share of the error."""

ROUNDINGS = 2**8
"""Answers that differ by fewer roundings are equal; no verdict depends on it."""


class Asked(NamedTuple):
    """A question, with the subject's answer and the engine's, as one array each."""

    call: Call
    given: Array
    right: Array
    slack: float

    @property
    def wrong(self) -> bool:
        """Whether the subject's answer is not the engine's."""
        return not _near(self.given, self.right, self.slack)


def slips(survey: Survey) -> list[str]:
    """What is wrong in the planted bugs that answer like the subject, the likeliest first."""
    subject = survey.search.trial.subject
    engine = _like(Refnet, subject)
    examples = [[*_asked(seen, engine, subject)] for seen in survey.seen]
    first = next((asked for asked in examples if any(one.wrong for one in asked)), None)
    if first is None:
        return []
    found = [_nearest(one, subject, first, examples) for one in mutants() if not one.equivalent]
    likeliest = sorted((pair for pair in found if pair[0] > 0.5), key=lambda pair: -pair[0])
    return [f"{words}at {share:.0%} of the examples)" for share, words in likeliest[:MOST_SLIPS]]


def _like(made: type[Refnet], subject: Subject) -> Refnet:
    """The engine, or a planted bug, with what the subject declares."""
    engine = made(subject.precision.dtype if subject.precision.dtype == "float32" else "float64")
    engine.scope, engine.conventions = subject.scope, subject.conventions
    return engine


def _nearest(
    mutant: Mutant, subject: Subject, first: list[Asked], examples: list[list[Asked]]
) -> tuple[float, str]:
    """The size of a planted bug that answers most like the subject: at which share, in words."""
    found = [
        (_share(_like(made, subject), first, examples), words) for made, words in _sized(mutant)
    ]
    share, words = max(found, key=lambda pair: pair[0])
    return share, f"{mutant.mistake} ({words}"


def _sized(mutant: Mutant) -> Iterator[tuple[type[Refnet], str]]:
    """The planted bug, once for each size that it is met with."""
    made = mutant.implementation
    sizes: dict[str, tuple[float | str, ...]] = getattr(made, "sizes", {})
    for name, values in sizes.items():
        for value in values:
            words = value if isinstance(value, str) else f"{value:g}"
            yield type(made.__name__, (made,), {name: value}), f"{name} {words}, "
    if not sizes:
        yield made, ""


def _asked(seen: Seen, engine: Refnet, subject: Subject) -> Iterator[Asked]:
    for call, answer in zip(seen.calls, seen.answers, strict=True):
        right = perform(engine, call, Handed()).answer
        if answer is not None and right is not None:
            one, other = _flat(answer), _flat(right)
            largest = float(np.max(np.abs(other), initial=0.0))
            yield Asked(call, one, other, ROUNDINGS * subject.precision.unit * largest)


def _share(made: Refnet, first: list[Asked], examples: list[list[Asked]]) -> float:
    """At which share of the examples a planted bug answers like the subject; 0 if not at first."""
    asked = {one.call.capability for one in first if one.wrong}
    if not own(made) & asked or not _explains(made, first):
        return 0.0
    return sum(_explains(made, example) for example in examples) / len(examples)


def _explains(made: Refnet, asked: list[Asked]) -> bool:
    """Whether the answers to all questions of an example are those that the subject gave."""
    for one in asked:
        outcome = Outcome()
        with suppress(Exception):  # a bug may not know the subject's conventions
            outcome = perform(made, one.call, Handed())
        if outcome.answer is None:
            return False
        left = max(one.slack, NEAR * _error(one.given, one.right) if one.wrong else 0.0)
        if not _near(_flat(outcome.answer), one.given, left):
            return False
    return True


@quiet
def _near(one: Array, other: Array, slack: float) -> bool:
    same = one.shape == other.shape
    return same and bool(np.all((np.abs(one - other) <= slack) | (one == other)))


@quiet
def _error(one: Array, other: Array) -> float:
    error = float(np.max(np.abs(one - other), initial=0.0)) if one.shape == other.shape else 0.0
    return error if np.isfinite(error) else 0.0


def _flat(answer: Any) -> Array:
    """An answer of any kind as one array."""
    parts = [np.ravel(part) for part in _parts(answer)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def _parts(answer: Any) -> Iterator[Any]:
    if isinstance(answer, list | tuple):
        for part in answer:
            yield from _parts(part)
    elif answer is not None:
        yield answer
