"""Smooth functions, which units follow much closer than theorems on continuous ones can say.

ReLU units join the values at the nodes by straight lines. Sigmoids that are as wide as a cell, on a
grid that goes on beyond both ends, blend their neighbours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case, KnownOf, cast
from backproof.cases.functions import HEADS, MOST_ROWS, continuous, made_of
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.approximation.continuous import FourierSum, PiecewiseLinear
from refnet.approximation.rectifiers import interpolant, interpolant_bound, interpolant_rounding
from refnet.approximation.sigmoids import nodes, smooth_bound, staircase
from refnet.architecture import Architecture, Array, Parameters
from refnet.rounding.precision import U64, Precision

JOINED, WAVES, BLENDED = "straight pieces", "waves by straight pieces", "waves by wide sigmoids"
UNITS = {JOINED: ("relu",), WAVES: ("relu",), BLENDED: ("sigmoid", "tanh")}
CELLS, STEEPNESS = (4, 8, 16, 32), (4.0, 2.0, 3.0)
PADDING = {4: 2, 8: 4, 16: 8, 32: 8}
"""Cells beyond each end, for so many between them."""


@dataclass(frozen=True, eq=False)
class Smooth(KnownOf):
    """A function, and a network that follows it.

    wanted, error: f at the inputs, and how far that and the rounded network may be off: (n, 1)
    bound:         sup |f - G| in exact arithmetic, 0 for straight pieces
    size:          the largest |f|, at most
    """

    wanted: Array
    error: Array
    bound: float
    size: float
    words: str
    case: Case

    def literal(self) -> dict[str, Any]:
        """The function and the network as plain values."""
        return {"function": self.words, **self.untrained()}

    def simpler(self) -> Iterator[Self]:
        """The function asked at fewer points."""
        for at in self.row_by_row():
            wanted, error = self.wanted[at], self.error[at]
            yield replace(self, wanted=wanted, error=error, case=self.with_rows(at))


class SmoothFunctions(Recipe):
    """The recipe: a kind for which the scope has units, and a number of cells."""

    def requires(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> tuple[str, ...]:
        """The kinds for which the scope has units."""
        return _kinds(scope.activations)

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Smooth]:
        """Functions that the scope can follow.

        Raises: OutOfScope saying what it lacks.
        """
        units = tuple(dict.fromkeys(name for names in UNITS.values() for name in names))
        recipe = Networks((1, 1), activations=units, heads=HEADS, biases=True, moves=True)
        space = recipe.space(scope, precision)
        low, high = space.hidden_widths
        cells = tuple(n for n in CELLS if low <= n and n + 2 * PADDING[n] <= high)
        narrow = space.features[0] == 1 == space.outputs[0]
        if not narrow or not cells or space.architectures is not None:
            raise OutOfScope("the law needs one feature, eight hidden units and one output")
        return _smooth(space, cells, _kinds(space.activations))


def _kinds(activations: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind, names in UNITS.items() if set(names) & set(activations))


@st.composite
def _smooth(draw: DrawFn, space: Space, cells: tuple[int, ...], kinds: tuple[str, ...]) -> Smooth:
    kind = in_turn(draw, "kind", kinds)
    offered = tuple(name for name in UNITS[kind] if name in space.activations)
    name, head = in_turn(draw, "unit", offered), in_turn(draw, "head", some(space, space.heads))
    count, steepness = draw(among(some(space, cells))), draw(among(STEEPNESS))
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    rows = space.rows_up_to(MOST_ROWS)
    x = space.precision.round(rng.random((rows, 1)))
    f = _function(rng, kind, count, seed)
    if kind == BLENDED:
        parameters, error, bound = _blended(space, f, count, steepness, name)
    else:
        parameters, error, bound = _joined(space, f, count, x)
    architecture = Architecture((1, len(parameters[0].biases), 1), name, *head)
    case = Case(architecture, parameters, x, np.zeros((rows, 1)), space, kind=kind)
    size = float(np.max(np.abs(f(nodes(0.0, 1 / 64, 64)))))
    return Smooth(f(x), error + f.error(x), bound, size, f"{kind}, seed={seed}", case)


def _function(rng: Generator, kind: str, cells: int, seed: int) -> FourierSum | PiecewiseLinear:
    """Waves, or straight pieces between the nodes with values that make all slopes exact."""
    if kind == JOINED:
        return PiecewiseLinear(nodes(0.0, 1 / cells, cells), rng.integers(-8, 9, cells + 1) / 4)
    found = continuous("fourier sum", seed)
    assert isinstance(found, FourierSum)
    return found


def _joined(
    space: Space, f: FourierSum | PiecewiseLinear, cells: int, x: Array
) -> tuple[Parameters, Array, float]:
    """The interpolant, what rounding does to it, and its distance from f."""
    grid, p = nodes(0.0, 1 / cells, cells), space.precision
    exact = interpolant(grid, f(grid))
    rounded = cast(exact, p)
    if isinstance(f, PiecewiseLinear):
        moved = np.maximum(x - grid[:-1], 0) @ np.abs(rounded[1].weights - exact[1].weights)
        return rounded, moved, 0.0
    error = interpolant_rounding(grid, f(grid), x, p.unit + U64) + float(np.max(f.error(grid)))
    return rounded, error, interpolant_bound(f.derivative_bound(2), 1 / cells)


def _blended(
    space: Space, f: FourierSum | PiecewiseLinear, cells: int, steepness: float, name: str
) -> tuple[Parameters, Array, float]:
    """Wide sigmoids on a grid beyond both ends, what rounding does to them, and their distance."""
    assert isinstance(f, FourierSum)
    padding, h = PADDING[cells], 1 / cells
    grid = nodes(0.0, h, cells, padding)
    exact = staircase(f(grid), -padding * h, h, steepness)
    rounded, moved = made_of(name, exact, space.precision)
    sizes = [f.derivative_bound(order) for order in (1, 2, 0)]
    bound = smooth_bound(sizes[0], sizes[1], sizes[2], h, steepness, padding)
    return rounded, np.asarray(moved + np.max(f.error(grid))), bound
