"""From a failing example to a finding: made readable, asked for again, and looked at closely."""

import math

from backproof.judging.edges import edges
from backproof.judging.search import Search
from backproof.judging.simplify import simplest
from backproof.judging.trial import Arguments, Trial
from backproof.judging.upstream import wrong_before
from backproof.reports.row import Finding
from backproof.subjects.failures import Died
from refnet.conventions import STRICT


def explain(search: Search) -> Finding:
    """The finding of a search that has failed.

    The literal arrays are made simpler as long as the law fails alike; then a fresh process is
    asked twice. What it does not repeat is no property of the network.
    """
    assert search.failing is not None
    trial, (kept, first) = search.trial, search.failing
    again = trial.judged(kept)
    arguments = kept
    if again is not None:
        arguments, _ = simplest(kept, lambda a: _fails_alike(trial, a, first))
    trial.subject.restart()
    found = [trial.judged(arguments) for _ in range(2)]
    if again is not None and found[1] is not None and steady(found):
        finding = trial.shown(found[1], arguments)  # whose calls are the latest
        with trial.uncounted():
            _look_closely(trial, arguments, first, finding)
        return finding
    trial.judged(kept)  # so that the calls shown are those of the case shown
    unsteady = Finding(kind="error", what=_unsteady(trial, first, [again, *found]))
    return trial.shown(unsteady, kept)


def _look_closely(trial: Trial, arguments: Arguments, first: Finding, finding: Finding) -> None:
    """Where in the smallest case the fault begins, and what is wrong there before."""
    subject, calls = trial.subject, [*trial.subject.conversation.calls]
    conventions = subject.conventions[calls[0].architecture.head] if calls else STRICT
    finding.special = edges(arguments, lambda a: _fails_alike(trial, a, first), conventions)
    finding.before = wrong_before(subject, arguments, calls)


def _fails_alike(trial: Trial, arguments: Arguments, first: Finding) -> bool:
    """Whether the law fails there in the same way: broken, or the same kind of error."""
    try:
        finding = trial.judged(arguments)
    except Died:
        return False  # it fails in another way
    return finding is not None and finding.kind == first.kind


def steady(found: list[Finding | None]) -> bool:
    """Whether the same question has the same answer twice, up to rounding."""
    one, other = found
    if one is None or other is None:
        return False
    if one.kind != other.kind or one.ratio is None or other.ratio is None:
        return one.kind == other.kind
    if one.observed == other.observed:
        return True
    if not (isinstance(one.observed, float) and isinstance(other.observed, float)):
        return False
    if math.isnan(one.observed) and math.isnan(other.observed):
        return one.at == other.at
    allowed = 2 * max(one.allowed or 0.0, other.allowed or 0.0)
    return one.at == other.at and abs(one.observed - other.observed) <= allowed


def _unsteady(trial: Trial, first: Finding, found: list[Finding | None]) -> str:
    asked = " and ".join(
        dict.fromkeys(call.capability for call in trial.subject.conversation.calls)
    )
    what = f"the answers of {asked} differ from call to call on the same arguments"
    if all(finding is None for finding in found):
        return f"{what}: an earlier call changed them; first {first.sentence()}; then no fault"
    others = [finding.sentence() if finding else "no fault" for finding in found]
    differing = next((words for words in others if words != first.sentence()), others[-1])
    return f"{what}: first {first.sentence()}; then {differing}"
