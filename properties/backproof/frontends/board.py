"""backproof board: subjects in their precisions, one after another, each by all its laws."""

from collections.abc import Callable, Iterator

from backproof.frontends.interrupts import Interrupts
from backproof.judging.judgement import Judgement
from backproof.reports.board import Absent, Board, Entry, entry, place, whole
from backproof.subjects.failures import CannotLoad

PRECISIONS = ("float64", "float32", "bfloat16", "float16")
"""What is tried beside what a subject computes in by itself."""

Judged = tuple[Judgement, str, Entry | None]
"""A subject, what became of it, and its entry if it has one."""


def judge_all(
    board: Board,
    judgements: list[Judgement],
    interrupts: Interrupts,
    run: Callable[[Judgement], None],
    anew: bool,
) -> Iterator[Judged]:
    """Judge what the board does not have yet, and say of each what became of it, until Ctrl-C.

    A run that is not whole leaves the board as it is.
    """
    met, gone = set(), set()
    for judgement in judgements:
        if judgement.named.words in gone:
            continue
        try:
            with interrupts.stoppable():
                judgement.load()
        except CannotLoad as reason:
            board.miss(_absent(judgement, reason))
            if judgement.named.precision is None:  # not even in its own
                gone.add(judgement.named.words)
            yield judgement, f"absent: {reason.message}", None
            continue
        except KeyboardInterrupt:
            return
        found = judgement.report.subject
        key = place(found.subject, found.precision, found.options)
        if key not in met:
            met.add(key)
            yield judgement, *_judged(board, judgement, run, anew)
        judgement.close()


def _absent(judgement: Judgement, reason: CannotLoad) -> Absent:
    named = judgement.named
    return Absent(
        subject=named.words,
        precision=named.precision or "",
        options=named.options,
        reason=reason.message,
    )


def _judged(
    board: Board, judgement: Judgement, run: Callable[[Judgement], None], anew: bool
) -> tuple[str, Entry | None]:
    """What became of a subject that could be loaded, and its entry if it has one."""
    report = judgement.report
    found = report.subject
    old = board.find(place(found.subject, found.precision, found.options))
    names = [law.name for law in judgement.laws]
    if old and not anew and old.same(found, report.profile, report.seed, names):
        return "kept", old
    run(judgement)
    judgement.close()
    if not whole(report):
        return "not whole, and left out: " + report.headline().partition("\n")[0], old
    board.put(new := entry(report, judgement.known))
    return "judged", new
