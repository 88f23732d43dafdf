"""A mutant, or the engine, as a subject: what is planted here needs no protection from itself."""

import math
from dataclasses import dataclass, field
from functools import cache
from inspect import isfunction
from types import CodeType
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.contract import CAPABILITIES
from backproof.reports.row import Finding
from backproof.subjects.calls import hello, perform
from backproof.subjects.handed import Handed
from backproof.subjects.messages import Call, Hello, Outcome

METHODS = {name: method for name, method in vars(Refnet).items() if isfunction(method)}

Heard = list[tuple[Call, Outcome]]


@dataclass
class Open:
    """A mutant, or the engine, answering calls.

    own:   the capabilities in which it may differ from the engine
    ready: the answers to the next questions, which have been asked already
    heard: what was asked, and answered
    """

    made: Refnet
    own: frozenset[str] = frozenset()
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


def engine_like(made: Refnet) -> Refnet:
    """The engine with the declarations of a mutant."""
    engine = Refnet(made.precision if isinstance(made.precision, str) else made.precision.name)
    engine.scope, engine.conventions = made.scope, made.conventions
    return engine


def by_value(finding: Finding | None) -> bool:
    """Whether a law is broken by a number, not by an error, and not by what is no number."""
    if finding is None or finding.kind != "broken":
        return False
    return isinstance(finding.observed, float) and math.isfinite(finding.observed)


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
