"""The planted bugs: the reference engine with one mistake each, so that anybody can see the teeth.

A mutant's docstring is one sentence, the mistake; `mutants()` gives them all, with the laws that
must kill them. `bites` puts them to the laws; `trained` is what those of optimisers are made of.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from backproof.adapters.refnet import Refnet
from backproof.laws.catalogue import CHAPTERS


@dataclass(frozen=True)
class Mutant:
    """A planted bug: its name, what is wrong, who has it, and the laws that must see it.

    equivalent: why it is none, where no law may see it: the answers are legal
    """

    name: str
    mistake: str
    implementation: type[Refnet]
    killers: tuple[str, ...]
    equivalent: str = ""


_registered: dict[str, Mutant] = {}


def mutant(*killers: str) -> Callable[[type[Refnet]], type[Refnet]]:
    """Register a class as a planted bug that these laws, by name, must see."""
    return _register(killers, "")


def equivalent(why: str) -> Callable[[type[Refnet]], type[Refnet]]:
    """Register a class that computes otherwise and is right all the same, with the argument."""
    return _register((), why)


def _register(killers: tuple[str, ...], why: str) -> Callable[[type[Refnet]], type[Refnet]]:
    def register(made: type[Refnet]) -> type[Refnet]:
        if made.__name__ in _registered:
            raise ValueError(f"mutant {made.__name__} is there already; give it another name")
        mistake = " ".join((made.__doc__ or "").split())
        _registered[made.__name__] = Mutant(made.__name__, mistake, made, killers, why)
        made.name = made.__name__
        return made

    return register


def mutants(pattern: str = "*") -> list[Mutant]:
    """The planted bugs whose name fits a pattern; several are separated by commas.

    Raises: ValueError when none does.
    """
    for chapter in CHAPTERS:
        importlib.import_module(f"backproof.mutants.{chapter}")
    words = [word.strip() for word in pattern.split(",")]
    found = [m for m in _registered.values() if any(fnmatchcase(m.name, word) for word in words)]
    if not found:
        near = get_close_matches(pattern, _registered, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"no mutant fits {pattern!r}{meant}")
    return found
