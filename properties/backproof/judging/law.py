"""A law: a claim about networks, checked on drawn cases by a function that reads like a theorem."""

import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

from hypothesis.strategies import SearchStrategy

from backproof.contract import CAPABILITIES, Scope
from refnet.rounding.precision import Precision

CHAPTERS = {
    "meaning": "What the network is",
    "forward": "The forward pass",
    "loss": "The loss",
    "gradient": "The gradient",
    "steps": "Training, step by step",
    "fit": "Fitting",
    "initialization": "Initialisation",
    "approximation": "What a network can approximate",
}
"""The chapters in reading order: a file of `backproof.laws` each."""

SECTIONS = ("Why", "Tolerance", "Catches", "Source")


class Recipe(Protocol):
    """How one argument of a law is drawn, and the kinds of it that must have been met."""

    @property
    def required(self) -> tuple[str, ...]:
        """The kinds without which the law counts as vacuous."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are drawn."""

    def strategy(
        self, scope: Scope, precision: Precision, kinds: tuple[str, ...] | None = None
    ) -> SearchStrategy[Any]:
        """Values within the scope; raises OutOfScope saying what it lacks."""


@dataclass(frozen=True)
class Law:
    """A claim with its recipes.

    name:  the claim, a present-tense sentence
    needs: the capabilities without which it cannot be judged; also: those that it uses if offered
    """

    name: str
    chapter: str
    needs: tuple[str, ...]
    also: tuple[str, ...]
    check: Callable[..., None]
    recipes: dict[str, Recipe] = field(repr=False)

    @property
    def statement(self) -> str:
        """What stands before the sections: the claim, and for what it is claimed."""
        claim = re.split(rf"^(?:{'|'.join(SECTIONS)}):", self._text(), maxsplit=1, flags=re.M)[0]
        return " ".join(claim.split())

    def section(self, title: str) -> str:
        """Why, Tolerance, Catches or Source, as the docstring gives it."""
        heads = "|".join(SECTIONS)
        found = re.search(rf"^{title}:(.*?)(?=^(?:{heads}):|\Z)", self._text(), re.S | re.M)
        return " ".join(found.group(1).split()) if found else ""

    @property
    def page(self) -> str:
        """The page of the documentation."""
        return f"laws/{self.name}"

    def _text(self) -> str:
        return inspect.cleandoc(self.check.__doc__ or "")


_registered: dict[str, Law] = {}


def law(
    needs: str | tuple[str, ...], also: tuple[str, ...] = (), **recipes: Recipe
) -> Callable[[Callable[..., None]], Law]:
    """Register a function of a subject and drawn arguments as a law.

    Raises: ValueError for a capability or a docstring section that is missing, or a name in use.
    """
    needed = (needs,) if isinstance(needs, str) else needs
    unknown = set(needed + also) - set(CAPABILITIES)
    if unknown:
        raise ValueError(f"needs={sorted(unknown)}: choose from {', '.join(CAPABILITIES)}")

    def register(check: Callable[..., None]) -> Law:
        made = Law(
            name=check.__name__,
            chapter=check.__module__.rpartition(".")[2],
            needs=needed,
            also=also,
            check=check,
            recipes=recipes,
        )
        missing = [title for title in SECTIONS if not made.section(title)]
        if missing:
            raise ValueError(f"law {made.name} has no {', '.join(missing)} in its docstring")
        if made.name in _registered:
            raise ValueError(f"law {made.name} is there already; a law is known by its name")
        _registered[made.name] = made
        return made

    return register


def laws(pattern: str = "*") -> list[Law]:
    """The laws whose name or chapter fits a pattern, chapter by chapter.

    Several patterns are separated by commas; a pattern without wildcards may be a part of a name.
    """
    for chapter in CHAPTERS:
        importlib.import_module(f"backproof.laws.{chapter}")
    order = list(CHAPTERS)
    found = [
        made for made in _registered.values() if made.chapter in order and _fits(made, pattern)
    ]
    return sorted(found, key=lambda made: order.index(made.chapter))


def _fits(made: Law, pattern: str) -> bool:
    words = [word.strip() for word in pattern.split(",")]
    return any(
        fnmatchcase(made.name, word) or made.chapter == word or (word and word in made.name)
        for word in words
    )
