"""What a report says besides its verdicts: each thing once, however many laws have met it."""

from collections import Counter

from backproof.contract import CAPABILITIES
from backproof.reports.report import Report
from backproof.reports.row import Row


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


def _refusals(report: Report) -> list[str]:
    """Each reason to refuse, with the capabilities that gave it."""
    met: dict[str, Counter[str]] = {}
    asked: dict[str, set[str]] = {}
    for row in report.laws:
        for words, count in row.refused.items():
            capability, colon, rest = words.partition(": ")
            reason = rest if colon and capability in CAPABILITIES else words
            met.setdefault(reason, Counter())[row.law] += count
            asked.setdefault(reason, set()).update({capability} & {*CAPABILITIES})
    notes = []
    for reason, counts in met.items():
        who = ", ".join(name for name in CAPABILITIES if name in asked[reason])
        total = counts.total()
        where = f"{total} example{'s' * (total > 1)} of {_laws([*counts])}"
        notes.append(f"refused in {where}: {who}{': ' * bool(who)}{reason}")
    return notes
