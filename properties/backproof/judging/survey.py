"""A handful of examples more of a law that has failed: where it fails, and where it does not."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backproof.judging.judge import Broken, Tally
from backproof.judging.search import HEADS_AND_ACTIVATIONS, Kept, Search
from backproof.judging.trial import Arguments, met
from backproof.reports.row import Finding
from backproof.subjects.failures import SubjectError
from backproof.subjects.messages import Call

EXAMPLES = 40
MOST_SECONDS = 5.0
"""For a subject that takes its time, fewer examples are judged."""

ENOUGH = 10
"""Of fewer examples nothing is concluded."""


@dataclass(frozen=True)
class Seen:
    """An example with how the law fails there, if it does, and what was asked and answered.

    judged: how many entries were judged until it failed
    """

    arguments: Arguments
    failure: Broken | SubjectError | None
    calls: list[Call]
    answers: list[Any]
    judged: int

    @property
    def names(self) -> set[str]:
        """The heads and activations that it is an example of."""
        return HEADS_AND_ACTIVATIONS.intersection(met(self.arguments))


class Evidence(NamedTuple):
    """What a survey is made of, for another process to make it again."""

    failing: tuple[Arguments, Finding] | None
    kept: Kept


@dataclass
class Survey:
    """A search, what it has found, and the examples that it has kept, the failing one first."""

    search: Search
    finding: Finding | None = None
    _seen: list[Seen] = field(default_factory=list)

    @property
    def evidence(self) -> Evidence:
        """What it is made of."""
        return Evidence(self.search.failing, self.search.kept)

    @property
    def seen(self) -> list[Seen]:
        """The examples that were kept, judged again by the answers at hand."""
        if not self._seen:
            self.look(math.inf, recall=True)
        return self._seen

    @contextmanager
    def at_hand(self, recall: bool = True) -> Iterator[None]:
        """What was answered is not asked again meanwhile, and nothing is counted."""
        trial, answers = self.search.trial, self.search.kept.answers
        with trial.uncounted(), trial.subject.conversation.remembering(answers, recall):
            yield

    def look(self, ends: float, recall: bool) -> None:
        """Judge the examples that are kept, as far as the time allows; the first one in any case.

        recall: whether by the answers at hand alone
        Raises: Died when the subject does.
        """
        trial, kept = self.search.trial, self.search.kept
        with self.at_hand(recall):
            for arguments in kept.examples:
                if self._seen and time.monotonic() > ends:
                    break
                tally = Tally()
                failure = trial.failure(arguments, tally)
                said = trial.subject.conversation
                calls, answers = [*said.calls], [*said.answers]
                self._seen.append(Seen(arguments, failure, calls, answers, tally.judged))
        kept.examples = kept.examples[: len(self._seen)]

    @property
    def failed(self) -> list[Seen]:
        """The examples at which the law fails."""
        return [seen for seen in self.seen if seen.failure]


def surveyed(search: Search, finding: Finding) -> Survey:
    """The survey of a search that has failed; large examples, which take their time, are left out.

    Raises: Died when the subject does.
    """
    first, *others = search.handful(EXAMPLES)
    search.kept.examples = [first, *(a for a in others if "large" not in met(a))]
    survey = Survey(search, finding)
    survey.look(min(search.settings.ends, time.monotonic() + MOST_SECONDS), recall=False)
    return survey
