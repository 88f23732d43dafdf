"""The sawtooth: a few layers of two units that fold the line, and single layers that cannot."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case, KnownOf, cast
from backproof.cases.networks import Networks
from backproof.cases.points import drawn_parameters
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.approximation.rectifiers import deep_sawtooth, interpolant, tent
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import Precision

HEADS = (("identity", "squared_error"), ("identity", "huber"))
DEEP, HALF, COARSE, ANY = "deep", "one half", "coarse interpolant", "general position"
KINDS, SHARES = (DEEP, HALF, COARSE, ANY), (3, 1, 1, 1)
MOST_FOLDS, MOST_ROWS = 8, 33
FOLDS = (2, 3, 4)
"""How often the sawtooth is folded that one layer is asked to follow, at 2^k + 1 points."""


@dataclass(frozen=True, eq=False)
class Sawtooth(KnownOf):
    """T(T(...T(x))), T(x) = 1 - |1 - 2x|, at the inputs of a network that follows it or tries to.

    wanted: (n, 1), exactly; exact: whether the network has it, else it errs by 1/2 somewhere
    """

    case: Case
    wanted: Array
    exact: bool

    def literal(self) -> dict[str, Any]:
        """The network as plain values."""
        return self.untrained()

    def simpler(self) -> Iterator[Self]:
        """The deep network asked at one point; a shallow one must err at all of them together."""
        for row in self.row_by_row() if self.exact else ():
            yield replace(self, case=self.with_rows(row), wanted=self.wanted[row])


class Sawtooths(Recipe):
    """The recipe: the deep network of ReLU units, and single layers with too few of them."""

    required = (DEEP,)

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Sawtooth]:
        """Networks that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        recipe = Networks((1, MOST_FOLDS), activations=("relu",), heads=HEADS, plain=True)
        space = replace(recipe, biases=True, moves=True).space(scope, precision)
        low, high = (int(limit) for limit in space.room.hidden_layers)
        narrow = space.features[0] == 1 == space.outputs[0] and _within(space.hidden_widths, 2)
        if not narrow or space.architectures is not None:
            raise OutOfScope("the law needs networks of widths 1, 2, ..., 2, 1")
        folds = tuple(k for k in FOLDS if low == 1 and _within(space.rows, 2**k + 1))
        folds = tuple(k for k in folds if space.hidden_widths[0] <= 2**k - 2)
        return _sawtooths(space, tuple(range(low, high + 1)), folds)


def _within(limits: tuple[int, int], size: int) -> bool:
    return limits[0] <= size <= limits[1]


@st.composite
def _sawtooths(
    draw: DrawFn, space: Space, depths: tuple[int, ...], folds: tuple[int, ...]
) -> Sawtooth:
    kind = in_turn(draw, "kind", KINDS, SHARES) if folds else DEEP
    head, rng = in_turn(draw, "head", some(space, space.heads)), np.random.default_rng(draw(SEEDS))
    if kind == DEEP:
        depth = in_turn(draw, "depth", some(space, depths))
        rows = space.rows_up_to(MOST_ROWS)
        parts = 2 ** (space.precision.digits - 1)
        x, parameters = rng.integers(0, parts + 1, (rows, 1)) / parts, deep_sawtooth(depth)
    else:
        depth = draw(among(some(space, folds)))
        widths = tuple(range(space.hidden_widths[0], 2**depth - 1))
        units = draw(among(some(space, widths)))
        x = np.arange(2**depth + 1)[:, None] / 2.0**depth
        parameters = _shallow(space, units, kind, rng, x, tent(x, depth))
    wanted = tent(x, depth)
    widths = (1, *(len(layer.biases) for layer in parameters))
    a = Architecture(widths, "relu", *head)
    return Sawtooth(Case(a, parameters, x, wanted, space, kind=kind), wanted, kind == DEEP)


def _shallow(
    space: Space, units: int, kind: str, rng: Generator, x: Array, wanted: Array
) -> Parameters:
    """The constant 1/2, the interpolant at some of the points, or anything."""
    if kind == HALF:
        return [
            Layer(np.zeros((1, units)), np.zeros(units)),
            Layer(np.zeros((units, 1)), np.array([0.5])),
        ]
    if kind == ANY:
        return drawn_parameters(space, Architecture((1, units, 1), "relu", *HEADS[0]), kind, rng)
    knots = np.sort(rng.choice(len(x), units + 1, replace=False))
    found = interpolant(x[knots, 0], wanted[knots, 0])
    return cast(found, space.precision)
