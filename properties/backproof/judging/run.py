"""run_law: the one place where a law is run, and where its verdict is given."""

import time
import traceback

from backproof.cases.space import OutOfScope
from backproof.judging.explain import explain
from backproof.judging.law import Law
from backproof.judging.settings import Settings
from backproof.judging.trial import Trial
from backproof.reports.report import Finding, Row
from backproof.subjects.process import Died
from backproof.subjects.subject import MOST_DEATHS, Subject

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
    return Row(law=law.name, chapter=law.chapter, needs=list(law.needs), doc=law.page)


def _judge(law: Law, subject: Subject, settings: Settings, row: Row) -> None:
    lacking = [c for c in law.needs if not subject.offers(c)]
    if lacking:
        row.status, row.reason = "unsupported", f"the subject has no {' and no '.join(lacking)}"
        return
    dead = [c for c in (*law.needs, *law.also) if len(subject.deaths.get(c, ())) >= MOST_DEATHS]
    if dead:
        row.status, row.reason = "error", f"not asked: {dead[0]} has hung or crashed too often"
        row.findings = [Finding(kind="error", what=subject.deaths[dead[0]][-1])]
        return
    trial = Trial(law, subject, settings)
    try:
        _try(trial)
    except OutOfScope as reason:
        row.status, row.reason = "unsupported", str(reason)
    except KeyboardInterrupt:
        _write(trial, row)
        if row.findings:
            _decide(trial, row)  # what was found before Ctrl-C is not lost
        raise
    else:
        _write(trial, row)
        _decide(trial, row)


def _try(trial: Trial) -> None:
    """Search, and explain what was found; a death of the subject is a finding too."""
    try:
        trial.search()
        if trial.failing is not None:
            explain(trial)
    except Died as death:
        trial.died(death)


def _write(trial: Trial, row: Row) -> None:
    """What was counted and found, into the row."""
    if trial.finding is None and trial.failing is not None:  # there was no time to explain it
        arguments, trial.finding = trial.failing
        trial.show(arguments)
    tally, finding = trial.tally, trial.finding
    row.examples, row.judged = trial.examples, tally.judged
    row.kinds, row.power = tally.kinds, tally.power
    row.worst_ratio = max(tally.worst_ratio, finding.ratio or 0.0 if finding else 0.0)
    row.findings = [finding] if finding else []
    row.refused = trial.refusals
    missed = [name for name in trial.required() if not tally.kinds.get(name)]
    if missed and tally.judged and not finding and not trial.cut:
        row.notes.append(f"never answered: {', '.join(missed)}")
    row.unbounded = tally.beyond


def _decide(trial: Trial, row: Row) -> None:
    """The status, in the order of precedence."""
    if row.findings:
        row.status = "broken" if row.findings[0].kind == "broken" else "error"
        row.reason = row.findings[0].sentence()
    elif trial.cut:
        row.status, row.reason = "unfinished", "the time limit came first"
    elif not trial.tally.judged and trial.refusals:
        row.status, row.reason = "unsupported", trial.reason()
    elif not trial.tally.judged:
        words = (
            "any value is legal in this precision"
            if trial.tally.beyond
            else "the law compared nothing"
        )
        row.status, row.reason = "vacuous", f"no entry could be judged: {words}"
    elif trial.unmet():
        row.status, row.reason = "vacuous", f"never met: {', '.join(trial.unmet())}"
    elif trial.refused > MOST_REFUSED * trial.examples:
        words = f"the subject refused {trial.refused} of {trial.examples} examples in its own scope"
        row.status, row.reason = "vacuous", words
    elif trial.tally.power < WEAK:
        share = f"{trial.tally.power:.0%} of the entries have power"
        row.status, row.reason = "weak", f"the precision leaves little to see: {share}"
    else:
        row.status = "holds"
