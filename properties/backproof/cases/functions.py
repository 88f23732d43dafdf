"""Random continuous functions for a network to approximate, and the staircase that does it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.case import Case, KnownOf, cast
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.approximation.continuous import (
    Continuous,
    FourierSum,
    PiecewiseLinear,
    brownian_path,
    weierstrass,
)
from refnet.approximation.sigmoids import nodes, staircase, staircase_bound
from refnet.architecture import Architecture, Layer, Parameters
from refnet.rounding.precision import Precision

KINDS = ("piecewise linear", "fourier sum", "weierstrass", "brownian path")
HEADS = (("identity", "squared_error"), ("sigmoid", "cross_entropy"))
CELLS = (1, 2, 4, 8, 16, 32, 64)
STEEPNESS = (8.0, 16.0, 4.0, 32.0)
MOST_ROWS = 33


def continuous(kind: str, seed: int) -> Continuous:
    """A random continuous function on [0, 1] of one of the KINDS, a few units in size."""
    rng = np.random.default_rng(seed)
    if kind == "piecewise linear":
        knots = np.linspace(0.0, 1.0, int(rng.integers(2, 10)))
        return PiecewiseLinear(knots, np.round(rng.normal(size=len(knots)) * 4) / 4)
    if kind == "fourier sum":
        terms = int(rng.integers(1, 6))
        return FourierSum(
            amplitudes=rng.normal(size=terms),
            frequencies=2 * np.pi * rng.integers(1, 6, terms).astype(np.float64),
            phases=rng.uniform(0, 2 * np.pi, terms),
        )
    if kind == "weierstrass":
        return weierstrass(float(rng.uniform(0.3, 0.7)), float(rng.integers(2, 5)), 8)
    return brownian_path(rng, 0.0, 1.0, 256)


@dataclass(frozen=True, eq=False)
class Staircase(KnownOf):
    """A continuous function, and the sum of sigmoids that approximates it on a grid of cells.

    bound: sup |f - G| in exact arithmetic; rounded: what rounding the readout adds to it
    """

    function: Continuous
    kind: str
    seed: int
    cells: int
    steepness: float
    case: Case
    bound: float
    rounded: float

    def literal(self) -> dict[str, Any]:
        """The function and the network as plain values."""
        drawn = f"continuous({self.kind!r}, seed={self.seed})"
        known = {"function": drawn, "cells": self.cells, "steepness": self.steepness}
        return {**known, **self.untrained()}

    def simpler(self) -> Iterator[Self]:
        """The staircase asked at fewer points."""
        return (replace(self, case=self.with_rows(row)) for row in self.row_by_row())


@dataclass(frozen=True)
class Staircases(Recipe):
    """The recipe: a function of each kind, a grid of cells, and how steep the units are."""

    required: tuple[str, ...] = KINDS
    kinds: tuple[str, ...] = KINDS

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Staircase]:
        """Staircases that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        units = Networks((1, 1), activations=("sigmoid", "tanh"), heads=HEADS, biases=True)
        space = units.space(scope, precision)
        if not set(space.activations) & {"sigmoid", "tanh"} or space.hidden_layers != (1, 1):
            raise OutOfScope("the law needs one hidden layer of sigmoid or tanh units")
        if space.features[0] > 1 or space.outputs[0] > 1 or space.architectures is not None:
            raise OutOfScope("the law needs networks of one feature and one output, of any width")
        return _staircases(space, scope, self.kinds)


@st.composite
def _staircases(draw: DrawFn, space: Any, scope: Scope, kinds: tuple[str, ...]) -> Staircase:
    kind = in_turn(draw, "kind", kinds)
    low, high = scope.widths[0], scope.widths[1] or CELLS[-1]
    cells = draw(among(some(space, tuple(n for n in CELLS if low <= n <= high) or (low,), 2)))
    activation = in_turn(draw, "activation", space.activations)
    head = in_turn(draw, "head", some(space, space.heads))
    steepness, seed = draw(among(STEEPNESS)), draw(SEEDS)
    function = continuous(kind, seed)
    architecture = Architecture((1, cells, 1), activation, *head)
    rows = space.rows_up_to(MOST_ROWS)
    inputs = space.precision.round(np.random.default_rng(seed).random((rows, 1)))
    parameters, rounded = _parameters(function, cells, steepness, activation, space.precision)
    case = Case(architecture, parameters, inputs, np.zeros((rows, 1)), space, kind=kind)
    bound = staircase_bound(function.modulus, 1 / cells, steepness, function.concave)
    return Staircase(function, kind, seed, cells, steepness, case, bound, rounded)


def _parameters(
    function: Continuous, cells: int, steepness: float, activation: str, precision: Precision
) -> tuple[Parameters, float]:
    """The staircase in the precision, and the error that its rounding adds to the bound."""
    grid = nodes(0.0, 1 / cells, cells)
    exact = staircase(function(grid), 0.0, 1 / cells, steepness)
    rounded, moved = made_of(activation, exact, precision)
    return rounded, moved + float(np.max(function.error(grid)))


def made_of(activation: str, exact: Parameters, precision: Precision) -> tuple[Parameters, float]:
    """A sum of sigmoids in the precision, by sigmoid or tanh units, and how far rounding moves it.

    Slopes and biases of the units are dyadic, so that rounding moves the readout alone; the
    outputs move by at most the sum of what its entries moved by, since a unit is at most 1.
    """
    if activation == "tanh":  # sigmoid(z) = (1 + tanh(z / 2)) / 2
        units, readout = exact
        shift = np.sum(readout.weights, axis=0) / 2
        exact = [
            Layer(units.weights / 2, units.biases / 2),
            Layer(readout.weights / 2, readout.biases + shift),
        ]
    rounded = cast(exact, precision)
    moved = sum(
        float(np.sum(np.abs(r - e)))
        for cast, whole in zip(rounded, exact, strict=True)
        for r, e in zip(cast, whole, strict=True)
    )
    readout = exact[1]
    size = float(np.sum(np.abs(readout.weights)) + np.abs(readout.biases[0]))
    return rounded, moved + (len(readout.weights) + 4) * 2.0**-53 * size
