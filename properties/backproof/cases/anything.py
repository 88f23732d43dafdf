"""Arguments of a law that no scope narrows: seeds, directions, and other small choices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from backproof.cases.case import Direction
from backproof.cases.recipe import Recipe
from backproof.cases.turns import SEEDS
from backproof.contract import Declared, Scope
from refnet.rounding.precision import Precision


@dataclass(frozen=True)
class Anything(Recipe):
    """A recipe that no scope narrows: an argument of a law that is no network."""

    make: Callable[[], SearchStrategy[Any]]

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Any]:
        """The strategy, whatever the scope."""
        return self.make()


def seeds() -> Anything:
    """Seeds for what a law draws itself."""
    return Anything(lambda: SEEDS)


def directions() -> Anything:
    """Directions in which the parameters move."""
    return Anything(lambda: SEEDS.map(Direction))
