"""The kill matrix: what each law makes of each mutant, and what follows from it (schema 1).

A mutant is killed where a law is broken, by a value: what raises, or answers nan or an infinity, is
an error, and shows nothing of the law.
"""

from typing import Literal

import msgspec


class Bite(msgspec.Struct, kw_only=True):
    """A mutant that fails before a law: broken, which kills it, or an error, which does not.

    example: the number of the example at which it fails; verb: near, at_most or probable
    what:    what was compared, and where; or what the error says
    """

    mutant: str
    law: str
    outcome: Literal["broken", "error"] = "error"
    example: int
    verb: str = ""
    what: str = ""


class Bug(msgspec.Struct, kw_only=True):
    """A mutant: its mistake, the laws that must kill it, or why it is none and no law may."""

    mutant: str
    mistake: str
    killers: list[str]
    equivalent: str = ""


class Teeth(msgspec.Struct, kw_only=True):
    """The kill matrix. Later versions of schema 1 may add fields; they lose and change none.

    whole:   whether all mutants are there, so that a law that kills none of them has no teeth
    laws:    those that were asked for
    bites:   which mutants fail before which of them; the others pass
    seconds: the processor time of each law that has come to its end
    faults:  the laws that the engine itself breaks, with what was found
    """

    schema: Literal[1] = 1
    backproof: str
    profile: str
    seed: int
    interrupted: bool = False
    whole: bool = True
    laws: list[str]
    mutants: list[Bug]
    bites: list[Bite] = []
    seconds: dict[str, float] = {}
    faults: dict[str, str] = {}

    def kills(self, name: str) -> list[Bite]:
        """The bites of a law, or of a mutant, that kill."""
        return [b for b in self.bites if b.outcome == "broken" and name in (b.law, b.mutant)]

    def due(self, law: str) -> list[str]:
        """The mutants that a law must kill."""
        return [bug.mutant for bug in self.mutants if law in bug.killers]

    @property
    def planted(self) -> list[Bug]:
        """The mutants that one of these laws must kill."""
        return [bug for bug in self.mutants if {*bug.killers} & {*self.laws}]

    @property
    def survivors(self) -> list[Bug]:
        """Those of them that no law kills."""
        return [bug for bug in self.planted if not self.kills(bug.mutant)]

    @property
    def missed(self) -> list[tuple[str, str]]:
        """The mutants that a law must kill and does not, each with the law."""
        killed = {(bite.mutant, bite.law) for bite in self.bites if bite.outcome == "broken"}
        due = [(mutant, law) for law in self.seconds for mutant in self.due(law)]
        return [pair for pair in due if pair not in killed]

    @property
    def accused(self) -> list[Bite]:
        """The bites into what is no fault: false alarms."""
        legal = {bug.mutant for bug in self.mutants if bug.equivalent}
        return [bite for bite in self.bites if bite.mutant in legal]

    @property
    def toothless(self) -> list[str]:
        """The laws that kill nothing, where all mutants were there."""
        return [law for law in self.seconds if self.whole and not self.kills(law)]

    def first(self, bug: Bug) -> int | None:
        """After how many examples the first of the laws that must kill a mutant has killed it."""
        counts = [bite.example for bite in self.kills(bug.mutant) if bite.law in bug.killers]
        return min(counts, default=None)

    @property
    def mean_examples(self) -> float | None:
        """The mean of the examples until the first kill."""
        counts = [count for bug in self.planted if (count := self.first(bug))]
        return sum(counts) / len(counts) if counts else None

    @property
    def exit_status(self) -> int:
        """0 every tooth bites, 1 one does not or a law did not come to its end, 130 interrupted."""
        if self.interrupted:
            return 130
        blunt = (self.survivors, self.missed, self.accused, self.toothless, self.faults)
        return int(any(blunt) or len(self.seconds) < len(self.laws))
