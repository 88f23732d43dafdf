"""What a report says besides its verdicts: each thing once, however many laws have met it."""

import re
from collections import Counter
from dataclasses import dataclass, field

from backproof.contract import CAPABILITIES
from backproof.reports.report import Report
from backproof.reports.row import Row

MOST = 8
"""Reasons to refuse that are shown."""

_NUMBERS = re.compile(r"-?\d[\d.e+-]*(, *-?\d[\d.e+-]*)*")


def remarks(report: Report) -> list[str]:
    """What else there is to say, each thing once."""
    notes = [*report.notes, *(f"{row.law}: {note}" for row in report.laws for note in row.notes)]
    if wrong := [row for row in report.laws if row.astray]:
        notes.append(_astray(report, wrong))
    if open_ended := [row for row in report.laws if row.unbounded]:
        lost = sum(row.unbounded for row in open_ended)
        entries = f"{lost:,} of {lost + sum(row.judged for row in open_ended):,} entries"
        where = _laws([row.law for row in open_ended])
        notes.append(f"{entries} of {where} could not be judged: any value is legal there")
    return notes + _refusals(report)


def _astray(report: Report, wrong: list[Row]) -> str:
    """That answers compared with each other are wrong themselves, and which law says so."""
    lost = sum(row.astray for row in wrong)
    where = f"{lost:,} comparisons of the subject with itself in {_laws([r.law for r in wrong])}"
    broken = [row.law for row in report.laws if row.status == "broken" and row.by_value]
    cause = f": see {broken[0]}" if broken else "; a law on the value says how"
    return f"the value itself is wrong in {where}{cause}"


def _laws(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} laws"


@dataclass
class _Refusal:
    """A reason to refuse: its texts, and how often which law met it from which capability."""

    texts: set[str] = field(default_factory=set)
    met: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)

    def sentence(self, first: str) -> str:
        """The first text, and where it was met."""
        who = ", ".join(name for name in CAPABILITIES if name in self.asked)
        total, others = self.met.total(), len(self.texts) - 1
        where = f"{total} example{'s' * (total > 1)} of {_laws([*self.met])}"
        more = f" (and {others} times more with other numbers)" * bool(others)
        return f"refused in {where}: {who}{': ' * bool(who)}{first}{more}"


def _refusals(report: Report) -> list[str]:
    """Each reason to refuse once; a text with other numbers is no other reason."""
    found: dict[str, tuple[str, _Refusal]] = {}
    for row in report.laws:
        for words, count in row.refused.items():
            capability, colon, rest = words.partition(": ")
            text = rest if colon and capability in CAPABILITIES else words
            _, refusal = found.setdefault(_NUMBERS.sub("#", text), (text, _Refusal()))
            refusal.texts.add(text)
            refusal.met[row.law] += count
            refusal.asked.add(capability)
    notes = [refusal.sentence(first) for first, refusal in found.values()]
    if len(notes) > MOST:
        notes[MOST:] = [f"refused for {len(notes) - MOST} more reasons, which --json has"]
    return notes
