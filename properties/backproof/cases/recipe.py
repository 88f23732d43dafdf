"""What a law asks for, a recipe, and what a recipe draws."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from hypothesis.strategies import SearchStrategy

from backproof.contract import Declared, Precision, Scope


class OutOfScope(Exception):  # noqa: N818 (it is a reason, not a fault)
    """The scope has no case of this kind; the message says what it lacks."""


class Drawn(ABC):
    """An argument of a law that is more than a number or a name."""

    @property
    @abstractmethod
    def met(self) -> tuple[str, ...]:
        """What this is an example of: its kind, the activations and the head of its network."""

    @abstractmethod
    def literal(self) -> Any:
        """Plain values, to print and to store."""

    def simpler(self) -> Iterator[Self]:
        """Arguments of the same sort with fewer rows, units or plainer numbers."""
        return iter(())


class Recipe(ABC):
    """How one argument of a law is drawn, within what a subject declares."""

    @property
    def required(self) -> tuple[str, ...]:
        """The kinds without which the law counts as vacuous."""
        return ()

    def requires(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> tuple[str, ...]:
        """All that must be met: the required kinds, and of a network each activation and head.

        Raises: OutOfScope saying what the scope lacks.
        """
        return self.required

    @abstractmethod
    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Any]:
        """Values within the scope.

        Raises: OutOfScope saying what the scope lacks.
        """


@dataclass(frozen=True)
class MadeOfCases(Recipe):
    """A recipe that makes something of the cases of another, and requires what that requires."""

    cases: Recipe

    @property
    def required(self) -> tuple[str, ...]:
        """The kinds of the cases without which the law is vacuous."""
        return self.cases.required

    def requires(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> tuple[str, ...]:
        """What the cases must have.

        Raises: OutOfScope saying what the scope lacks.
        """
        return self.cases.requires(scope, precision, conventions)
