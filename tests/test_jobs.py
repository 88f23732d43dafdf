"""Several jobs: what becomes of the laws of a process that is killed."""

from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from typing import Any

from backproof.adapters.refnet import Refnet
from backproof.frontends import jobs
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
