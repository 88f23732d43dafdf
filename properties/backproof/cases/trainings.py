"""Trainings: an optimizer with its numbers, for a few epochs, in batches or not."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.anything import Anything
from backproof.cases.recipe import Drawn, OutOfScope, Recipe
from backproof.cases.turns import among, in_turn
from backproof.contract import Declared, Scope
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer

RATES = (0.5, 0.125, 0.1, 2.0**-10)
EPOCHS = (1, 2, 3, 5)
DECAYS = (0.125, 0.01)
BATCH_SIZES = (1, 2, 3, 5, 2000)
"""In networks of up to 64 rows: one row, an even cut, a smaller last batch, more than there are."""

_MOMENTUM = (0.5, 0.9, 0.0, 0.99)
_EPSILON = (0.125, 1e-8, 1e-3)
NUMBERS: dict[str, dict[str, tuple[float, ...]]] = {
    "gradient_descent": {},
    "momentum": {"momentum": _MOMENTUM},
    "nesterov": {"momentum": _MOMENTUM},
    "rmsprop": {"rho": (0.5, 0.9, 0.99), "epsilon": _EPSILON},
    "adam": {"beta1": (0.5, 0.9, 0.0), "beta2": (0.75, 0.999, 0.99), "epsilon": _EPSILON},
}
"""The numbers of each optimizer, the plainest first; those in use are among them."""


def optimizer_words(optimizer: Optimizer) -> list[str]:
    """The name, every number that it uses, and its decay, if any."""
    used = ["learning_rate", *NUMBERS[optimizer.name]]
    used += [f.name for f in fields(Optimizer)[-2:] if getattr(optimizer, f.name)]
    return [optimizer.name, *(f"{name}={getattr(optimizer, name)!r}" for name in used)]


@dataclass(frozen=True)
class Training(Drawn):
    """So many epochs of an optimizer; without a batch size each is one step on all rows."""

    optimizer: Optimizer
    epochs: int
    batch_size: int | None = None

    @property
    def met(self) -> tuple[str, ...]:
        """The name of the optimizer, and its decay, if any."""
        kind = "decoupled decay" if self.optimizer.decoupled else "coupled decay"
        return (self.optimizer.name, *([kind] if self.optimizer.weight_decay else []))

    def literal(self) -> str:
        """The optimizer with its numbers, the epochs, and the batch size."""
        words = [*optimizer_words(self.optimizer), f"epochs={self.epochs}"]
        return ", ".join([*words, f"batch_size={self.batch_size}"] if self.batch_size else words)

    def simpler(self) -> Iterator[Self]:
        """Fewer epochs, all rows at once, then plainer numbers."""
        yield from (replace(self, epochs=few) for few in range(1, self.epochs))
        if self.batch_size:
            yield replace(self, batch_size=None)
        plainest = {name: values[0] for name, values in NUMBERS[self.optimizer.name].items()}
        for name, plain in {"learning_rate": RATES[0], **plainest}.items():
            if getattr(self.optimizer, name) != plain:
                changed: Any = {name: plain}
                yield replace(self, optimizer=replace(self.optimizer, **changed))


@dataclass(frozen=True)
class Trainings(Recipe):
    """A recipe: trainings with some of these optimizers, in batches or with weight decay where a
    law is about that.
    """

    names: tuple[str, ...]
    in_batches: bool = False
    decays: bool = False

    def requires(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> tuple[str, ...]:
        """Each of the optimizers that the scope has, and each kind of decay.

        Raises: OutOfScope where it has none, or no batches, or no decay.
        """
        offered = tuple(name for name in self.names if name in scope.optimizers)
        if not offered:
            raise OutOfScope(f"the scope has no optimizer {' or '.join(self.names)}")
        if self.in_batches and not scope.batches:
            raise OutOfScope("the scope trains on all rows at once, in no batches")
        if self.decays and not scope.weight_decay:
            raise OutOfScope("the scope has no weight_decay")
        return (*offered, *(f"{kind} decay" for kind in scope.weight_decay if self.decays))

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Training]:
        """Trainings that the scope allows.

        Raises: OutOfScope where there are none.
        """
        self.requires(scope, precision, conventions)
        names = (name for name in self.names if name in scope.optimizers)
        numbers = {name: _numbers(name, precision) for name in names}
        sizes = BATCH_SIZES[: 1 if scope.batches == "one row" else None]
        kinds = scope.weight_decay if self.decays else ()
        return _trainings(numbers, sizes if self.in_batches else (None,), kinds)


def _numbers(name: str, precision: Precision) -> dict[str, tuple[float, ...]]:
    """The numbers of an optimizer without those that are 0 in the precision, but not on paper."""
    return {
        field: tuple(value for value in values if not 0 < value <= precision.underflow)
        for field, values in NUMBERS[name].items()
    }


@st.composite
def _trainings(
    draw: DrawFn,
    numbers: dict[str, dict[str, tuple[float, ...]]],
    batch_sizes: tuple[int | None, ...],
    decays: tuple[str, ...],
) -> Training:
    name = in_turn(draw, "optimizer", tuple(numbers))
    chosen: Any = {field: in_turn(draw, field, values) for field, values in numbers[name].items()}
    rate, epochs = in_turn(draw, "rate", RATES), in_turn(draw, "epochs", EPOCHS)
    if decays:
        chosen["decoupled"] = in_turn(draw, "decay", decays) == "decoupled"
        chosen["weight_decay"] = in_turn(draw, "weight_decay", DECAYS)
    optimizer = Optimizer(name, rate, **chosen)
    return Training(optimizer, epochs, in_turn(draw, "batch size", batch_sizes))


def trainings(*names: str, in_batches: bool = False, decays: bool = False) -> Trainings:
    """The recipe of a law's trainings."""
    return Trainings(names, in_batches, decays)


def batch_sizes() -> Anything:
    """How many rows are taken at a time."""
    return Anything(lambda: among(BATCH_SIZES))
