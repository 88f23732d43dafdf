"""Worker processes, to which tasks are given until Ctrl-C; nothing of them outlives the caller."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

from backproof.cases.machine import take_half_at_most
from backproof.frontends.interrupts import Interrupts

T = TypeVar("T")


@contextmanager
def workers(
    interrupts: Interrupts, jobs: int, begin: Callable[..., None] | None = None, *given: Any
) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each of which begins with a call; the block ends at Ctrl-C.

    It also ends where a process dies: whoever waits for its task sees that it is missing.
    """
    os.environ["PYTHONSAFEPATH"] = "1"  # nothing in the current folder stands in for a module
    spawn = multiprocessing.get_context("spawn")
    task = pickle.dumps((begin, given))  # in bytes, so that a process listens before it imports
    pool = ProcessPoolExecutor(jobs, spawn, initializer=_begin, initargs=(jobs, task))
    done = False
    try:
        with _ctrl_c_waits():
            # each task begins a process, as long as none is idle
            for _ in range(0 if interrupts.asked else jobs):
                pool.submit(int)
        yield pool
        done = not interrupts.asked
    except (BrokenProcessPool, KeyboardInterrupt):
        pass
    finally:
        if not done:
            for worker in multiprocessing.active_children():
                worker.kill()  # its subject ends with it
            # else half a result of one that was killed would be waited for, for ever
            pool._result_queue._writer.close()  # type: ignore[attr-defined]
        pool.shutdown(cancel_futures=True)


def finished(futures: Collection[Future[T]], interrupts: Interrupts) -> Iterator[Future[T]]:
    """Each future when it has ended; Ctrl-C is heard while none has.

    It is never heard inside a future, whose lock it might leave held: the pool would not end then.

    Raises: KeyboardInterrupt.
    """
    ended = SimpleQueue[Future[T]]()
    for future in futures:
        future.add_done_callback(ended.put)
    for _ in futures:
        with interrupts.stoppable():
            future = ended.get()
        yield future


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """A process that starts meanwhile hears no Ctrl-C, which a terminal sends to all of them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)


def _begin(jobs: int, task: bytes) -> None:
    """In a worker: Ctrl-C is for the process that was called, and its end is the worker's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_caller, daemon=True).start()
    take_half_at_most(jobs)
    begin, given = pickle.loads(task)
    if begin is not None:
        begin(*given)


def _end_with_the_caller() -> None:
    caller = multiprocessing.parent_process()
    assert caller is not None
    caller.join()
    os._exit(1)
