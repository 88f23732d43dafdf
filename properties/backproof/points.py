"""Labelled points that some networks can tell apart and others cannot: XOR, simplices, Radon's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases import Case, Networks, OutOfScope, Space
from backproof.contract import Scope
from backproof.kinds import KINDS
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.precision import Precision

HEAD = ("sigmoid", "cross_entropy")
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
DIFFERENT = np.array([[0.0], [1.0], [1.0], [0.0]])

STEPS = {"sigmoid": 1.0, "tanh": 0.5}
BENDS = {"relu": 0.0, "leaky_relu": 0.0, "elu": 0.0, "selu": 0.0, "softplus": 22.0, "exp": 32.0}
"""Monotone units: those that saturate, and those that bend, with nearly 32 f(0)."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A network on points that keep their places and labels, whatever is made simpler.

    margin: how far on the right side every logit lies, where the weights are known to solve it
    floor:  the least sum of the losses over the points, where no weights can solve it
    """

    case: Case
    kind: str
    margin: float = 0.0
    floor: float = 0.0

    def literal(self) -> dict[str, Any]:
        """The network and its points as plain values."""
        return self.case.literal()

    def simpler(self) -> "Iterator[Labelled]":
        """The same points with plainer parameters, unless these are the ones that solve them."""
        for place, layer in enumerate(self.case.parameters if not self.margin else ()):
            for part in ("weights", "biases"):
                for plain in _plainer(getattr(layer, part)):
                    parameters = list(self.case.parameters)
                    parameters[place] = layer._replace(**{part: plain})
                    yield replace(self, case=self.case.with_parameters(parameters))


def _plainer(array: Array) -> Iterator[Array]:
    """The array with one entry made 0, 1 or whole, where it is not as plain already."""
    for at in np.ndindex(array.shape):
        for plain in (0.0, 1.0, float(np.round(array[at]))):
            if array[at] == plain:
                break
            changed = array.copy()
            changed[at] = plain
            yield changed


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
        linear = _demanded(space, Architecture((2, 1), "identity", *HEAD), 4)
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
    parameters = _parameters(space, architecture, kind, np.random.default_rng(seed))
    case = Case(architecture, parameters, XOR, DIFFERENT, space, kind=kind)
    return Labelled(case, kind, floor=4 * np.log(2))


def _parameters(space: Space, architecture: Architecture, kind: str, rng: Generator) -> Parameters:
    drawn, _ = KINDS[kind](rng, architecture, 1, space.precision)
    return [Layer(space.precision.round(w), space.precision.round(b)) for w, b in drawn]


def _product(space: Space) -> Labelled | None:
    """20 x1 + 20 x2 - 40 x1 x2 - 10, which is -10 or 10"""
    architecture = _fitting(space, Architecture((3, 1), "identity", *HEAD), 4)
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
            raise OutOfScope("the law needs XOR in a hidden layer of two monotone units")
        drawn = st.builds(
            _elsewhere,
            st.sampled_from(solved),
            st.sampled_from([kind for kind in kinds or self.kinds if kind in KINDS]),
            st.integers(0, 2**32 - 1),
        )
        return drawn if kinds is not None else drawn | st.sampled_from(solved)


def _elsewhere(solved: Labelled, kind: str, seed: int) -> Labelled:
    case, rng = solved.case, np.random.default_rng(seed)
    drawn = _parameters(case.space, case.architecture, kind, rng)
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
        architecture = _fitting(space, Architecture((2, 2, 1), name, *HEAD), 4)
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


_OPPOSITE = np.array([[1.0, -1.0], [1.0, -1.0]])


@dataclass(frozen=True)
class Simplices:
    """The recipe: d + 1 points that a unit tells apart, and d + 2 that no unit does.

    "shattered" has d + 1 affinely independent points with any labels; the others have one point
    more, x = sum_i c_i x_i with sum_i c_i = 1, and Radon's labels: 1 where c_i > 0, else 0, and 0
    for x itself. "all but one" has weights that are right at every point where c_i is not 0.
    """

    kinds: tuple[str, ...] = ("shattered", "all but one", *KINDS)
    required: tuple[str, ...] = ("shattered", "all but one", "general position")

    def strategy(
        self, scope: Scope, precision: Precision, kinds: tuple[str, ...] | None = None
    ) -> SearchStrategy[Labelled]:
        """Points in as many dimensions as the scope has, up to five.

        Raises: OutOfScope saying what the scope lacks.
        """
        space = Networks(hidden_layers=(0, 0), heads=(HEAD,), plain=True).space(scope, precision)
        fitting = [
            one
            for one in (Architecture((d, 1), "identity", *HEAD) for d in range(1, 6))
            if all(_fitting(space, one, one.widths[0] + extra) for extra in (1, 2))
        ]
        if not fitting:
            raise OutOfScope("the law needs d + 1 and d + 2 rows of d features, and one output")
        return _simplices(space, fitting, kinds or self.kinds)


@st.composite
def _simplices(
    draw: DrawFn, space: Space, fitting: list[Architecture], kinds: tuple[str, ...]
) -> Labelled:
    kind, wanted = draw(st.sampled_from(kinds)), draw(st.sampled_from(fitting))
    rng, d = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), wanted.widths[0]
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
        weights = _parameters(space, wanted, kind, rng)
    return make(points, np.append(signs, -1), weights, 0.0, floor)


def _maker(space: Space, wanted: Architecture, kind: str) -> Callable[..., Labelled]:
    def make(points: Array, signs: Array, weights: Parameters, *bounds: float) -> Labelled:
        architecture = _demanded(space, wanted, len(points))
        targets = (signs[:, None] > 0).astype(float)
        case = Case(architecture, weights, points.astype(float), targets, space, kind=kind)
        return Labelled(case, kind, *bounds)

    return make


def _corners(rng: Generator, d: int) -> tuple[Array, Array]:
    """A corner and d others, x_i = x_0 + T_i, with T and its inverse in whole numbers."""
    steps = np.eye(d)
    steps[np.arange(1, d), np.arange(d - 1)] = rng.integers(-1, 2, d - 1)
    start = np.zeros(d)
    start[rng.integers(d)] = rng.integers(-1, 2)
    return np.append([start], start + steps, axis=0), np.round(np.linalg.inv(steps))


def _splitting(corners: Array, inverse: Array, signs: Array) -> Parameters:
    """The weights with x_i w + b = 8 s_i at every corner."""
    weights = inverse @ (8.0 * (signs[1:] - signs[0]))
    return [Layer(weights[:, None], np.atleast_1d(8.0 * signs[0] - corners[0] @ weights))]


def _fitting(space: Space, wanted: Architecture, rows: int) -> Architecture | None:
    """The architecture as the space offers it, or None."""
    for one in space.architectures or (wanted,):
        same = (one.widths, one.activations, one.head) == (
            wanted.widths,
            wanted.activations,
            wanted.head,
        )
        if same and not one.l2 and not one.label_smoothing and space.admits(one, rows):
            return one
    return None


def _demanded(space: Space, wanted: Architecture, rows: int) -> Architecture:
    found = _fitting(space, wanted, rows)
    if found is None:
        raise OutOfScope(f"the law needs {rows} rows and a network of widths {wanted.widths}")
    return found
