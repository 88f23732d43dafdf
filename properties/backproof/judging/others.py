"""What else is wrong: a law that breaks with one activation may break with another of its own.

One wrong activation, or one wrong head, must not hide a second. So the survey is looked at: where
the law breaks at nearly all examples it is one fault; where a name goes with the break, the other
names with which it breaks are other faults.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from backproof.judging.explain import explain
from backproof.judging.search import HEADS_AND_ACTIVATIONS, Search
from backproof.judging.survey import ENOUGH, Survey
from backproof.judging.trial import Trial
from backproof.subjects.subject import Subject

MOST_SECONDS = 5.0
MOST_FINDINGS = 3

Outcome = tuple[set[str], bool]
"""The heads and activations of an example, and whether the law fails there."""


def other_faults(survey: Survey) -> Iterator[Survey]:
    """The law broken with other heads and activations than those of the survey's finding."""
    search, names = survey.search, survey.seen[0].names
    trial, ends = search.trial, min(search.settings.ends, time.monotonic() + MOST_SECONDS)
    given = trial.subject.scope.architectures is not None  # there is nothing to choose from
    small = given or not names or len(survey.seen) < ENOUGH
    outcomes = [(seen.names, seen.failure is not None) for seen in survey.seen]
    wrong = to_blame([] if small else outcomes, names)
    for name in wrong[1:MOST_FINDINGS]:
        with _only(trial.subject, name, wrong):
            again = Search(Trial(trial.law, trial.subject), replace(search.settings, ends=ends))
            again.run()
            if again.failing is not None:
                finding = explain(again)
                again.kept.examples.insert(0, again.failing[0])
                yield Survey(again, finding)


def to_blame(outcomes: list[Outcome], first: set[str]) -> list[str]:
    """The head or the activation that the first break goes with, and others that break alike.

    first: the heads and activations of the first break
    """
    blamed = max(sorted(first), key=lambda name: _share(outcomes, name), default="")
    rest = [(names, fails) for names, fails in outcomes if blamed not in names]
    if _share(outcomes, blamed) <= 0.5 or 2 * sum(fails for _, fails in rest) > len(rest):
        return []  # it is no matter of names, or one fault for all of them
    others = {name for names, _ in rest for name in names}
    return [blamed, *sorted(name for name in others if _share(rest, name) > 0.5)]


def _share(outcomes: list[Outcome], name: str) -> float:
    """The share of failures among the examples of a name."""
    failed = [fails for names, fails in outcomes if name in names]
    return sum(failed) / len(failed) if failed else 0.0


@contextmanager
def _only(subject: Subject, name: str, wrong: list[str]) -> Iterator[None]:
    """Ask meanwhile for this head or activation, and for no other that is wrong."""
    scope, left = subject.scope, HEADS_AND_ACTIVATIONS.difference(wrong)
    heads = tuple(head for head in scope.heads if " with ".join(head) in left)
    activations = tuple(other for other in scope.activations if other in left)
    if name in scope.activations:
        activations = (name,)
    else:
        heads = tuple(head for head in scope.heads if " with ".join(head) == name)
    subject.scope = replace(scope, heads=heads or scope.heads, activations=activations)
    try:
        yield
    finally:
        subject.scope = scope
