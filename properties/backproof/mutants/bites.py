"""A law before the mutants: its examples are drawn once, and each is put to all that still live.

A law knows a subject by its answers alone. So the engine is judged first, and what it was asked is
asked of each mutant: one that answers alike to the last bit has the engine's verdict, and only one
that does not is judged itself, as `check` judges it. What breaks is not made smaller nor explained.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from inspect import isfunction
from types import CodeType
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.contract import CAPABILITIES
from backproof.judging.judge import Tally, tallying
from backproof.judging.law import Law
from backproof.judging.questions import ask
from backproof.judging.search import Enough
from backproof.judging.settings import EXAMPLES, Settings
from backproof.judging.trial import Arguments, Trial
from backproof.mutants import Mutant
from backproof.reports.teeth import Bite
from backproof.subjects.calls import hello, perform
from backproof.subjects.handed import Handed
from backproof.subjects.messages import Call, Hello, Outcome
from backproof.subjects.subject import Subject

METHODS = {name: method for name, method in vars(Refnet).items() if isfunction(method)}

Heard = list[tuple[Call, Outcome]]


def bites(law: Law, mutants: Sequence[Mutant], settings: Settings) -> list[Bite]:
    """The mutants that fail before the law, each with how and when.

    Raises: Broken or SubjectError when the engine itself fails: then no mutant shows anything.
    """
    alike: dict[str, list[Prey]] = {}
    for prey in map(Prey, mutants):  # what is drawn depends on what is declared
        alike.setdefault(prey.declared, []).append(prey)
    return [bite for living in alike.values() for bite in _hunt(law, living, settings)]


class Prey:
    """A mutant, and the subject that it is."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant, self.made = mutant, mutant.implementation()
        self._server = Open(self.made, own(self.made))
        self._subject = Subject(self._server)

    @property
    def declared(self) -> str:
        """What is declared, in words that are equal for equal declarations."""
        return repr((self.made.scope, self.made.precision, self.made.conventions))

    def fails(self, law: Law, arguments: Arguments, heard: Heard, example: int) -> Bite | None:
        """How the law fails at this example, where the engine was asked what is heard."""
        if not self._server.differs(heard):
            return None
        finding = Trial(law, self._subject).judged(arguments)
        if finding is None:
            return None
        bite = Bite(mutant=self.mutant.name, law=law.name, example=example, what=finding.what)
        if finding.kind == "broken":
            bite.outcome, bite.verb, bite.what = "broken", finding.verb, finding.place()
        return bite


@dataclass
class Open:
    """A mutant, or the engine, as it is: what is planted here needs no protection from itself.

    own:   the capabilities in which it may differ from the engine
    ready: the answers to the next questions, which have been asked already
    heard: what was asked, and answered
    """

    made: Refnet
    own: frozenset[str]
    ready: list[Outcome] = field(default_factory=list)
    heard: Heard = field(default_factory=list)
    handed: Handed = field(default_factory=Handed)
    isolated = False

    def hello(self) -> Hello:
        """What it says of itself."""
        return hello(self.made, self.made.name)

    def call(self, call: Call) -> Outcome:
        """The next answer."""
        outcome = self.ready.pop(0) if self.ready else perform(self.made, call, self.handed)
        self.heard.append((call, outcome))
        return outcome

    def differs(self, heard: Heard) -> bool:
        """Whether it answers one of the questions otherwise than was heard."""
        self.ready, self.heard = [], []
        for call, outcome in heard:
            own = call.capability in self.own
            self.ready.append(perform(self.made, call, self.handed) if own else outcome)
            if not _alike(self.ready[-1], outcome):
                return True
        return False

    def restart(self) -> None:
        """Nothing: no law asks for it."""

    def close(self) -> None:
        """Nothing to end."""


def own(made: Refnet) -> frozenset[str]:
    """The capabilities that run code of a mutant's own; in the others it is the engine."""
    written = {name for name in METHODS if getattr(type(made), name) is not METHODS[name]}
    return frozenset(name for name in CAPABILITIES if written & _called(name))


@cache
def _called(name: str) -> set[str]:
    """The methods of the engine that one of them may call, and those that these may call."""
    found, new = set[str](), {name}
    while new:
        found |= new
        new = {other for method in new for other in _names(METHODS[method].__code__)} - found
    return found


def _names(code: CodeType) -> set[str]:
    """The methods that are named in a piece of code, or in one inside of it."""
    inside = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return (METHODS.keys() & {*code.co_names}).union(*inside)


def _hunt(law: Law, living: list[Prey], settings: Settings) -> list[Bite]:
    """Put one example after another to those that live, until none does.

    Who must be killed gets the examples of a default run, whatever the profile.
    """
    server, found = Open(_engine(living[0].made), frozenset()), list[Bite]()
    trial, examples = Trial(law, Subject(server)), 0
    count = max(settings.examples, EXAMPLES["default"])

    def example(**arguments: Any) -> None:
        nonlocal examples, living
        examples, server.heard = examples + 1, []
        if examples > settings.examples:
            living = [prey for prey in living if law.name in prey.mutant.killers]
        if not living:
            raise Enough
        with tallying(Tally()):
            trial.check(arguments)
        bitten = {prey: prey.fails(law, arguments, server.heard, examples) for prey in living}
        found.extend(bite for bite in bitten.values() if bite)
        living = [prey for prey, bite in bitten.items() if not bite]

    with suppress(Enough):
        ask(example, trial.strategies(), examples=count, seed=settings.seed)
    return found


def _engine(made: Refnet) -> Refnet:
    """The engine with the declarations of a mutant."""
    engine = Refnet()
    engine.scope, engine.precision, engine.conventions = (
        made.scope,
        made.precision,
        made.conventions,
    )
    return engine


def _alike(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same to the last bit."""
    if one.failure is not None or other.failure is not None:
        return one.failure == other.failure
    return bool(_bits(one.answer) == _bits(other.answer))


def _bits(answer: Any) -> Any:
    """An answer with its arrays as bytes: equal where every bit is."""
    if isinstance(answer, np.ndarray):
        return answer.tobytes()
    return [_bits(part) for part in answer] if isinstance(answer, list | tuple) else answer
