"""What the examples of a law would say if the subject meant something else than it declares."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache

import numpy as np

from backproof.cases.case import Case
from backproof.contract import NotSupported
from backproof.judging.search import Search
from backproof.judging.trial import Arguments, met
from backproof.reports.row import Finding
from backproof.subjects.failures import SubjectError
from refnet.conventions import Conventions

HANDFUL = 20


class Supposition:
    """The failing example of a search, and others, if the subject meant something else.

    meant: what is declared for the head of the failing example
    drawn: so many times a handful of examples, the failing one first, and no large ones
    """

    def __init__(self, search: Search) -> None:
        assert search.failing is not None
        self.trial, self.failing = search.trial, search.failing[0]
        self.declared = search.trial.subject.conventions
        self._precision = search.trial.subject.precision
        heads = {" with ".join(head): head for head in self.declared}
        self.head = next(heads[name] for name in met(self.failing) if name in heads)
        self.meant = self.declared[self.head]
        self.alike = len(set(self.declared.values())) == 1
        self._search, self.drawn = search, cache(self._drawn)

    def fits(self) -> Mapping[str, Callable[[Conventions], bool]]:
        """Whether examples pass under other conventions: of all heads, or of the failing one's."""
        fits: dict[str, Callable[[Conventions], bool]] = (
            {"": self._everywhere} if self.alike else {}
        )
        if len(self.declared) > 1:
            fits[f" of {' with '.join(self.head)}"] = self._under_its_head
        return fits

    def finds(self, conventions: Conventions) -> Finding | None:
        """What is found at the failing example."""
        with self._supposed(conventions, self.alike):
            return self.trial.judged(self.failing)

    def agrees(self, conventions: Conventions) -> bool:
        """Whether the subject's loss at the failing example does not speak against them."""
        subject = self.trial.subject
        case = next((c for c in self.failing.values() if isinstance(c, Case)), None)
        if case is None or not subject.offers("loss"):
            return True
        try:
            with self._supposed(conventions, self.alike), np.errstate(all="ignore"):
                loss = subject.loss(case)
                return bool(np.abs(loss.value - loss.expected) <= loss.radius)
        except (NotSupported, SubjectError):
            return True

    def _drawn(self, times: int) -> list[Arguments]:
        with self.trial.subject.supposed(self.declared, self._precision):  # as they were drawn
            failing, *others = self._search.handful(times * HANDFUL)
        return [failing, *(a for a in others if "large" not in met(a))]  # which take their time

    def _everywhere(self, conventions: Conventions) -> bool:
        with self._supposed(conventions, True):
            return self.holds(self.drawn(1))

    def _under_its_head(self, conventions: Conventions) -> bool:
        words = " with ".join(self.head)
        with self._supposed(conventions, False):
            for times in (1, len(self.declared)):  # few examples refuse most, and are soon drawn
                own = [a for a in self.drawn(times) if words in met(a)]
                if not self.holds(own[: HANDFUL + 1]):
                    return False
        return True

    def holds(self, collected: list[Arguments]) -> bool:
        """Whether these examples pass, and most of them can be judged."""
        tally = self.trial.held(collected)
        return tally is not None and tally.judged > tally.beyond

    def by_head(self, c: Conventions, everywhere: bool) -> dict[tuple[str, str], Conventions]:
        """What is declared, with something else for all heads, or for that of the example."""
        heads = self.declared if everywhere else [self.head]
        return {**self.declared, **dict.fromkeys(heads, c)}

    def _supposed(self, c: Conventions, everywhere: bool) -> AbstractContextManager[None]:
        return self.trial.subject.supposed(self.by_head(c, everywhere))
