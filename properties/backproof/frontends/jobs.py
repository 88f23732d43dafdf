"""Several laws at a time: worker processes, each with a process of the subject of its own."""

import atexit
import contextlib
from concurrent.futures import Executor, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

from backproof.frontends.interrupts import Interrupts
from backproof.frontends.pool import workers
from backproof.frontends.show import Show
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.judging.survey import Evidence
from backproof.laws.catalogue import laws
from backproof.reports.row import Row
from backproof.subjects.conversation import Books
from backproof.subjects.failures import CannotLoad
from backproof.subjects.named import Named

KILLED = "the process that judged it was killed, or had no more memory"


class Judged(NamedTuple):
    """What a worker has found out: a row, what the subject did meanwhile, and what it answered."""

    row: Row
    books: Books
    evidence: list[Evidence]


def hired(
    judgements: list[Judgement], interrupts: Interrupts, jobs: int
) -> contextlib.AbstractContextManager[Executor]:
    """Processes for these subjects, which start while the caller loads them."""
    named = [judgement.named for judgement in judgements]
    return workers(interrupts, jobs, _begin, named, judgements[0].settings)


def run(judgement: Judgement, interrupts: Interrupts, show: Show, pool: Executor) -> None:
    """Judge a subject by all its laws, as many at a time as there are processes, until Ctrl-C."""
    try:
        given = [(judgement.named, law.name) for law in judgement.laws]
        futures = {pool.submit(_judge, *task): place for place, task in enumerate(given)}
        with interrupts.stoppable():
            _collect(judgement, futures, show)
    except KeyboardInterrupt:
        pass  # the rows that are missing are unfinished
    except BrokenProcessPool:
        for row in judgement.report.laws:
            if row.status == "unfinished" and not row.seconds:
                row.status, row.reason = "internal", KILLED


def _collect(judgement: Judgement, futures: dict[Future[Judged], int], show: Show) -> None:
    for future in as_completed(futures):
        try:
            judged = future.result()
        except CannotLoad as reason:  # it could be loaded once, and not a second time
            row = judgement.report.laws[futures[future]]
            row.status, row.reason = "error", f"it cannot be loaded twice: {reason.message}"
            show.finished(row)
            continue
        judgement.take(futures[future], judged.row, judged.evidence)
        judgement.subject.books.add(judged.books)
        judgement.note()
        show.finished(judged.row)


_worker: list[Judgement] = []


def _begin(named: list[Named], settings: Settings) -> None:
    """In a worker: load the first subject, while the others start."""
    _worker.extend(Judgement(one, laws(), settings) for one in named)
    for judgement in _worker:
        atexit.register(judgement.server.close)
    with contextlib.suppress(CannotLoad):
        _worker[0].load()


def _judge(named: Named, law: str) -> Judged:
    """In a worker: one law on one of the subjects; the processes of the others end.

    Raises: CannotLoad with its own reason.
    """
    for other in _worker:
        if other.named != named:
            other.server.close()
    judgement = next(one for one in _worker if one.named == named)
    if not judgement.loaded:
        judgement.load()
    place = next(i for i, made in enumerate(judgement.laws) if made.name == law)
    judgement.judge(place)
    evidence = [survey.evidence for survey in judgement.surveys[place]]
    return Judged(judgement.report.laws[place], judgement.subject.books, evidence)
