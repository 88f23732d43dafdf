"""A law before the mutants: its examples are drawn once, and each is put to all that still live.

A law knows a subject by its answers alone. So the engine is judged first, and what it was asked is
asked of each mutant: one that answers alike to the last bit has the engine's verdict, and only one
that does not is judged itself, as `check` judges it. What breaks is not made smaller nor explained.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from backproof.judging.judge import Tally, tallying
from backproof.judging.law import Law
from backproof.judging.questions import ask
from backproof.judging.settings import EXAMPLES, Settings
from backproof.judging.slowness import Enough
from backproof.judging.trial import Arguments, Trial
from backproof.mutants import Mutant
from backproof.mutants.open import Heard, Open, by_value, engine_like, own
from backproof.reports.teeth import Bite
from backproof.subjects.subject import Subject


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
        if by_value(finding):
            bite.outcome, bite.verb, bite.what = "broken", finding.verb, finding.place()
        return bite


def _hunt(law: Law, living: list[Prey], settings: Settings) -> list[Bite]:
    """Put one example after another to those that live, until none does.

    Who must be killed gets the examples of a default run, whatever the profile.
    """
    server, found = Open(engine_like(living[0].made)), list[Bite]()
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
