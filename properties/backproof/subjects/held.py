"""Linux: the processes below one, and the memory that they have together."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def children(process: int) -> list[int]:
    """The processes whose parent this is, whichever of its threads has started them."""
    found = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            found += [int(word) for word in file.read_text().split()]
    return found


def too_much(processes: list[int], limit: int) -> bool:
    """Whether these processes and all below them have more bytes than that.

    Anonymous memory and shared memory count, files do not. What several of them share counts once;
    to tell is slow, and done only where they have more than that when it counts for each.
    """
    family = [*_family(processes)]
    return all(
        sum(_kilobytes(one, file, names) for one in family) * 1024 > limit
        for file, names in (
            ("status", ("RssAnon:", "RssShmem:")),
            ("smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")),
        )
    )


def _family(processes: list[int]) -> Iterator[int]:
    for process in processes:
        yield process
        yield from _family(children(process))


def _kilobytes(process: int, file: str, names: tuple[str, ...]) -> int:
    with suppress(OSError):  # it has ended meanwhile
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(names))
    return 0
