"""Autoencoders: data whose principal components are known, and a layer too narrow for all of them.

The components are columns of signs that are orthogonal to each other and to a column of ones, on
the side of the rows as on that of the features, times whole numbers. So the data are whole numbers,
and the sum of squares that k components leave over is one too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import scipy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case, KnownOf
from backproof.cases.networks import Networks
from backproof.cases.points import drawn_parameters
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import Precision

HEADS = (("identity", "squared_error"), ("identity", "huber"))
STRAIGHT = ("identity", "relu", "leaky_relu", "elu")
"""Units that pass on what is above 0."""

BEST, NEAR = "principal components", "near them"
KINDS = (BEST, NEAR, "zeros", "small integers", "general position")


@dataclass(frozen=True, eq=False)
class Bottleneck(KnownOf):
    """An autoencoder, and the sum of squares that no weights bring it below.

    best: whether its weights attain that
    """

    case: Case
    floor: float
    best: bool

    def simpler(self) -> Iterator[Self]:
        """The same data with weights of 0, a layer at a time."""
        for place, layer in enumerate(() if self.best else self.case.parameters):
            if any(np.any(part) for part in layer):
                parameters = list(self.case.parameters)
                parameters[place] = Layer(*(np.zeros_like(part) for part in layer))
                yield replace(self, case=self.case.with_parameters(parameters))


class Bottlenecks(Recipe):
    """The recipe: as many features as outputs, fewer hidden units, any weights.

    "principal components" has the weights that are best, where the scope has units for them.
    """

    def requires(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> tuple[str, ...]:
        """Weights at random, and the best ones where there are units for them."""
        return ("general position", *((BEST,) if _straight(scope.activations) else ()))

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Bottleneck]:
        """Autoencoders that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        recipe = Networks((1, 1), heads=HEADS, plain=True, biases=True, moves=True)
        space = recipe.space(scope, precision)
        sizes = tuple(size for size in SIZES if _holds(space, *size))
        if not sizes or space.architectures is not None:
            raise OutOfScope(
                "the law needs 4, 5, 8 or 16 rows, and networks of 2 to 4 features, as many "
                "outputs, and a hidden layer of fewer units"
            )
        return _bottlenecks(space, sizes)


def _straight(activations: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in STRAIGHT if name in activations)


def _components(rows: int, dimensions: int) -> int:
    """How many there are: one less than the rows that a square of signs has, or the dimensions."""
    return min(_square(rows) - 1, dimensions)


def _square(rows: int) -> int:
    return 1 << rows.bit_length() - 1


SIZES = tuple(
    (rows, dimensions, units)
    for rows in (4, 8, 5, 16)
    for dimensions in (2, 3, 4)
    for units in range(1, _components(rows, dimensions))
)
"""Rows, dimensions, and hidden units that are too few."""


def _holds(space: Space, rows: int, dimensions: int, units: int) -> bool:
    limits = (space.rows, space.features, space.outputs, space.hidden_widths)
    sizes = (rows, dimensions, dimensions, units)
    return all(low <= size <= high for size, (low, high) in zip(sizes, limits, strict=True))


@st.composite
def _bottlenecks(draw: DrawFn, space: Space, sizes: tuple[tuple[int, int, int], ...]) -> Bottleneck:
    straight = _straight(space.activations)
    kind = in_turn(draw, "kind", KINDS if straight else KINDS[2:])
    offered = straight if kind in (BEST, NEAR) else space.activations
    name = in_turn(draw, "unit", some(space, offered))
    rows, dimensions, units = draw(among(some(space, sizes)))
    head = in_turn(draw, "head", some(space, space.heads))
    architecture = Architecture((dimensions, units, dimensions), name, *head)
    rng = np.random.default_rng(draw(SEEDS))
    known = _data(rng, rows, dimensions)
    if kind in (BEST, NEAR):
        parameters = _best(rng, known, units, kind == NEAR)
    else:
        parameters = drawn_parameters(space, architecture, kind, rng)
    case = Case(architecture, parameters, known.points, known.points, space, kind=kind)
    return Bottleneck(case, float(np.sum(known.energies[units:])), kind == BEST)


class Data(NamedTuple):
    """points = mean + sum_s c_s h_s axes_s^T, and energies_s = c_s^2 |h_s|^2 |axes_s|^2

    Columns h_s and axes_s of signs, each kind orthogonal among itself, c_s whole numbers; the
    largest energy first.

    Shapes: points (n, d); mean (d,); axes (d, r); energies (r,).
    """

    points: Array
    mean: Array
    axes: Array
    energies: Array


def _data(rng: Generator, rows: int, dimensions: int) -> Data:
    """Random components; rows that no square of signs has room for are the mean itself."""
    square, count = _square(rows), _components(rows, dimensions)
    signs = np.zeros((rows, count))
    signs[:square] = scipy.linalg.hadamard(square)[:, rng.permutation(np.arange(1, square))[:count]]
    blocks = [scipy.linalg.hadamard(size) for size in (4, 2, 1) if size & dimensions]
    axes = scipy.linalg.block_diag(*blocks).astype(float)[:, rng.permutation(dimensions)[:count]]
    sizes = rng.integers(1, 4, count).astype(float)
    energies = sizes**2 * square * np.sum(axes**2, axis=0)
    order = np.argsort(-energies, kind="stable")
    mean = rng.integers(-2, 3, dimensions).astype(float)
    return Data(mean + (signs * sizes) @ axes.T, mean, axes[:, order], energies[order])


def _best(rng: Generator, known: Data, units: int, moved: bool) -> Parameters:
    """Projections on the first axes, raised above 0, and back again; or weights near these."""
    axes, raised = known.axes[:, :units], 16.0
    back = (axes / np.sum(axes**2, axis=0)).T
    layers = [
        Layer(axes, raised - known.mean @ axes),
        Layer(back, known.mean - raised * np.sum(back, axis=0)),
    ]
    if not moved:
        return layers
    return [Layer(w + rng.integers(-1, 2, w.shape) / 16, b) for w, b in layers]
