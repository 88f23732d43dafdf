"""run_law: the one place where a law is run; what was found and counted goes into its row."""

import time
import traceback

from backproof.cases.recipe import OutOfScope
from backproof.judging.explain import explain
from backproof.judging.law import Law
from backproof.judging.others import other_faults
from backproof.judging.search import Search
from backproof.judging.settings import Settings
from backproof.judging.slowness import narrower, took
from backproof.judging.special import special
from backproof.judging.survey import Survey, surveyed
from backproof.judging.trial import Trial
from backproof.judging.verdict import decide
from backproof.reports.reach import reach_of
from backproof.reports.row import Finding, Row
from backproof.subjects.failures import Died
from backproof.subjects.subject import Subject

MOST_DEATHS = 3
"""A capability that has hung or crashed so often is not asked again."""


OUT_OF_MEMORY = (
    "the judge has no more memory for networks of this size: let the scope begin with smaller "
    "sizes, or judge on a larger machine"
)


def run_law(
    law: Law,
    subject: Subject,
    settings: Settings,
    row: Row | None = None,
    surveys: list[Survey] | None = None,
) -> Row:
    """The verdict on one law, in a new row or in the one given.

    surveys: where to put the examples at hand, for each finding, or if there is none of the law

    Raises: KeyboardInterrupt only from outside (Ctrl-C); faults of the subject become the row's
    findings, faults of our own become the status "internal".
    """
    row = blank_row(law) if row is None else row
    started = time.perf_counter()
    try:
        surveys = [] if surveys is None else surveys
        _judge(law, subject, settings, row, surveys)
    except MemoryError:  # a large network, and no slip of anybody's
        row.status, row.reason = "unfinished", OUT_OF_MEMORY
    except Exception:
        row.status, row.reason = "internal", "a fault of backproof itself"
        row.findings = [Finding(kind="internal", what=traceback.format_exc(limit=-4))]
    finally:
        row.seconds = time.perf_counter() - started
    return row


def blank_row(law: Law) -> Row:
    """The row of a law that has not been run."""
    return Row(
        law=law.name,
        chapter=law.chapter,
        statement=law.statement,
        needs=list(law.needs),
        doc=law.page,
    )


def _judge(law: Law, subject: Subject, settings: Settings, row: Row, surveys: list[Survey]) -> None:
    lacking = [c for c in law.needs if not subject.offers(c)]
    if lacking:
        row.status, row.reason = "unsupported", f"the subject has no {' and no '.join(lacking)}"
        return
    dead = [
        c for c in (*law.needs, *law.also) if len(subject.books.deaths.get(c, ())) >= MOST_DEATHS
    ]
    if dead:
        row.status, row.reason = "error", f"not asked: {dead[0]} has hung or crashed too often"
        row.findings = [Finding(kind="error", what=subject.books.deaths[dead[0]][-1])]
        return
    search, findings = Search(Trial(law, subject), settings), list[Finding]()
    try:
        surveys += _found(search)
    except OutOfScope as reason:
        row.status, row.reason = "unsupported", str(reason)
        return
    except KeyboardInterrupt:  # what was found before Ctrl-C is not lost
        if search.failing is not None:
            arguments, finding = search.failing
            findings.append(search.trial.shown(finding, arguments))
            decide(search, findings, row)
        _write(search, findings, row)
        raise
    findings = [survey.finding for survey in surveys if survey.finding is not None]
    search.earlier.keep(findings)
    _write(search, findings, row)
    decide(search, findings, row)


def _found(search: Search) -> list[Survey]:
    """What a search finds, explained; a hang or a crash of the subject is a finding too.

    Of a search that finds nothing the examples at hand.
    """
    found: list[Survey] = []
    try:
        search.run()
        if search.failing is None:
            return [Survey(search)]
        finding = explain(search)
        found.append(Survey(search, finding))
        found[0] = surveyed(search, finding)
        finding.special += special(found[0])
        found.extend(other_faults(found[0]))
    except Died as death:
        if not found:
            found.append(Survey(search, _last(search, death)))
    return found


def _last(search: Search, death: Died) -> Finding:
    """What was found before the subject died, or that it did."""
    if search.failing is not None:
        arguments, finding = search.failing
        return search.trial.shown(finding, arguments)
    what = death.message + (_slow_there(search) if death.slow else "")
    died = Finding(kind="error", what=what, detail=death.detail)
    return search.trial.shown(died, search.trial.arguments)


def _slow_there(search: Search) -> str:
    """The scope of those that were answered, if all of them are smaller than what was not."""
    subject = search.trial.subject
    here = took(0.0, subject.conversation.calls).limit
    answered = max((one.limit for one in search.taken if one.limit < here), default=0)
    if not answered:
        return ""
    return f"; if it is slow there, a scope with {narrower(subject.scope, answered)} asks for less"


def _write(search: Search, findings: list[Finding], row: Row) -> None:
    """What was counted and found, into the row."""
    tally, ratios = search.tally, [finding.ratio or 0.0 for finding in findings]
    row.examples, row.judged, row.unbounded = search.examples, tally.judged, tally.beyond
    row.kinds, row.power, row.astray = dict(+search.kinds), tally.power, tally.astray
    row.least_power, row.least_power_of = search.least_power()
    row.median_allowed = tally.median_share
    row.by_value, row.reach = sorted(tally.by_value), reach_of(search.asked)
    row.chance = tally.chance
    row.notes = _remarks(search, broken=bool(findings)) + search.earlier.notes
    row.worst_ratio = max(tally.worst_ratio, *ratios, 0.0)
    row.findings = findings
    row.refused = dict(search.trial.left_out.reasons)


def _remarks(search: Search, broken: bool) -> list[str]:
    """What was remarked of examples, and of how many; which form a wrong step fits says nothing."""
    return [
        f"{words} ({count} of {search.examples} examples)"
        for words, count in search.remarks.items()
        if not (broken and words.startswith("fits "))
    ]
