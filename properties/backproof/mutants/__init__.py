"""The planted bugs: the reference engine with one mistake each, so that anybody can see the teeth.

A mutant's docstring is one sentence, the mistake; `mutants()` gives them all with the laws that are
known to kill them.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from backproof.adapters.refnet import Refnet
from backproof.laws.catalogue import CHAPTERS


@dataclass(frozen=True)
class Mutant:
    """A planted bug: its name, what is wrong, who has it, and the laws that must see it."""

    name: str
    mistake: str
    implementation: type[Refnet]
    killers: tuple[str, ...]


_registered: dict[str, Mutant] = {}


def mutant(*killers: str) -> Callable[[type[Refnet]], type[Refnet]]:
    """Register a class as a planted bug that these laws, by name, must see."""

    def register(made: type[Refnet]) -> type[Refnet]:
        if made.__name__ in _registered:
            raise ValueError(f"mutant {made.__name__} is there already; give it another name")
        mistake = " ".join((made.__doc__ or "").split())
        _registered[made.__name__] = Mutant(made.__name__, mistake, made, killers)
        made.name = made.__name__
        return made

    return register


def mutants() -> list[Mutant]:
    """All planted bugs."""
    for chapter in CHAPTERS:
        importlib.import_module(f"backproof.mutants.{chapter}")
    return list(_registered.values())
