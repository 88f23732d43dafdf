"""The workers of a Dask cluster, to which tasks are given; one that dies loses none of them."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.metadata import version

from backproof.frontends.ending import wrong

ANSWERS = 10.0
"""Seconds in which a scheduler answers."""


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """An executor of the cluster at an address; what it has not begun at Ctrl-C is taken back.

    A wrong address, a missing library, a cluster without workers or with another version of
    backproof end the command.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        wrong("--cluster needs Dask, which is not installed: pip install 'backproof[cluster]'")
    if "://" not in address:
        wrong(f"--cluster {address}: give the scheduler's address, such as tcp://127.0.0.1:8786")
    try:
        client = Client(address, timeout=ANSWERS, set_as_default=False)
    except (OSError, ValueError) as reason:
        words = " ".join(str(reason).split())
        wrong(f"--cluster {address}: no scheduler answers there ({words}); start `dask scheduler`")
    with client:
        versions = set(client.run(version, "backproof").values())
        if versions != {version("backproof")}:
            have = ", ".join(map(str, sorted(versions))) or "no worker"
            wrong(f"--cluster {address}: it has {have}, and this is {version('backproof')}")
        pool: Executor = client.get_executor(pure=False)
        try:
            yield pool
        finally:
            pool.shutdown(wait=False)
