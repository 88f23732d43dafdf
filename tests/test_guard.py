"""Nothing of a subject outlives it, and nothing that it makes answers in its place."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backproof.subjects.failures import Died
from backproof.subjects.held import children, too_much
from backproof.subjects.messages import Call
from backproof.subjects.process import Child, Limits
from refnet.architecture import Architecture, Layer

HERE = Path(__file__).parent
FORWARD = Call(
    capability="forward",
    architecture=Architecture((1, 1), "identity", "sigmoid", "cross_entropy"),
    parameters=[Layer([[1.0]], [0.0])],
    inputs=[[1.0]],
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="the guard is made of Linux's prctl")


def child_of(name: str, memory: int = 2**30) -> Child:
    child = Child(f"{HERE / 'hostile.py'}:{name}", limits=Limits(20.0, memory=memory))
    child.hello()
    return child


def ask_for_long(child: Child) -> None:
    for _ in range(10**5):
        child.call(FORWARD)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def gone(*processes: int) -> bool:
    until = time.monotonic() + 20.0
    while any(map(alive, processes)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(alive, processes))


def test_a_copy_of_the_process_that_returns_answers_nothing() -> None:
    child = child_of("ForksAndReturns")
    answers = [child.call(FORWARD).answer for _ in range(3)]
    child.close()
    assert answers[0] == answers[1] == answers[2] == [[pytest.approx(0.7310585786300049)]]


@linux
def test_a_reply_to_another_request_is_named() -> None:
    """A copy that was made below Python knows nothing of it, and answers too."""
    child = child_of("ForksBelowPython")
    with pytest.raises(Died, match="an earlier call was answered twice: reply 2 came to request"):
        ask_for_long(child)


@linux
def test_what_a_subject_starts_in_sessions_of_their_own_ends_with_it() -> None:
    child = child_of("StartsWhatOutlivesIt")
    outcome = child.call(FORWARD)
    daemon, copy = map(int, str(outcome.failure and outcome.failure.message).split()[-2:])
    assert alive(daemon)
    assert alive(copy)
    child.close()
    assert gone(daemon, copy)


@linux
def test_shared_memory_counts() -> None:
    child = child_of("SharesMemory", memory=2**28)
    with pytest.raises(Died) as died:
        child.call(FORWARD)
    assert "killed by SIGKILL" in died.value.message
    assert "it took more than 0.25 GiB in all; --memory allows more" in died.value.detail


@linux
def test_a_judge_that_is_killed_leaves_no_process() -> None:
    words = "from tests.test_guard import *; c = child_of('Sleeps'); print(c._process._process.pid,"
    words += " flush=True); c.call(FORWARD)"
    judge = subprocess.Popen(
        [sys.executable, "-c", words], cwd=HERE.parent, stdout=subprocess.PIPE, text=True
    )
    assert judge.stdout is not None
    guard = int(judge.stdout.readline())
    (server,) = children(guard)
    judge.kill()
    judge.communicate()
    assert gone(guard, server)


@linux
def test_memory_that_several_processes_share_counts_once() -> None:
    here = os.getpid()
    assert not too_much([here], 2**45)
    assert too_much([here], 2**20)
