"""Several jobs: what becomes of the laws of a process that is killed."""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from typing import Any

from backproof.adapters.refnet import Refnet
from backproof.frontends import jobs
from backproof.frontends.pool import finished
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.subjects.named import Named


class Killed(Executor):
    def submit(self, *_: Any, **__: Any) -> Any:
        raise BrokenProcessPool("a process was killed")


class Heard:
    stoppable = nullcontext


def test_the_laws_of_a_process_that_was_killed_are_internal_and_fail_the_run() -> None:
    judgement = Judgement(Named(Refnet), chosen("loss"), Settings("quick"))
    done = judgement.report.laws[0]
    done.status, done.seconds = "holds", 1.0
    jobs.run(judgement, Heard(), None, Killed())  # type: ignore[arg-type]
    rest = judgement.report.laws[1:]
    assert done.status == "holds"
    assert {(row.status, row.reason) for row in rest} == {("internal", jobs.KILLED)}
    assert judgement.report.exit_status == 3


class Listening:
    """Ctrl-C is heard in the block alone."""

    heard = False

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        self.heard = True
        try:
            yield
        finally:
            self.heard = False


class Locked(Future[int]):
    """A future that must not be touched while Ctrl-C is heard: it would keep its lock."""

    def __init__(self, listening: Listening) -> None:
        super().__init__()
        self._listening = listening

    def add_done_callback(self, fn: Any) -> None:
        assert not self._listening.heard
        super().add_done_callback(fn)

    def result(self, timeout: float | None = None) -> int:
        assert not self._listening.heard
        return super().result(timeout)


def test_ctrl_c_is_not_heard_inside_a_future_whose_lock_it_would_leave_held() -> None:
    listening: Any = Listening()
    futures = [Locked(listening) for _ in range(3)]
    futures[2].set_result(2)
    ended = finished(futures, listening)
    assert next(ended).result() == 2
    futures[0].set_result(0)
    assert next(ended).result() == 0
    threading.Timer(0.05, futures[1].set_result, [1]).start()
    assert next(ended).result() == 1
    assert next(ended, None) is None
