"""The catalogue: all laws, chapter by chapter, and those that a pattern names."""

import importlib
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache

from backproof.judging.law import Law

CHAPTERS = {
    "meaning": "What the network is",
    "forward": "The forward pass",
    "loss": "The loss",
    "regression": "Regression",
    "gradient": "The gradient",
    "steps": "Training, step by step",
    "optimizers": "Optimisers",
    "batches": "Batches",
    "dropout": "Dropout",
    "fit": "Fitting",
    "initialization": "Initialisation",
    "approximation": "What a network can approximate",
}
"""The chapters in reading order: a file of `backproof.laws` each."""


def laws(pattern: str = "*") -> list[Law]:
    """The laws whose name or chapter fits a pattern, chapter by chapter.

    Several patterns are separated by commas, and their laws come in this order; a pattern without
    wildcards may be a part of a name.
    """
    words = [word.strip() for word in pattern.split(",")]
    found = [made for word in words for made in _every_law() if _fits(made, word)]
    return list({made.name: made for made in found}.values())


@cache
def _every_law() -> tuple[Law, ...]:
    """The laws that the chapters' files define, in order.

    Raises: ValueError for a name in use; a law is known by its name.
    """
    found: dict[str, Law] = {}
    for chapter in CHAPTERS:
        module = importlib.import_module(f"backproof.laws.{chapter}")
        for made in vars(module).values():
            if isinstance(made, Law) and made.check.__module__ == module.__name__:
                if made.name in found:
                    raise ValueError(
                        f"law {made.name} is there already, in {found[made.name].chapter}"
                    )
                found[made.name] = made
    return tuple(found.values())


def by_name() -> dict[str, Law]:
    """Every law by its name, in order."""
    return {made.name: made for made in _every_law()}


def _fits(made: Law, word: str) -> bool:
    if word == made.chapter or fnmatchcase(made.name, word):
        return True
    return bool(word) and word in made.name


def chosen(pattern: str) -> list[Law]:
    """The laws that fit a pattern.

    Raises: ValueError when none does, or none fits one of several.
    """
    words = [word.strip() for word in pattern.split(",") if word.strip()] or [pattern]
    for word in words:
        if not laws(word):
            known = {*CHAPTERS, *(part for law in laws() for part in law.name.split("_"))}
            near = get_close_matches(word, known, n=1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"no law or chapter fits {word!r}; {meant}`backproof laws` lists them")
    return laws(pattern)
