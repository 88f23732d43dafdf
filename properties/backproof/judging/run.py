"""run_law: the one place where a law is run, and where its verdict is given."""

import time
import traceback

from backproof.cases.recipe import OutOfScope
from backproof.judging.explain import explain
from backproof.judging.law import Law
from backproof.judging.limits import limit_of
from backproof.judging.others import other_faults
from backproof.judging.search import Search
from backproof.judging.settings import Settings
from backproof.judging.slowness import narrower, too_slow, took
from backproof.judging.trial import Trial
from backproof.reports.limits import Limit
from backproof.reports.reach import reach_of
from backproof.reports.report import Finding, Row
from backproof.subjects.failures import Died
from backproof.subjects.subject import Subject
from refnet.conventions import STRICT

MOST_DEATHS = 3
"""A capability that has hung or crashed so often is not asked again."""

MOST_REFUSED = 0.9
"""A subject that refuses more of the examples in its own scope has shown nothing."""

WEAK = 0.25
"""A law with power in less than this share of its entries has shown little."""


OUT_OF_MEMORY = (
    "the judge has no more memory for networks of this size: let the scope begin with smaller "
    "sizes, or judge on a larger machine"
)


def run_law(law: Law, subject: Subject, settings: Settings, row: Row | None = None) -> Row:
    """The verdict on one law, in a new row or in the one given.

    Raises: KeyboardInterrupt only from outside (Ctrl-C); faults of the subject become the row's
    findings, faults of our own become the status "internal".
    """
    row = blank_row(law) if row is None else row
    started = time.perf_counter()
    try:
        _judge(law, subject, settings, row)
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
    found: list[Finding] = []
    try:
        search.run()
        if search.failing is not None:
            found.append(explain(search))
            found.extend(other_faults(search))
    except Died as death:
        if not found:
            found.append(_last(search, death))
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
    row.chance, row.notes = tally.chance, _remarks(search)
    row.worst_ratio = max(tally.worst_ratio, *ratios, 0.0)
    row.findings = findings
    row.refused = dict(search.trial.left_out.reasons)


def _remarks(search: Search) -> list[str]:
    """What was remarked of examples, and of how many."""
    return [
        f"{words} ({count} of {search.examples} examples)"
        for words, count in search.remarks.items()
    ]


def _missed(search: Search) -> list[str]:
    """Of which kinds, heads and activations nothing was judged."""
    missed = search.missed()
    silent = [name for name in missed if name not in search.by_name]
    boundless = [name for name in missed if name in search.by_name]
    words = {"never answered": silent, "answered, and nothing could be judged": boundless}
    return [f"{what}: {', '.join(names)}" for what, names in words.items() if names]


def _decide(search: Search, findings: list[Finding], row: Row) -> None:
    """The status, in the order of precedence."""
    if findings:
        row.status = "broken" if findings[0].kind == "broken" else "error"
        row.reason = findings[0].sentence()
    elif search.cut:
        row.status, row.reason = "unfinished", _too_slow(search)
    elif words := _refused(search):
        row.status, row.reason = "unsupported", words
    elif words := _vacuous(search):
        row.status, row.reason = "vacuous", words
    elif words := _weak(search):
        row.status, row.reason = "weak", words
    else:
        row.status, row.limit = "holds", _limit(search)
        row.notes += _missed(search)


def _too_slow(search: Search) -> str:
    """What took so long, and which scope asks for less."""
    settings, scope = search.settings, search.trial.subject.scope
    return too_slow(search.taken, scope, settings.examples, settings.ends - search.began)


def _limit(search: Search) -> Limit | None:
    """How small an error is found in a run like this one; it was measured on the strict engine."""
    subject = search.trial.subject
    strict = set(subject.conventions.values()) == {STRICT}
    if search.settings.profile == "quick" or not strict:
        return None
    return limit_of(search.trial.law.name, subject.precision)


def _refused(search: Search) -> str:
    """Whether nothing was answered, or of a required kind nothing; why, in words."""
    left_out = search.trial.left_out
    if not search.tally.judged and not search.tally.astray and left_out.reasons:
        return left_out.sentence()
    refused = [kind for kind in search.unmet() if kind in left_out.refused]
    if not refused:
        return ""
    reason = left_out.refused[refused[0]]
    return f"every example was refused of {', '.join(refused)}: {reason}"


def _vacuous(search: Search) -> str:
    """Whether nothing was judged, or a required kind was never met; why, in words."""
    tally, left_out = search.tally, search.trial.left_out
    if not tally.entries:
        return "no entry could be judged: the law compared nothing"
    if tally.beyond == tally.entries:
        return "no entry could be judged: any value is legal in this precision"
    never = [k for k in search.unmet() if k not in search.by_name and k not in left_out.by_law]
    if never:
        return f"never met: {', '.join(never)}"
    if left_out.declined > MOST_REFUSED * search.examples:
        shares = f"{left_out.declined} of {search.examples}"
        return f"the subject refused {shares} examples in its own scope"
    return ""


def _weak(search: Search) -> str:
    """Whether little was judged; why, in words."""
    tally = search.tally
    if tally.astray > tally.judged:
        shares = f"{tally.astray:,} of {tally.entries:,}"
        return f"the value itself is wrong in {shares} comparisons of the subject with itself"
    if tally.beyond > tally.judged:
        return f"any value is legal in {tally.beyond:,} of {tally.entries:,} entries"
    if tally.power < WEAK:
        share = f"{tally.power:.0%} of the entries have power"
        return f"the precision leaves little to see: {share}"
    boundless = [kind for kind in search.unmet() if kind in search.by_name]
    return f"nothing could be judged of {', '.join(boundless)}" if boundless else ""
