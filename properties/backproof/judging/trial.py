"""One law on one subject, at one example after another: it holds, fails, or is refused."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from backproof.cases.recipe import Drawn
from backproof.contract import NotSupported
from backproof.judging.judge import Broken, Tally, tallying
from backproof.judging.law import Law
from backproof.judging.record import recorded
from backproof.judging.sent import sent
from backproof.reports.row import Finding
from backproof.subjects.failures import Refused, SubjectError
from backproof.subjects.subject import Subject

Arguments = dict[str, Any]


@dataclass
class LeftOut:
    """The examples that were not judged.

    reasons:  why, and how often
    declined: how many of them the subject refused
    refused:  the kinds, activations and heads of those, each with its first reason
    by_law:   the kinds, activations and heads of those that the law itself leaves out
    """

    reasons: Counter[str] = field(default_factory=Counter)
    declined: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    by_law: set[str] = field(default_factory=set)

    def add(self, reason: NotSupported, names: list[str]) -> None:
        """One example more, of these kinds, activations and heads."""
        self.reasons[str(reason)] += 1
        if isinstance(reason, Refused):
            self.declined += 1
            self.refused = dict.fromkeys(names, str(reason)) | self.refused
        else:
            self.by_law.update(names)

    def sentence(self) -> str:
        """How many there are, and what is said most often."""
        (commonest, _), count = self.reasons.most_common(1)[0], self.reasons.total()
        return f"refused in {count} example{'s' if count > 1 else ''}: {commonest}"


@dataclass
class Trial:
    """One law on one subject; `arguments` are those that are being judged."""

    law: Law
    subject: Subject
    left_out: LeftOut = field(default_factory=LeftOut)
    arguments: Arguments = field(default_factory=dict)

    def strategies(self) -> dict[str, SearchStrategy[Any]]:
        """What is drawn, by the name of the argument.

        Raises: OutOfScope when the scope has no example.
        """
        declared = (self.subject.scope, self.subject.precision, self.subject.conventions)
        return {name: r.strategy(*declared) for name, r in self.law.recipes.items()}

    @cached_property
    def required(self) -> list[str]:
        """What must be met: required kinds, activations and heads."""
        declared = (self.subject.scope, self.subject.precision, self.subject.conventions)
        found = [name for r in self.law.recipes.values() for name in r.requires(*declared)]
        return list(dict.fromkeys(found))

    def check(self, arguments: Arguments) -> bool:
        """Run the law's body; whether the subject supported the case.

        Raises: Broken or SubjectError with the finding; Died when the subject does.
        """
        self.subject.begin()
        self.arguments = arguments
        try:
            with np.errstate(all="ignore"):  # an answer may be infinite
                self.law.check(self.subject, **arguments)
        except NotSupported as reason:
            self.left_out.add(reason, met(arguments))
            return False
        return True

    def failure(
        self, arguments: Arguments, tally: Tally | None = None
    ) -> Broken | SubjectError | None:
        """How the law fails at these arguments, counted in this tally or nowhere."""
        try:
            with tallying(Tally() if tally is None else tally):
                self.check(arguments)
        except (Broken, SubjectError) as failure:
            return failure
        return None

    def judged(self, arguments: Arguments) -> Finding | None:
        """What the law finds at these arguments, not counted."""
        failure = self.failure(arguments)
        return failure.finding if failure else None

    def held(self, collected: list[Arguments]) -> Tally | None:
        """What is judged at these arguments if all of them pass, none by two wrong answers.

        What is refused half way, when the first answers are judged, shows nothing.
        """
        whole = Tally()
        try:
            for arguments in collected:
                with tallying(Tally()) as tally:
                    if self.check(arguments):
                        whole.add(tally)
        except (Broken, SubjectError):
            return None
        return None if whole.astray else whole

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Refusals meanwhile are none of the report's: they answer what was only supposed."""
        kept, self.left_out = self.left_out, LeftOut()
        try:
            yield
        finally:
            self.left_out = kept

    def shown(self, finding: Finding, arguments: Arguments) -> Finding:
        """The finding with its case, and what was asked of the subject there."""
        finding.arguments = {name: literal(value) for name, value in arguments.items()}
        finding.calls = self.subject.conversation.asked()
        finding.sent = sent(self.subject.conversation.calls)
        dtype = self.subject.precision.dtype
        finding.case = recorded(self.law.name, arguments, finding, self.subject.conversation, dtype)
        return finding


def met(arguments: Arguments) -> list[str]:
    """What the arguments are examples of, each name once."""
    drawn = [value for value in arguments.values() if isinstance(value, Drawn)]
    return list(dict.fromkeys(name for value in drawn for name in value.met))


def literal(value: Any) -> Any:
    """A drawn argument as plain values."""
    return value.literal() if isinstance(value, Drawn) else value
