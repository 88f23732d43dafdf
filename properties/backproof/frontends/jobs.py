"""Several laws at a time: workers, each with a process of the subject of its own."""

import atexit
import contextlib
import threading
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

from backproof.frontends.interrupts import Interrupts
from backproof.frontends.pool import finished, workers
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
        given = [(judgement.named, judgement.settings, law.name) for law in judgement.laws]
        futures = {pool.submit(_judge, *task): place for place, task in enumerate(given)}
        for future in finished(futures, interrupts):
            row = judgement.report.laws[futures[future]]
            try:
                row = _taken(judgement, futures[future], future.result())
            except CannotLoad as reason:  # it could be loaded once, and not a second time
                row.status, row.reason = "error", f"it cannot be loaded twice: {reason.message}"
            except BrokenProcessPool:
                raise
            except Exception as fault:  # of a worker; the others go on
                row.status, row.reason = "internal", f"its worker: {type(fault).__name__}: {fault}"
            show.finished(row)
    except KeyboardInterrupt:
        pass  # the rows that are missing are unfinished
    except BrokenProcessPool:
        for row in judgement.report.laws:
            if row.status == "unfinished" and not row.seconds:
                row.status, row.reason = "internal", KILLED


def _taken(judgement: Judgement, place: int, judged: Judged) -> Row:
    """The row of a law, with all that its worker has found out."""
    judgement.take(place, judged.row, judged.evidence)
    judgement.subject.books.add(judged.books)
    judgement.note()
    return judged.row


_worker: list[tuple[Named, Settings, Judgement]] = []
_one = threading.Lock()
"""A worker may have several threads; it judges one law at a time."""


def _begin(named: list[Named], settings: Settings) -> None:
    """In a worker: load the first subject, while the others start."""
    with contextlib.suppress(CannotLoad):
        _loaded(named[0], settings)


def _loaded(named: Named, settings: Settings) -> Judgement:
    """In a worker: a subject before all laws; the processes of others end.

    Raises: CannotLoad with its own reason.
    """
    known = [one for *given, one in _worker if given == [named, settings]]
    for *_, other in _worker:
        if other not in known:
            other.server.close()
    if not known:
        known = [Judgement(named, laws(), settings)]
        _worker.append((named, settings, known[0]))
        atexit.register(known[0].server.close)
    if not known[0].loaded:
        known[0].load()
    return known[0]


def _judge(named: Named, settings: Settings, law: str) -> Judged:
    """In a worker: one law on one of the subjects.

    Raises: CannotLoad with its own reason.
    """
    with _one:
        judgement = _loaded(named, settings)
        place = next(i for i, made in enumerate(judgement.laws) if made.name == law)
        judgement.judge(place)
        evidence = [survey.evidence for survey in judgement.surveys[place]]
        return Judged(judgement.report.laws[place], judgement.subject.books, evidence)
