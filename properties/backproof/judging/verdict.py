"""The verdict on a law: what was found and counted decides the status, in a fixed order."""

from backproof.judging.limits import limit_of
from backproof.judging.search import Search
from backproof.judging.slowness import too_slow
from backproof.reports.limits import Limit
from backproof.reports.row import Finding, Row
from refnet.conventions import STRICT

MOST_REFUSED = 0.9
"""A subject that refuses more of the examples in its own scope has shown nothing."""

WEAK = 0.25
"""A law with power in less than this share of its entries has shown little."""


def decide(search: Search, findings: list[Finding], row: Row) -> None:
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


def _missed(search: Search) -> list[str]:
    """Of which kinds, heads and activations nothing was judged."""
    missed = search.missed()
    silent = [name for name in missed if name not in search.by_name]
    boundless = [name for name in missed if name in search.by_name]
    words = {"never answered": silent, "answered, and nothing could be judged": boundless}
    return [f"{what}: {', '.join(names)}" for what, names in words.items() if names]


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
