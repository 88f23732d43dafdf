"""The smallest case: what Hypothesis has shrunk is made readable on the literal arrays.

Hypothesis shrinks the structure and the seed; the numbers that a seed gives stay random. This pass
drops layers, rows, features, units and outputs, then tries 0, 1 and rounded values, as long as the
law's own body still fails.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from backproof.cases.recipe import Drawn

MOST_CALLS = 300
MOST_SECONDS = 4.0


def simplest(
    arguments: dict[str, Any], fails: Callable[[dict[str, Any]], bool]
) -> tuple[dict[str, Any], int]:
    """The simplest arguments found that still fail, and the number of tries.

    Each simplification that fails too is kept, and the search goes on from there, until none helps
    or the tries or the seconds are used up.
    """
    tries, ends = 0, time.monotonic() + MOST_SECONDS
    improved = True
    while improved:
        improved = False
        for candidate in _candidates(arguments):
            if tries >= MOST_CALLS or time.monotonic() > ends:
                return arguments, tries
            tries += 1
            if fails(candidate):
                arguments, improved = candidate, True
                break
    return arguments, tries


def _candidates(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in arguments.items():
        for candidate in value.simpler() if isinstance(value, Drawn) else ():
            yield {**arguments, name: candidate}
