"""Several jobs: what becomes of the laws of a process that is killed."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from backproof.adapters.refnet import Refnet
from backproof.frontends import jobs
from backproof.frontends.pool import finished, workers
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


def half_answered(marker: str) -> None:
    """In a worker: the result stops in the middle, as of a process that is killed there."""

    def send(self: Any, message: bytes, write: Any = None) -> None:
        os.write(self.fileno(), bytes(message)[: len(message) // 2])
        Path(marker).touch()
        time.sleep(60)

    Connection._send = send  # type: ignore[attr-defined]


def test_ctrl_c_ends_a_pool_that_has_half_a_result(tmp_path: Path) -> None:
    marker, interrupts = tmp_path / "half", SimpleNamespace(asked=False)

    def interrupted() -> None:
        with workers(interrupts, 1) as pool:  # type: ignore[arg-type]
            pool.submit(half_answered, str(marker))
            while not marker.exists():
                time.sleep(0.01)
            raise KeyboardInterrupt

    thread = threading.Thread(target=interrupted, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


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
