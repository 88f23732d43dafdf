"""A hint names what everything that is broken would fit, or it is not given.

A broken law alone often fits a convention by chance, or fits one that other laws contradict. So
what mends one law is tried on all others, on the examples at hand: each broken law that it touches
must hold, and no law that holds may break.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import NamedTuple

import numpy as np

from backproof.contract import ByHead
from backproof.judging.judge import Broken, Tally
from backproof.judging.recognition import COARSER, fitting
from backproof.judging.supposition import HANDFUL, Supposition
from backproof.judging.survey import Seen, Survey
from backproof.judging.trial import Arguments
from backproof.subjects.failures import SubjectError
from refnet.rounding.arithmetic import quiet
from refnet.rounding.precision import Precision

MOST_SECONDS = 10.0
"""What the hints of a run may take, whatever a call takes."""


class Fit(NamedTuple):
    """What a broken law would fit: in words, and as what is then supposed."""

    words: str
    conventions: ByHead
    precision: Precision


def give_hints(broken: Sequence[Survey], held: Sequence[Survey]) -> None:
    """Write into each finding what mends it and all else, or which law that holds speaks against.

    broken, held: the surveys of the laws that are broken by a number, and of those that hold
    """
    ends = time.monotonic() + MOST_SECONDS
    for survey in broken:
        finding = survey.finding
        if finding is None or finding.hint or finding.expected is None or time.monotonic() > ends:
            continue
        with closing(_fits(survey)) as fits:
            for fit in filter(partial(_explains, survey), fits):
                touched = _touched([other for other in broken if other is not survey], fit)
                if touched is None:
                    continue
                against = next((other for other in held if not _holds(other, fit)), None)
                if against is None:
                    for other in (survey, *touched):
                        if other.finding is not None:
                            other.finding.hint = fit.words
                    break
                finding.clash = finding.clash or _clash(fit, against)


def _fits(survey: Survey) -> Generator[Fit, None, None]:
    """What the broken law fits: first that against which the subject's own loss does not speak."""
    other, subject = Supposition(survey.search), survey.search.trial.subject
    assert survey.finding is not None
    none, later = True, list[Fit]()
    with survey.at_hand():
        for words, whose, c in fitting(other.meant, survey.finding, other.finds, other.fits()):
            none, fit = False, Fit(words + whose, other.by_head(c, not whose), subject.precision)
            if other.agrees(c):
                yield fit
            else:
                later.append(fit)
        yield from later
        coarser = COARSER.get(subject.precision.name)
        if none and coarser and _rounded(survey, coarser):
            fit = Fit(f"precision={coarser.name!r}", subject.conventions, coarser)
            with subject.supposed(*fit[1:]):
                holds = _seen(survey, other.failing) and other.holds(other.drawn(1))
            if holds:
                yield fit


def _explains(survey: Survey, fit: Fit) -> bool:
    """Whether an example that fails holds then, and what has failed there is compared.

    An overflow fits whatever leaves it without a bound, and a law may ask less than before.
    """
    trial = survey.search.trial
    with survey.at_hand(), trial.subject.supposed(*fit[1:]):
        return any(
            tally.judged > tally.beyond and _again(seen, tally)
            for seen in survey.failed
            if (tally := trial.held([seen.arguments]))
        )


def _again(seen: Seen, tally: Tally) -> bool:
    """Whether what has failed at an example is compared; of an error, whether more is judged."""
    if isinstance(seen.failure, Broken):
        return seen.failure.finding.what in tally.compared
    return tally.judged > seen.judged


def _seen(survey: Survey, arguments: Arguments) -> bool:
    """Whether an example passes, and could be judged."""
    tally = survey.search.trial.held([arguments])
    return tally is not None and tally.judged > tally.beyond and tally.power > 0


@quiet
def _rounded(survey: Survey, precision: Precision) -> bool:
    """Whether the errors have the size that rounding in a coarser precision gives.

    There most entries are off by a good part of its unit, to either side; where a single one is, or
    all are too large, it is a mistake.
    """
    broken = [s.failure.compared for s in survey.failed if isinstance(s.failure, Broken)]
    shares = [share for o, e, _, _ in broken for share in ((o - e) / np.abs(e))[e != 0]]
    sided = min(np.count_nonzero(np.sign(shares) == side) for side in (1, -1)) if shares else 0
    typical = float(np.median(np.abs(shares))) if shares else 0.0
    return bool(8 * sided > len(shares)) and typical > precision.unit / 16


def _touched(broken: Sequence[Survey], fit: Fit) -> list[Survey] | None:
    """The broken laws that say something else then; None where one of these is broken still."""
    touched = []
    for survey in broken:
        tried = [*_tried(survey, fit)]
        if any(_words(one) != _words(now) for one, now in tried):
            if any(now for _, now in tried):
                return None
            touched.append(survey)
    return touched


def _holds(survey: Survey, fit: Fit) -> bool:
    """Whether a law holds at the examples at hand."""
    return all(now is None for _, now in _tried(survey, fit))


Failure = Broken | SubjectError | None


def _tried(survey: Survey, fit: Fit) -> Iterator[tuple[Failure, Failure]]:
    """How the law fails at the examples at hand: as declared, and under what is supposed."""
    trial, seen = survey.search.trial, survey.seen
    with survey.at_hand(), trial.subject.supposed(*fit[1:]):
        for one in seen[:HANDFUL]:
            yield one.failure, trial.failure(one.arguments)


def _words(failure: Failure) -> str:
    return failure.finding.sentence() if failure else ""


def _clash(fit: Fit, against: Survey) -> str:
    """That no declaration mends the law, since another one holds as things are declared."""
    penalty = {
        "penalty_per_row": "the penalty in one is n times that in the other",
        "penalty_factor": "the penalty in one is another multiple of the squares than in the other",
        "reduction": "one is summed or averaged over something else than the other",
    }
    why = next((f"; {words}" for name, words in penalty.items() if name in fit.words), "")
    law = against.search.trial.law.name
    return f"it would hold under {fit.words}, but {law} holds as declared: they disagree{why}"
