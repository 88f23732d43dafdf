"""Examples are drawn, counted and judged until one fails."""

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from hypothesis.errors import Flaky

from backproof.judging.judge import Broken, Tally, tallying
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.judging.trial import Arguments, Trial, met
from backproof.reports.report import Finding
from backproof.subjects.failures import SubjectError

SHRINK_SECONDS = 10.0


class Enough(KeyboardInterrupt):
    """The time for searching or shrinking is over; what has been found stands.

    A KeyboardInterrupt, because Hypothesis lets only those pass at once.
    """


@dataclass
class Search:
    """The examples of a trial, and what has been judged of them.

    failing: the smallest arguments that have failed, with the finding
    cut:     whether the time limit came first
    """

    trial: Trial
    settings: Settings
    tally: Tally = field(default_factory=Tally)
    examples: int = 0
    failing: tuple[Arguments, Finding] | None = None
    cut: bool = False
    _failed_at: float = 0.0

    def run(self) -> None:
        """Draw examples until one fails, and then smaller ones that fail too.

        Raises: OutOfScope when the scope has no example; Died when the subject does.
        """
        strategies = self.trial.strategies()
        try:
            with tallying(self.tally), contextlib.suppress(Broken, SubjectError, Enough):
                ask(
                    self._example,
                    strategies,
                    examples=self.settings.examples,
                    seed=self.settings.seed,
                    shrink=True,
                )
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
        return [name for name in self.trial.requires() if not self.tally.kinds.get(name)]

    def unmet(self) -> list[str]:
        """The required kinds of which nothing was judged, and none was refused."""
        kinds = {kind for r in self.trial.law.recipes.values() for kind in r.required}
        return [name for name in self.missed() if name in kinds - self.trial.excused]

    def _example(self, **arguments: Any) -> None:
        """One example under Hypothesis: counted when it is answered, and kept if it fails."""
        self._stop_in_time()
        self.examples += self.failing is None
        before = self.tally.judged + self.tally.beyond
        try:
            answered = self.trial.check(arguments)
        except (Broken, SubjectError) as failure:
            if self.failing is None:
                self._failed_at = time.monotonic()
            self.failing = (arguments, failure.finding)  # Hypothesis tries smaller ones only
            raise
        searching = self.failing is None  # what is tried to make a case smaller is not counted
        if answered and searching and self.tally.judged + self.tally.beyond > before:
            for name in met(arguments):
                self.tally.kinds[name] = self.tally.kinds.get(name, 0) + 1

    def _stop_in_time(self) -> None:
        now = time.monotonic()
        if now > self.settings.ends:
            self.cut = True
            raise Enough
        if self.failing is not None and now > self._failed_at + SHRINK_SECONDS:
            raise Enough
