"""What a scope offers by name, an optimizer or an initializer, as an argument of a law."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from backproof.cases.anything import Anything
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.turns import among, turns
from backproof.contract import Declared, Scope
from refnet.rounding.precision import Precision

LEARNING_RATES = (1.0, 0.5, 0.125, 0.1, 2.0**-10, 4.0)
"""Exact ones, and one that every precision rounds."""


@dataclass(frozen=True)
class Offered(Recipe):
    """The recipe: values that a scope allows, simplest first; none is a reason to be out of scope.

    values: from the scope to what is drawn; lacking: what is said where there is nothing
    """

    values: Callable[[Scope], tuple[Any, ...]]
    lacking: str

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Any]:
        """One of the values.

        Raises: OutOfScope where there is none.
        """
        values = self.values(scope)
        if not values:
            raise OutOfScope(self.lacking)
        return turns(self.lacking, values)


def learning_rates(optimizer: str, rates: tuple[float, ...] = LEARNING_RATES) -> Offered:
    """Learning rates for an optimizer that the scope must have."""
    return Offered(
        lambda scope: rates if optimizer in scope.optimizers else (),
        f"the scope has no optimizer {optimizer}",
    )


def initializers() -> Offered:
    """The names of the scope's initializers."""
    return Offered(lambda scope: scope.initializers, "the scope has no initializers")


def epochs() -> Anything:
    """Numbers of epochs, few first."""
    return Anything(lambda: among((1, 2, 5, 10)))
