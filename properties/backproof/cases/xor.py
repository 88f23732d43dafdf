"""XOR: four points that a hidden layer tells apart, and no unit alone."""

from dataclasses import dataclass, replace

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
from backproof.cases.segments import halfway
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Architecture, Layer, Parameters
from refnet.rounding.precision import Precision

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
DIFFERENT = np.array([[0.0], [1.0], [1.0], [0.0]])

STEPS = {"sigmoid": 1.0, "tanh": 0.5}
BENDS = {"relu": 0.0, "leaky_relu": 0.0, "elu": 0.0, "selu": 0.0, "softplus": 22.0, "exp": 32.0}
"""Monotone units: those that saturate, and those that bend, with nearly 32 f(0)."""


@dataclass(frozen=True)
class XorRegressions(Recipe):
    """The recipe: XOR without a hidden layer; and with two hidden units, or x1 x2 as a feature."""

    kinds: tuple[str, ...] = tuple(KINDS)
    required: tuple[str, ...] = ("zeros", "small integers", "general position")

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Labelled]:
        """Networks on the four points.

        Raises: OutOfScope saying what the scope lacks.
        """
        recipe = Networks((0, 0), heads=(HEAD,), plain=True, moves=True)
        space = recipe.space(scope, precision)
        linear = demanded(space, Architecture((2, 1), "identity", *HEAD, biases=space.biases), 4)
        return _on_xor(space, linear, self.kinds, (*_product(space), *_solutions(scope, precision)))


@st.composite
def _on_xor(
    draw: DrawFn,
    space: Space,
    architecture: Architecture,
    kinds: tuple[str, ...],
    solutions: tuple[Labelled, ...],
) -> Labelled:
    """Any parameters, or now and then, where there are some, those of a network that solves XOR."""
    if solutions and in_turn(draw, "which third", (1, 2, 3)) == 3:
        return in_turn(draw, "solution", some(space, solutions))
    kind, rng = in_turn(draw, "kind", kinds), np.random.default_rng(draw(SEEDS))
    parameters = drawn_parameters(space, architecture, kind, rng)
    case = Case(architecture, parameters, XOR, DIFFERENT, space, kind=kind)
    return Labelled(case, floor=4 * np.log(2))


def _product(space: Space) -> list[Labelled]:
    """20 x1 + 20 x2 - 40 x1 x2 - 10, which is -10 or 10"""
    architecture = fitting(space, Architecture((3, 1), "identity", *HEAD), 4)
    if architecture is None:
        return []
    inputs = np.append(XOR, XOR[:, :1] * XOR[:, 1:], axis=1)
    layers = [Layer(np.array([[20.0], [20.0], [-40.0]]), np.array([-10.0]))]
    case = Case(architecture, layers, inputs, DIFFERENT, space, kind="product feature")
    return [Labelled(case, margin=9.0)]


@dataclass(frozen=True)
class XorNetworks(Recipe):
    """The recipe: XOR with two hidden units, at weights that solve it and at any others.

    Any others are multiples of 1/16 and at most 8 in size, so that a mean of two is exact.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    required: tuple[str, ...] = ("small integers", "general position")

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Labelled]:
        """Networks on the four points.

        Raises: OutOfScope saying what the scope lacks.
        """
        solved = tuple(_solutions(scope, precision))
        if not solved:
            raise OutOfScope(
                "the law needs four rows, and a hidden layer of two monotone units with biases"
            )
        return _solved_or_not(solved, self.kinds)


@st.composite
def _solved_or_not(draw: DrawFn, solved: tuple[Labelled, ...], kinds: tuple[str, ...]) -> Labelled:
    solution = in_turn(draw, "solution", some(solved[0].case.space, solved))
    if in_turn(draw, "solved", (False, True)):
        return solution
    kind, rng = in_turn(draw, "kind", kinds), np.random.default_rng(draw(SEEDS))
    return _elsewhere(solution.case, kind, rng)


def _elsewhere(case: Case, kind: str, rng: Generator) -> Labelled:
    drawn = drawn_parameters(case.space, case.architecture, kind, rng)
    grid = [Layer(*(np.clip(np.round(x * 16) / 16, -8, 8) for x in layer)) for layer in drawn]
    return Labelled(replace(case, parameters=grid, kind=kind))


def _solutions(scope: Scope, precision: Precision) -> list[Labelled]:
    """XOR by two hidden units, for every monotone unit that the scope offers."""
    monotone = (*STEPS, *BENDS)
    if not set(monotone) & set(scope.activations):
        return []
    try:
        recipe = Networks((1, 1), activations=monotone, heads=(HEAD,), plain=True, biases=True)
        space = replace(recipe, moves=True).space(scope, precision)
    except OutOfScope:
        return []
    solved = []
    for name in space.activations:
        architecture = fitting(space, Architecture((2, 2, 1), name, *HEAD), 4)
        if architecture is not None:
            case = Case(
                architecture, xor_solution(name), XOR, DIFFERENT, space, kind="two hidden units"
            )
            solved.append(Labelled(case, margin=9.0))
    return solved


def xor_solution(activation: str) -> Parameters:
    """Two units with s = x1 + x2 that solve XOR, every logit beyond -9 or 9.

    Steps:  20 (f(20 s - 10) + f(30 - 20 s)) - 30 for the sigmoid, the same in terms of the tanh.
    Bends:  c - 16 (f(4 s - 4) + f(4 - 4 s)), which is c - 32 f(0), about 10, where s = 1.
    """
    if activation in STEPS:
        half = STEPS[activation]  # sigmoid(z) = (1 + tanh(z / 2)) / 2
        units = Layer(20 * half * _OPPOSITE, half * np.array([-10.0, 30.0]))
        return [units, Layer(np.full((2, 1), 20 * half), np.array([-30 + 40 * (1 - half)]))]
    units = Layer(4 * _OPPOSITE, np.array([-4.0, 4.0]))
    return [units, Layer(np.full((2, 1), -16.0), np.array([10 + BENDS[activation]]))]


def exchanged_and_halfway(case: Case) -> tuple[Case, Case]:
    """The network with its two hidden units in the other order, and the mean of both networks."""
    (weights, biases), (readout, bias) = case.parameters
    units = Layer(np.ascontiguousarray(weights[:, ::-1]), biases[::-1].copy())
    other = [units, Layer(readout[::-1].copy(), bias)]
    between = halfway(case.parameters, other)
    return case.with_parameters(other), case.with_parameters(between)


_OPPOSITE = np.array([[1.0, -1.0], [1.0, -1.0]])
