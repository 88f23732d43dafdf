"""Worker processes, to which tasks are given until Ctrl-C."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from backproof.frontends.interrupts import Interrupts


@contextmanager
def workers(
    interrupts: Interrupts, jobs: int, begin: Callable[..., None], *given: Any
) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each of which begins with a call; the block ends at Ctrl-C.

    It also ends where a process dies: whoever waits for its task sees that it is missing.
    """
    os.environ["PYTHONSAFEPATH"] = "1"  # nothing in the current folder stands in for a module
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, spawn, initializer=_begin, initargs=(begin, given))
    try:
        with interrupts.stoppable():
            yield pool
    except BrokenProcessPool:
        pass
    except KeyboardInterrupt:
        for worker in multiprocessing.active_children():
            worker.terminate()
    finally:
        pool.shutdown(wait=not interrupts.asked, cancel_futures=True)


def _begin(begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    """In a worker: Ctrl-C is for the process that was called."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin(*given)
