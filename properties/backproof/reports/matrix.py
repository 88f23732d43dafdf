"""The kill matrix for a person: a row for each mutant, a column for each law, and what follows."""

import textwrap
import time
from typing import Any

from rich.console import Console
from rich.text import Text

from backproof.reports.teeth import Bug, Teeth

SIGNS = {
    "#": "killed by a law that must",
    "+": "killed by another",
    "!": "not killed by a law that must",
    "e": "it raised, or gave no number: no kill",
    ".": "not killed",
    " ": "not run to its end",
}


class Bites:
    """The laws that are done, each in a line as soon as it is."""

    def __init__(self, teeth: Teeth, console: Console, status: Any) -> None:
        self._teeth, self._console, self._status = teeth, console, status
        self._started, self._width = time.perf_counter(), len(str(len(teeth.laws)))
        self._show()

    def finished(self, law: str) -> None:
        """A law has met every mutant."""
        teeth, number = self._teeth, self._teeth.laws.index(law) + 1
        killed, due = {bite.mutant for bite in teeth.kills(law)}, teeth.due(law)
        must = len(killed.intersection(due))
        text = Text(f"{number:>{self._width}} {law}  kills {len(killed)}")
        text.append(f", {must} of {len(due)} that it must, {teeth.seconds[law]:.1f} s", "dim")
        self._console.print(text, soft_wrap=True)
        self._show()

    def _show(self) -> None:
        done, seconds = len(self._teeth.seconds), time.perf_counter() - self._started
        self._status.update(f"{done} of {len(self._teeth.laws)} laws, {seconds:.0f} s ...")


def heading(teeth: Teeth, console: Console) -> None:
    """What is put to what."""
    laws = f"{len(teeth.laws)} law{'s' * (len(teeth.laws) > 1)}"
    mutants = f"{len(teeth.mutants)} mutant{'s' * (len(teeth.mutants) > 1)}"
    console.print(f"{mutants} before {laws}, {teeth.profile}", soft_wrap=True)


def verdict(teeth: Teeth, console: Console) -> None:
    """The matrix, what lacks teeth, and the totals."""
    console.print()
    for line in matrix(teeth):
        console.print(line, soft_wrap=True)
    console.print()
    for line in complaints(teeth):
        console.print(line, style="red", soft_wrap=True)
    for bug in teeth.mutants:
        if bug.equivalent:
            console.print(f"no fault: {bug.mutant}: {bug.equivalent}", soft_wrap=True)
    console.print(totals(teeth), style="bold", soft_wrap=True)


def matrix(teeth: Teeth) -> list[str]:
    """A row for each mutant and a column for each law, by its number, with a legend."""
    width = max(len(bug.mutant) for bug in teeth.mutants)
    count = len(str(len(teeth.laws)))
    numbers = [f"{number:>{count}}" for number in range(1, len(teeth.laws) + 1)]
    heads = [" " * width + "  " + "".join(number[digit] for number in numbers)
             for digit in range(count)]  # fmt: skip
    heads[-1] += "  examples"
    rows, outcomes = [], {(bite.mutant, bite.law): bite.outcome for bite in teeth.bites}
    for bug in teeth.mutants:
        found = [(law, outcomes.get((bug.mutant, law), "")) for law in teeth.laws]
        signs = "".join(_sign(*one, bug) if one[0] in teeth.seconds else " " for one in found)
        rows.append(f"{bug.mutant:<{width}}  {signs}  {teeth.first(bug) or ''}".rstrip())
    used = {sign for row in rows for sign in row[width + 2 :][: len(teeth.laws)]}
    legend = [f"{sign} {words}" for sign, words in SIGNS.items() if sign in used and sign != " "]
    return [*heads, *rows, "", *textwrap.wrap(", ".join(legend), 78)]


def complaints(teeth: Teeth) -> list[str]:
    """Each way in which a tooth does not bite, in a line."""
    errors = {(b.mutant, b.law): f": {b.what}" for b in teeth.bites if b.outcome == "error"}
    return [
        *(f"the engine breaks {law}: {fault}" for law, fault in teeth.faults.items()),
        *(f"kills nothing: {law}" for law in teeth.toothless),
        *(f"survives: {bug.mutant}: {bug.mistake}" for bug in teeth.survivors),
        *(f"not killed by the law that must: {mutant} by {law}{errors.get((mutant, law), '')}"
          for mutant, law in teeth.missed),
        *(f"accused, and no fault: {bite.mutant} by {bite.law}: {bite.what}"
          for bite in teeth.accused),
    ]  # fmt: skip


def totals(teeth: Teeth) -> str:
    """How many are killed, after how many examples, in which time."""
    planted, done = teeth.planted, len(teeth.seconds)
    killed = len(planted) - len(teeth.survivors)
    words = f"{killed} of {len(planted)} mutants killed"
    if harmless := sum(bool(bug.equivalent) for bug in teeth.mutants):
        words += f", {harmless} that are no fault"
    if (mean := teeth.mean_examples) is not None:
        words += f"; {mean:.1f} examples until the first kill in the mean"
    if done < len(teeth.laws):
        words += f"; {done} of {len(teeth.laws)} laws run"
    return f"{words} ({sum(teeth.seconds.values()):.0f} s of processor time)"


def _sign(law: str, outcome: str, bug: Bug) -> str:
    if outcome == "broken":
        return "#" if law in bug.killers else "+"
    return "!" if law in bug.killers else "e" if outcome == "error" else "."
