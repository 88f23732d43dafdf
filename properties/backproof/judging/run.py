"""run_law: the one place where a law is run, and where its verdict is given."""

import time
import traceback

from backproof.cases.recipe import OutOfScope
from backproof.judging.explain import explain
from backproof.judging.law import Law
from backproof.judging.search import Search
from backproof.judging.settings import Settings
from backproof.judging.trial import Trial
from backproof.reports.report import Finding, Row
from backproof.subjects.failures import Died
from backproof.subjects.subject import Subject

MOST_DEATHS = 3
"""A capability that has hung or crashed so often is not asked again."""

MOST_REFUSED = 0.9
"""A subject that refuses more of the examples in its own scope has shown nothing."""

WEAK = 0.25
"""A law with power in less than this share of its entries has shown little."""


def run_law(law: Law, subject: Subject, settings: Settings, row: Row | None = None) -> Row:
    """The verdict on one law, in a new row or in the one given.

    Raises: KeyboardInterrupt only from outside (Ctrl-C); faults of the subject become the row's
    findings, faults of our own become the status "internal".
    """
    row = blank_row(law) if row is None else row
    started = time.perf_counter()
    try:
        _judge(law, subject, settings, row)
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


def _judge(law: Law, subject: Subject, settings: Settings, row: Row) -> None:
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
        findings += _found(search)
    except OutOfScope as reason:
        row.status, row.reason = "unsupported", str(reason)
        return
    except KeyboardInterrupt:  # what was found before Ctrl-C is not lost
        if search.failing is not None:
            arguments, finding = search.failing
            findings.append(search.trial.shown(finding, arguments))
            _decide(search, findings, row)
        _write(search, findings, row)
        raise
    _write(search, findings, row)
    _decide(search, findings, row)


def _found(search: Search) -> list[Finding]:
    """What a search finds, explained; a hang or a crash of the subject is a finding too."""
    try:
        search.run()
        return [explain(search)] if search.failing is not None else []
    except Died as death:
        if search.failing is not None:  # what was found before stands
            arguments, finding = search.failing
            return [search.trial.shown(finding, arguments)]
        died = Finding(kind="error", what=death.message, detail=death.detail)
        return [search.trial.shown(died, search.trial.arguments)]


def _write(search: Search, findings: list[Finding], row: Row) -> None:
    """What was counted and found, into the row."""
    tally, ratios = search.tally, [finding.ratio or 0.0 for finding in findings]
    row.examples, row.judged, row.unbounded = search.examples, tally.judged, tally.beyond
    row.kinds, row.power = tally.kinds, tally.power
    row.worst_ratio = max(tally.worst_ratio, *ratios, 0.0)
    row.findings = findings
    row.refused = dict(search.trial.refusals)
    if tally.judged and not findings and not search.cut and (missed := search.missed()):
        row.notes.append(f"never answered: {', '.join(missed)}")


def _decide(search: Search, findings: list[Finding], row: Row) -> None:
    """The status, in the order of precedence."""
    tally, trial = search.tally, search.trial
    if findings:
        row.status = "broken" if findings[0].kind == "broken" else "error"
        row.reason = findings[0].sentence()
    elif search.cut:
        row.status, row.reason = "unfinished", "the time limit came first"
    elif not tally.judged and trial.refusals:
        row.status, row.reason = "unsupported", trial.reason()
    elif not tally.judged:
        words = (
            "any value is legal in this precision" if tally.beyond else "the law compared nothing"
        )
        row.status, row.reason = "vacuous", f"no entry could be judged: {words}"
    elif search.unmet():
        row.status, row.reason = "vacuous", f"never met: {', '.join(search.unmet())}"
    elif trial.declined > MOST_REFUSED * search.examples:
        words = (
            f"the subject refused {trial.declined} of {search.examples} examples in its own scope"
        )
        row.status, row.reason = "vacuous", words
    elif tally.power < WEAK:
        share = f"{tally.power:.0%} of the entries have power"
        row.status, row.reason = "weak", f"the precision leaves little to see: {share}"
    else:
        row.status = "holds"
