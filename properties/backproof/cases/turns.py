"""Choices, with strategies that are made once; those with a name are taken in turn.

A kind, an activation or a head that came up by luck would come up never, now and then. `in_turn`
says which choice is being made, and whoever answers for chance gives each its turn.
"""

from collections.abc import Hashable
from contextvars import ContextVar
from functools import lru_cache
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T", bound=Hashable)


class Turn(NamedTuple):
    """A choice: its name, what there is to choose from, and how often each is to come up, if some
    are to come up more often than others.
    """

    name: str
    values: tuple[Hashable, ...]
    shares: tuple[int, ...] | None


TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)
"""The choice that is being made."""

RUN_SEED: ContextVar[int] = ContextVar("run", default=0)
"""The seed of the run."""

SEEDS = st.integers(0, 2**32 - 1)
"""Seeds that fill arrays."""


def among(values: tuple[T, ...]) -> SearchStrategy[T]:
    """One of the values, the simplest first."""
    return _sampled(values, tuple(map(type, values)))


@lru_cache(maxsize=1024)
def _sampled(values: tuple[T, ...], kinds: tuple[type, ...]) -> SearchStrategy[T]:
    return st.sampled_from(values)  # the kinds are for the cache, to which 1 and 1.0 are one key


def in_turn(
    draw: DrawFn, name: str, values: tuple[T, ...], shares: tuple[int, ...] | None = None
) -> T:
    """One of the values, each in the company of every choice before it, and each as often as its
    share says, or as the others.
    """
    if len(values) == 1:
        return values[0]
    token = TURN.set(Turn(name, values, shares))
    try:
        chosen: T = draw(among(values))
        return chosen
    finally:
        TURN.reset(token)


turns = st.composite(in_turn)
"""turns(name, values): the same as a strategy."""
