"""Several laws at a time: worker processes, each with a process of the subject of its own."""

import atexit
import contextlib
import signal
import sys
from concurrent.futures import Future, as_completed
from typing import Any, NamedTuple

from backproof.frontends.interrupts import Interrupts
from backproof.frontends.pool import workers
from backproof.frontends.session import Show
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.judging.survey import Evidence
from backproof.laws.catalogue import laws
from backproof.reports.row import Row
from backproof.subjects.conversation import Books
from backproof.subjects.failures import CannotLoad
from backproof.subjects.named import Named


class Judged(NamedTuple):
    """What a worker has found out: a row, what the subject did meanwhile, and what it answered."""

    row: Row
    books: Books
    evidence: list[Evidence]


def run(judgement: Judgement, interrupts: Interrupts, show: Show, jobs: int) -> None:
    """Judge a subject by all its laws, so many at a time, until Ctrl-C."""
    with workers(interrupts, jobs, _begin, judgement.named, judgement.settings) as pool:
        futures = {pool.submit(_judge, law.name): place for place, law in enumerate(judgement.laws)}
        _collect(judgement, futures, show)  # the rows that are missing are unfinished


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


def _begin(named: Named, settings: Settings) -> None:
    """In a worker: load the subject once, and end its process with this one."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    judgement = Judgement(named, laws(), settings)
    atexit.register(judgement.server.close)
    _worker.append(judgement)
    with contextlib.suppress(CannotLoad):
        judgement.load()


def _judge(law: str) -> Any:
    judgement = _worker[0]
    if not hasattr(judgement, "subject"):
        judgement.load()  # again, so that its own reason is raised
    place = next(i for i, made in enumerate(judgement.laws) if made.name == law)
    judgement.judge(place)
    evidence = [survey.evidence for survey in judgement.surveys[place]]
    return Judged(judgement.report.laws[place], judgement.subject.books, evidence)
