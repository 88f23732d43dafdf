"""Functions of several inputs that are sums of waves, and the sigmoids that follow each wave."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case, KnownOf
from backproof.cases.functions import HEADS, MOST_ROWS, STEEPNESS, made_of
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.approximation.ridges import RidgeSum, ridge_bound, ridge_staircases
from refnet.architecture import Architecture, Array
from refnet.rounding.precision import Precision

KINDS = ("one ridge", "several ridges")
DIMENSIONS = (2, 3, 4, 5)
SIZES = {
    "one ridge": ((1, 4), (1, 8), (1, 16), (1, 64)),
    "several ridges": ((2, 4), (3, 8), (2, 32)),
}
"""Ridges, and units for each."""

Sizes = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Ridges(KnownOf):
    """A sum of waves on a cube, and the sums of sigmoids that approximate it.

    bound: sup |f - G| in exact arithmetic; rounded: what rounding the readout adds to it
    """

    function: RidgeSum
    steepness: float
    case: Case
    bound: float
    rounded: float

    def literal(self) -> dict[str, Any]:
        """The function and the network as plain values."""
        parts = ("amplitudes", "directions", "phases")
        waves = {name: getattr(self.function, name).tolist() for name in parts}
        return {"function": f"RidgeSum of {waves}", "steepness": self.steepness, **self.untrained()}

    def simpler(self) -> Iterator[Self]:
        """The ridges asked at fewer points."""
        return (replace(self, case=self.with_rows(row)) for row in self.row_by_row())


class SumsOfRidges(Recipe):
    """The recipe: waves along directions in whole numbers, and how steep and how many units are."""

    required = KINDS

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Ridges]:
        """Ridges that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        recipe = Networks((1, 1), activations=("sigmoid", "tanh"), heads=HEADS, biases=True)
        space = replace(recipe, moves=True).space(scope, precision)
        low, high = space.hidden_widths
        sizes = {
            kind: tuple((k, n) for k, n in SIZES[kind] if low <= k * n <= high) for kind in KINDS
        }
        dimensions = tuple(d for d in DIMENSIONS if space.features[0] <= d <= space.features[1])
        fits = all(sizes.values()) and dimensions and space.outputs[0] == 1
        if not fits or space.architectures is not None:
            raise OutOfScope("the law needs two to five features, 8 hidden units and one output")
        return _ridges(space, sizes, dimensions)


@st.composite
def _ridges(
    draw: DrawFn, space: Space, sizes: dict[str, Sizes], dimensions: tuple[int, ...]
) -> Ridges:
    kind = in_turn(draw, "kind", KINDS)
    count, units = draw(among(some(space, sizes[kind])))
    activation = in_turn(draw, "activation", space.activations)
    head = in_turn(draw, "head", some(space, space.heads))
    features, steepness = draw(among(some(space, dimensions))), draw(among(STEEPNESS))
    rng = np.random.default_rng(draw(SEEDS))
    function = RidgeSum(
        rng.normal(size=count), _directions(rng, count, features), rng.uniform(0, 2 * np.pi, count)
    )
    rows = space.rows_up_to(MOST_ROWS)
    inputs = space.precision.round(rng.uniform(-1, 1, (rows, features)))
    exact = ridge_staircases(function, units, steepness)
    parameters, rounded = made_of(activation, exact, space.precision)
    architecture = Architecture((features, count * units, 1), activation, *head)
    case = Case(architecture, parameters, inputs, np.zeros((rows, 1)), space, kind=kind)
    return Ridges(function, steepness, case, ridge_bound(function, units, steepness), rounded)


def _directions(rng: Generator, count: int, features: int) -> Array:
    """Whole numbers whose sizes add up to 2, 4 or 8, so that the slopes of the units are dyadic."""
    sums = 2 ** rng.integers(1, 4, count)
    sizes = [rng.multinomial(total, np.full(features, 1 / features)) for total in sums]
    signs = rng.choice([-1.0, 1.0], (count, features))
    return np.asarray(signs * sizes + 0.0)  # no -0.0
