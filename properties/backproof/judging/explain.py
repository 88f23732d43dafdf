"""From a failing example to a finding: made readable, asked for again, told from a convention."""

from backproof.judging.recognition import COARSER, recognised
from backproof.judging.search import Search
from backproof.judging.simplify import simplest
from backproof.judging.supposition import Supposition
from backproof.judging.trial import Arguments, Trial
from backproof.reports.report import Finding
from backproof.subjects.failures import Died
from refnet.rounding.precision import Precision


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
    if again is not None and found[1] is not None and _steady(found):
        finding = trial.shown(found[1], arguments)  # whose calls are the latest
        if finding.expected is not None:
            with trial.uncounted():
                finding.hint = _hint(search, finding)
        return finding
    trial.judged(kept)  # so that the calls shown are those of the case shown
    unsteady = Finding(kind="error", what=_unsteady(trial, first, [again, *found]))
    return trial.shown(unsteady, kept)


def _fails_alike(trial: Trial, arguments: Arguments, first: Finding) -> bool:
    """Whether the law fails there in the same way: broken, or the same kind of error."""
    try:
        finding = trial.judged(arguments)
    except Died:
        return False  # it fails in another way
    return finding is not None and finding.kind == first.kind


def _steady(found: list[Finding | None]) -> bool:
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


def _hint(search: Search, finding: Finding) -> str:
    """The conventions or the precision that the failing example and a handful of others fit."""
    other = Supposition(search)
    trial, subject = search.trial, search.trial.subject
    if hint := recognised(other.meant, finding, other.finds, other.fits(), other.agrees):
        return hint
    coarser = COARSER.get(subject.precision.name)
    if coarser and _seen(trial, other.failing, coarser):
        with subject.supposed(subject.conventions, coarser):
            return f"precision={coarser.name!r}" if other.holds(other.drawn(1)) else ""
    return ""


def _seen(trial: Trial, arguments: Arguments, precision: Precision) -> bool:
    """Whether the failing example passes in another precision, and could be judged there."""
    with trial.subject.supposed(trial.subject.conventions, precision):
        tally = trial.held([arguments])
    return tally is not None and tally.judged > tally.beyond and tally.power > 0
