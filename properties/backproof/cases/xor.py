"""XOR: four points that a hidden layer tells apart, and no unit alone."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from backproof.cases.case import Case
from backproof.cases.kinds import KINDS
from backproof.cases.networks import Networks
from backproof.cases.points import HEAD, Labelled, demanded, drawn_parameters, fitting
from backproof.cases.segments import halfway
from backproof.cases.space import OutOfScope, Space
from backproof.contract import NotSupported, Scope
from refnet.architecture import Architecture, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import Precision

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
DIFFERENT = np.array([[0.0], [1.0], [1.0], [0.0]])

STEPS = {"sigmoid": 1.0, "tanh": 0.5}
BENDS = {"relu": 0.0, "leaky_relu": 0.0, "elu": 0.0, "selu": 0.0, "softplus": 22.0, "exp": 32.0}
"""Monotone units: those that saturate, and those that bend, with nearly 32 f(0)."""


@dataclass(frozen=True)
class XorRegressions:
    """The recipe: XOR without a hidden layer; and with two hidden units, or x1 x2 as a feature."""

    kinds: tuple[str, ...] = (*KINDS, "two hidden units", "product feature")
    required: tuple[str, ...] = ("zeros", "small integers", "general position")

    def strategy(
        self, scope: Scope, precision: Precision, kinds: tuple[str, ...] | None = None
    ) -> SearchStrategy[Labelled]:
        """Networks on the four points.

        Raises: OutOfScope saying what the scope lacks.
        """
        space = Networks(hidden_layers=(0, 0), heads=(HEAD,), plain=True).space(scope, precision)
        linear = demanded(space, Architecture((2, 1), "identity", *HEAD), 4)
        solved = [_product(space), *_solutions(scope, precision)]
        solutions = [one for one in solved if one is not None]
        drawn = st.builds(
            lambda kind, seed: _on_xor(space, linear, kind, seed),
            st.sampled_from([kind for kind in kinds or self.kinds if kind in KINDS]),
            st.integers(0, 2**32 - 1),
        )
        if kinds is not None or not solutions:
            return drawn
        return drawn | drawn | st.sampled_from(solutions)


def _on_xor(space: Space, architecture: Architecture, kind: str, seed: int) -> Labelled:
    parameters = drawn_parameters(space, architecture, kind, np.random.default_rng(seed))
    case = Case(architecture, parameters, XOR, DIFFERENT, space, kind=kind)
    return Labelled(case, kind, floor=4 * np.log(2))


def _product(space: Space) -> Labelled | None:
    """20 x1 + 20 x2 - 40 x1 x2 - 10, which is -10 or 10"""
    architecture = fitting(space, Architecture((3, 1), "identity", *HEAD), 4)
    if architecture is None:
        return None
    inputs = np.append(XOR, XOR[:, :1] * XOR[:, 1:], axis=1)
    layers = [Layer(np.array([[20.0], [20.0], [-40.0]]), np.array([-10.0]))]
    return Labelled(Case(architecture, layers, inputs, DIFFERENT, space), "product feature", 9.0)


@dataclass(frozen=True)
class XorNetworks:
    """The recipe: XOR with two hidden units, at weights that solve it and at any others.

    Any others are multiples of 1/16 and at most 8 in size, so that a mean of two is exact.
    """

    kinds: tuple[str, ...] = (*KINDS, "two hidden units")
    required: tuple[str, ...] = ("small integers", "general position")

    def strategy(
        self, scope: Scope, precision: Precision, kinds: tuple[str, ...] | None = None
    ) -> SearchStrategy[Labelled]:
        """Networks on the four points.

        Raises: OutOfScope saying what the scope lacks.
        """
        solved = _solutions(scope, precision)
        if not solved:
            raise OutOfScope("the law needs four rows, and a hidden layer of two monotone units")
        drawn = st.builds(
            _elsewhere,
            st.sampled_from(solved),
            st.sampled_from([kind for kind in kinds or self.kinds if kind in KINDS]),
            st.integers(0, 2**32 - 1),
        )
        return drawn if kinds is not None else drawn | st.sampled_from(solved)


def _elsewhere(solved: Labelled, kind: str, seed: int) -> Labelled:
    case, rng = solved.case, np.random.default_rng(seed)
    drawn = drawn_parameters(case.space, case.architecture, kind, rng)
    grid = [Layer(*(np.clip(np.round(x * 16) / 16, -8, 8) for x in layer)) for layer in drawn]
    return Labelled(case.with_parameters(grid), kind)


def _solutions(scope: Scope, precision: Precision) -> list[Labelled]:
    """XOR by two hidden units, for every monotone unit that the scope offers."""
    monotone = (*STEPS, *BENDS)
    if not set(monotone) & set(scope.activations):
        return []
    try:
        recipe = Networks(hidden_layers=(1, 1), activations=monotone, heads=(HEAD,), plain=True)
        space = recipe.space(scope, precision)
    except OutOfScope:
        return []
    solved = []
    for name in space.activations:
        architecture = fitting(space, Architecture((2, 2, 1), name, *HEAD), 4)
        if architecture is not None:
            case = Case(architecture, xor_solution(name), XOR, DIFFERENT, space)
            solved.append(Labelled(case, "two hidden units", 9.0))
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


def unless_flat(c: Conventions, case: Case) -> None:
    """Nothing, where units in two pieces are monotone and bend enough for the weights above.

    Raises: NotSupported otherwise.
    """
    units = case.architecture.activations
    if "leaky_relu" in units and not 0 <= c.leaky_slope <= 0.5:
        raise NotSupported(f"leaky_slope={c.leaky_slope}: the law's weights are for 0 to 0.5")
    if "elu" in units and not 0 <= c.elu_alpha <= 2:
        raise NotSupported(f"elu_alpha={c.elu_alpha}: the law's weights are for 0 to 2")


_OPPOSITE = np.array([[1.0, -1.0], [1.0, -1.0]])
