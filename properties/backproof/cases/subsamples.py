"""Wide networks, and a few of their units that were drawn by the size of their weights."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case
from backproof.cases.functions import HEADS, MOST_ROWS
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import Drawn, OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.approximation.ridges import subsample, subsample_error
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.functions.activations import names_where
from refnet.network import forward
from refnet.rounding.precision import Precision

KINDS = ("one sign", "both signs")
SIZES = ((8, 4), (64, 16), (32, 8), (64, 8))
"""Units of the wide network, and how many of them are drawn."""

MOST_FEATURES = 5

DRAWS = 40
"""That none of so many is within twice the mean has a chance of 2^-40 at most, by Markov."""


@dataclass(frozen=True, eq=False)
class Subsample(Drawn):
    """A wide network, and one of a few of its units.

    mean: of the squared distance of their outputs before the output activation, over all draws
    """

    wide: Case
    few: Case
    mean: float

    @property
    def met(self) -> tuple[str, ...]:
        """What the networks are examples of."""
        return self.wide.met

    def literal(self) -> dict[str, Any]:
        """The wide network, and the few units, as plain values."""
        wide, few = self.wide.literal(), self.few.literal()
        del wide["targets"]  # nothing is trained
        return {**wide, "few units": few["parameters"]}

    def simpler(self) -> Iterator[Self]:
        """Nothing: the mean is one over these rows and units."""
        return iter(())


class Subsamples(Recipe):
    """The recipe: units of any kind, output weights whose sizes add up to a power of two."""

    required = KINDS

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Subsample]:
        """Networks that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        names = names_where(lambda facts: facts.bounded and facts.per_unit)
        space = Networks((1, 1), activations=names, heads=HEADS, moves=True).space(scope, precision)
        low, high = space.hidden_widths
        sizes = tuple((many, n) for many, n in SIZES if low <= n and many <= high)
        if not sizes or space.outputs[0] > 1 or space.architectures is not None:
            raise OutOfScope("the law needs hidden layers of 4 and of 8 units, and one output")
        return _subsamples(space, sizes)


@st.composite
def _subsamples(draw: DrawFn, space: Space, sizes: tuple[tuple[int, int], ...]) -> Subsample:
    kind, name = in_turn(draw, "kind", KINDS), in_turn(draw, "unit", space.activations)
    head = in_turn(draw, "head", some(space, space.heads))
    many, units = draw(among(some(space, sizes)))
    most = max(space.features[0], min(space.features[1], MOST_FEATURES))
    features = draw(among(some(space, tuple(range(space.features[0], most + 1)))))
    rng = np.random.default_rng(draw(SEEDS))
    wide = Architecture((features, many, 1), name, *head, biases=space.biases)
    parameters = _wide(rng, space, wide, kind == "both signs")
    rows = space.rows_up_to(MOST_ROWS)
    x, nothing = space.precision.round(rng.normal(size=(rows, features))), np.zeros((rows, 1))
    mean = subsample_error(wide, parameters, x, units)
    few = replace(wide, widths=(features, units, 1))
    return Subsample(
        Case(wide, parameters, x, nothing, space, kind=kind),
        Case(few, _near(rng, wide, parameters, x, units, 2 * mean), x, nothing, space, kind=kind),
        mean,
    )


def _near(
    rng: Generator, a: Architecture, parameters: Parameters, x: Array, units: int, most: float
) -> Parameters:
    """The first draw of so many units whose mean squared distance is not above the most."""
    straight = replace(a, output="identity", loss="squared_error")
    whole = forward(straight, parameters, x)
    for _ in range(DRAWS):
        drawn = subsample(parameters, units, rng)
        fewer = replace(straight, widths=(a.widths[0], units, 1))
        if np.mean((forward(fewer, drawn, x) - whole) ** 2) <= most:
            break
    return drawn


def _wide(rng: Generator, space: Space, a: Architecture, signed: bool) -> Parameters:
    """Any units, and output weights in whole numbers that add up to four times their number."""
    features, many, _ = a.widths
    p = space.precision
    first = Layer(p.round(rng.normal(size=(features, many))), p.round(rng.normal(size=many)))
    weights = rng.multinomial(4 * many, np.full(many, 1 / many))[:, None].astype(float)
    signs = rng.choice([-1.0, 1.0], (many, 1)) if signed else 1.0
    layers = [first, Layer(weights * signs + 0.0, rng.integers(-2, 3, 1).astype(float))]
    return layers if a.biases else [Layer(w, 0 * b) for w, b in layers]
