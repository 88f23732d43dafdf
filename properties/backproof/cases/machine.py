"""What the machine has: how much memory there is, and how much of it a judge takes at the most.

This file imports almost nothing: the limit stands before anything large is imported.
"""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

UNTOLD = 4 * 2**30
"""The memory of a machine that does not tell."""

_CONTAINERS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@cache
def memory() -> int:
    """Bytes of memory of this machine, or of the container in it: asked once."""
    found = []
    with suppress(AttributeError, ValueError, OSError):  # not every system has the names
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for place in _CONTAINERS:
        with suppress(OSError, ValueError):  # no such file, or the word "max"
            found.append(int(Path(place).read_text()))
    return min(found, default=UNTOLD)


def take_half_at_most(processes: int = 1) -> None:
    """Let this process, one of so many, have its part of half the memory, where a system can."""
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource  # not every system has such limits

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        part = memory() // (2 * processes)
        low = part if soft == resource.RLIM_INFINITY else min(soft, part)
        resource.setrlimit(resource.RLIMIT_DATA, (low, hard))
