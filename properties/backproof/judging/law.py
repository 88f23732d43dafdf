"""A law: a claim about networks, checked on drawn cases by a function that reads like a theorem."""

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from backproof.cases.recipe import Recipe
from backproof.contract import CAPABILITIES

SECTIONS = ("Why", "Tolerance", "Catches", "Source")


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
    def claim(self) -> str:
        """The claim in one line, without for what it is claimed."""
        return self._text().partition("\n")[0].removesuffix(".")

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


def law(
    needs: str | tuple[str, ...], also: tuple[str, ...] = (), **recipes: Recipe
) -> Callable[[Callable[..., None]], Law]:
    """Make a law of a function of a subject and drawn arguments.

    Raises: ValueError for a capability or a docstring section that is missing.
    """
    if sys.flags.optimize > 1:
        raise ValueError(
            "python -OO and PYTHONOPTIMIZE=2 leave out docstrings, in which the laws are written: "
            "run python without them, or with -O"
        )
    needed = (needs,) if isinstance(needs, str) else needs
    unknown = set(needed + also) - set(CAPABILITIES)
    if unknown:
        raise ValueError(f"needs={sorted(unknown)}: choose from {', '.join(CAPABILITIES)}")

    def make(check: Callable[..., None]) -> Law:
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
        return made

    return make
