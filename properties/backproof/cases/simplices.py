"""Points in general position: d + 1 that a unit tells apart, and Radon's d + 2 that none does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case
from backproof.cases.kinds import KINDS
from backproof.cases.networks import Networks
from backproof.cases.points import HEAD, Labelled, demanded, drawn_parameters, fitting
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import Precision


@dataclass(frozen=True)
class Simplices(Recipe):
    """The recipe: d + 1 points that a unit tells apart, and d + 2 that no unit does.

    "shattered" has d + 1 affinely independent points with any labels; the others have one point
    more, x = sum_i c_i x_i with sum_i c_i = 1, and Radon's labels: 1 where c_i > 0, else 0, and 0
    for x itself. "all but one" has weights that are right at every point but x.
    """

    kinds: tuple[str, ...] = ("shattered", "all but one", *KINDS)
    required: tuple[str, ...] = ("shattered", "all but one", "general position")

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Labelled]:
        """Points in as many dimensions as the scope has, up to five.

        Raises: OutOfScope saying what the scope lacks.
        """
        recipe = Networks((0, 0), heads=(HEAD,), plain=True, biases=True, moves=True)
        space = recipe.space(scope, precision)
        offered = tuple(
            one
            for one in (Architecture((d, 1), "identity", *HEAD) for d in range(1, 6))
            if all(fitting(space, one, one.widths[0] + extra) for extra in (1, 2))
        )
        if not offered:
            raise OutOfScope("the law needs d + 1 and d + 2 rows of d features, and one output")
        return _simplices(space, offered, self.kinds)


@st.composite
def _simplices(
    draw: DrawFn, space: Space, offered: tuple[Architecture, ...], kinds: tuple[str, ...]
) -> Labelled:
    kind, wanted = in_turn(draw, "kind", kinds), draw(among(some(space, offered)))
    rng, d = np.random.default_rng(draw(SEEDS)), wanted.widths[0]
    corners, inverse = _corners(rng, d)
    signs, make = rng.choice([-1, 1], d + 1), _maker(space, wanted, kind)
    if kind == "shattered":
        return make(corners, signs, _splitting(corners, inverse, signs), 8.0)
    c = rng.integers(-1, 2, d + 1)
    c[rng.integers(d + 1)] += 1 - np.sum(c)
    points, signs = np.append(corners, [c @ corners], axis=0), np.where(c > 0, 1, -1)
    floor = float(np.sum(np.abs(c)) + 1) / max(int(np.max(np.abs(c))), 1) * np.log(2)
    weights = _splitting(corners, inverse, signs)
    if kind != "all but one":
        weights = drawn_parameters(space, wanted, kind, rng)
    return make(points, np.append(signs, -1), weights, 0.0, floor)


def _maker(space: Space, wanted: Architecture, kind: str) -> Callable[..., Labelled]:
    def make(points: Array, signs: Array, weights: Parameters, *bounds: float) -> Labelled:
        architecture = demanded(space, wanted, len(points))
        targets = (signs[:, None] > 0).astype(float)
        case = Case(architecture, weights, points.astype(float), targets, space, kind=kind)
        return Labelled(case, *bounds)

    return make


def _corners(rng: Generator, d: int) -> tuple[Array, Array]:
    """A corner and d others, x_i = x_0 + T_i, with T and its inverse in whole numbers."""
    steps = np.eye(d)
    steps[np.arange(1, d), np.arange(d - 1)] = rng.integers(-1, 2, d - 1)
    start = np.zeros(d)
    start[rng.integers(d)] = rng.integers(-1, 2)
    return np.append(start[None], start + steps, axis=0), np.round(np.linalg.inv(steps))


def _splitting(corners: Array, inverse: Array, signs: Array) -> Parameters:
    """The weights with x_i w + b = 8 s_i at every corner."""
    weights = inverse @ (8.0 * (signs[1:] - signs[0]))
    return [Layer(weights[:, None], np.atleast_1d(8.0 * signs[0] - corners[0] @ weights))]
