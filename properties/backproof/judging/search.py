"""Examples are drawn, counted and judged until one fails."""

import contextlib
import math
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis.errors import Flaky

from backproof.judging.earlier import Earlier
from backproof.judging.judge import Broken, Tally, tallying
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.judging.slowness import Enough, Took, ask_small_first, took
from backproof.judging.trial import Arguments, Trial, met
from backproof.reports.reach import Asked
from backproof.reports.row import Finding
from backproof.subjects.failures import SubjectError
from backproof.subjects.messages import Outcome
from refnet.architecture import ACTIVATIONS, HEADS

SHRINK_SECONDS = 10.0

KEPT = 8

MORE_ROUNDS = 3
"""A kind that was refused each time is asked for again: it may have been for other reasons."""

HEADS_AND_ACTIVATIONS = {*ACTIVATIONS, *(" with ".join(head) for head in HEADS)}


@dataclass
class Kept:
    """Examples that were judged, and what the subject has answered, by the bytes of the question.

    What is asked of them later, under other conventions or of another network, does not trouble
    the subject again.
    """

    examples: list[Arguments] = field(default_factory=list)
    answers: dict[bytes, Outcome] = field(default_factory=dict)


@dataclass
class Search:
    """The examples of a trial, and what has been judged of them.

    earlier: those that have failed in an earlier run, which come first
    by_name: what was judged of each kind, head and activation
    kinds:   how many examples of each were judged
    asked:   the questions of which an answer was judged by value
    remarks: what was remarked, and of how many examples
    failing: the smallest arguments that have failed, with the finding
    kept:    the first examples, and others that were looked at later, with the answers to them
    cut:     whether the time limit came first
    began:   when, on the monotonic clock
    taken:   what each example that was answered or refused took
    """

    trial: Trial
    settings: Settings
    tally: Tally = field(default_factory=Tally)
    by_name: dict[str, Tally] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    asked: set[Asked] = field(default_factory=set)
    remarks: Counter[str] = field(default_factory=Counter)
    examples: int = 0
    failing: tuple[Arguments, Finding] | None = None
    kept: Kept = field(default_factory=Kept)
    cut: bool = False
    taken: list[Took] = field(default_factory=list)
    began: float = 0.0
    _failed_at: float = 0.0

    def __post_init__(self) -> None:
        self.earlier = Earlier(self.trial, self.settings.kept)

    def run(self) -> None:
        """Draw examples until one fails, and then smaller ones that fail too.

        Raises: OutOfScope when the scope has no example; Died when the subject does.
        """
        strategies, count = self.trial.strategies(), self.settings.examples
        self.began = time.monotonic()
        ends, questions = self.settings.ends, partial(ask, shrink=True)
        if math.isfinite(ends):
            questions = partial(ask_small_first, ends=ends)
        try:
            with contextlib.suppress(Broken, SubjectError, Enough):
                self.earlier.put_to(self._example)
                for more in range(1 + MORE_ROUNDS):
                    seed = self.settings.seed + more
                    questions(self._example, strategies, examples=count, seed=seed)
                    if not self._unlucky():
                        break
        except Flaky:
            if self.failing is None:
                raise

    def handful(self, count: int) -> list[Arguments]:
        """The failing arguments and so many others."""
        collected = [] if self.failing is None else [self.failing[0]]

        def collect(**arguments: Any) -> None:
            collected.append(arguments)

        ask(collect, self.trial.strategies(), examples=count, seed=self.settings.seed)
        return collected

    def missed(self) -> list[str]:
        """What is required, and of which nothing was judged."""
        return [name for name in self.trial.required if not self.kinds[name]]

    def unmet(self) -> list[str]:
        """The required kinds of which nothing was judged."""
        kinds = {kind for r in self.trial.law.recipes.values() for kind in r.required}
        return [name for name in self.missed() if name in kinds]

    def _unlucky(self) -> bool:
        """Whether a required kind has come up, and was refused or without a bound each time."""
        met = {*self.trial.left_out.refused, *self.by_name}
        return any(kind in met for kind in self.unmet())

    def least_power(self) -> tuple[float, str]:
        """The least power over heads and activations, and where it is."""
        names = [name for name in self.by_name if name in HEADS_AND_ACTIVATIONS]
        return min(((self.by_name[name].power, name) for name in names), default=(0.0, ""))

    def _example(self, **arguments: Any) -> None:
        """One example under Hypothesis: counted when it is answered, and kept if it fails."""
        self._stop_in_time()
        began = time.monotonic()
        searching = self.failing is None  # what is tried to make a case smaller is not counted
        self.examples += searching
        with tallying(Tally()) as found, self._keeping(arguments):
            try:
                answered = self.trial.check(arguments)
            except (Broken, SubjectError) as failure:
                if searching:
                    self._failed_at = time.monotonic()
                self.failing = (arguments, failure.finding)  # Hypothesis tries smaller ones only
                raise
            finally:
                self.tally.add(found)
                if searching:
                    self._reached(found)
                    self.remarks.update(found.remarks)
        self.taken.append(took(time.monotonic() - began, self.trial.subject.conversation.calls))
        if answered and searching:
            self._count(found, met(arguments))

    def _keeping(self, arguments: Arguments) -> AbstractContextManager[None]:
        """The first examples are kept, but for large ones, of which each takes its time."""
        if len(self.kept.examples) == KEPT or self.failing or "large" in met(arguments):
            return nullcontext()
        self.kept.examples.append(arguments)
        return self.trial.subject.conversation.remembering(self.kept.answers, recall=False)

    def _count(self, found: Tally, names: list[str]) -> None:
        """An example that was answered, by its kind, head and activations."""
        for name in names if found.entries else ():
            self.kinds[name] += found.judged > 0
            self.by_name.setdefault(name, Tally()).add(found)

    def _reached(self, found: Tally) -> None:
        """What was asked, where something of it was judged by value."""
        if found.judged > found.itself:
            calls = [c for c in self.trial.subject.conversation.calls if c.inputs is not None]
            self.asked |= {
                Asked(c.architecture, len(c.inputs), c.sample_weights is not None) for c in calls
            }

    def _stop_in_time(self) -> None:
        now = time.monotonic()
        if now > self.settings.ends:
            self.cut = True
            raise Enough
        if self.failing is not None and now > self._failed_at + SHRINK_SECONDS:
            raise Enough
