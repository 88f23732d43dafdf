"""Networks whose logits are known exactly, so that a loss is judged apart from its forward pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case
from backproof.cases.networks import Networks
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.turns import SEEDS, in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Array, Layer
from refnet.rounding.precision import Precision

Shape = tuple[int, ...]


def _zeros(rng: Generator, shape: Shape) -> Array:
    return np.zeros(shape)


def _small_integers(rng: Generator, shape: Shape) -> Array:
    return rng.integers(-2, 3, shape).astype(float)


def _quarters(rng: Generator, shape: Shape) -> Array:
    return np.asarray(rng.integers(-8, 9, shape) / 4)


def _saturated(rng: Generator, shape: Shape) -> Array:
    """Numbers of eight bits between 10 and 10,000 in size, the extremes included."""
    sizes = rng.choice([10.0, 1e4, 0.0], shape) + 10 ** rng.uniform(1, 4, shape)
    mantissa, exponent = np.frexp(np.minimum(sizes, 9984.0))
    sizes = np.ldexp(np.round(mantissa * 256) / 256, exponent)
    return np.asarray(sizes * rng.choice([-1.0, 1.0], shape))


def _mixed(rng: Generator, shape: Shape) -> Array:
    """Saturated rows beside rows that are not: what suits the one may ruin the other."""
    saturated = rng.integers(0, 2, (shape[0], 1)) == 1
    return np.where(saturated, _saturated(rng, shape), _small_integers(rng, shape))


FILLS: dict[str, Callable[[Generator, Shape], Array]] = {
    "zeros": _zeros,
    "small integers": _small_integers,
    "quarters": _quarters,
    "saturated logits": _saturated,
    "mixed rows": _mixed,
}


@dataclass(frozen=True)
class Logits(Recipe):
    """The recipe: cases without penalty and sample weights, of these heads, with known logits."""

    heads: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...] = tuple(FILLS)
    required: tuple[str, ...] = ("saturated logits", "mixed rows")

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Case]:
        """Cases that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        depth = (0, None if scope.biases else 0)  # behind a hidden layer the biases are the logits
        recipe = Networks(depth, heads=self.heads, plain=True, kinds=("zeros",), moves=True)
        drawn = recipe.strategy(scope, precision, conventions)
        return _known(self.kinds, drawn, with_rows_apart(recipe, scope, precision, conventions))


@st.composite
def _known(
    draw: DrawFn, kinds: tuple[str, ...], cases: SearchStrategy[Case], apart: SearchStrategy[Case]
) -> Case:
    kind = in_turn(draw, "logits", kinds)
    return _filled(draw(apart if kind == "mixed rows" else cases), kind, draw(SEEDS))


def with_rows_apart(
    recipe: Networks, scope: Scope, precision: Precision, conventions: Declared
) -> SearchStrategy[Case]:
    """Cases without a hidden layer, if the scope has any: behind one, all rows have one logit.

    Raises: OutOfScope saying what the scope lacks.
    """
    try:
        return replace(recipe, hidden_layers=(0, 0)).strategy(scope, precision, conventions)
    except OutOfScope:
        return recipe.strategy(scope, precision, conventions)


def _filled(case: Case, kind: str, seed: int) -> Case:
    features, outputs = case.architecture.widths[0], case.architecture.widths[-1]
    logits = FILLS[kind](np.random.default_rng(seed), (features, outputs))
    return replace(with_logits(case, logits), kind=kind)


def with_logits(case: Case, logits: Array) -> Case:
    """The case with given logits, one row of them for each feature.

    Without a hidden layer row i is a unit vector that picks those of feature i, counted round.
    Above a hidden layer the last weights are 0, and the biases give the first to every row.
    """
    parameters = [Layer(0 * w, 0 * b) for w, b in case.parameters]
    if case.architecture.hidden_layers:
        parameters[-1] = Layer(parameters[-1].weights, logits[0])
        return case.with_parameters(parameters)
    parameters[0] = Layer(logits, parameters[0].biases)
    inputs, row = np.zeros_like(case.inputs), np.arange(len(case.inputs))
    inputs[row, row % len(logits)] = 1.0
    return replace(case, parameters=parameters, inputs=inputs)


def logits_of(case: Case) -> Array:
    """The logits of a case made by `with_logits`, or of any without a hidden layer: (n, k)"""
    weights, biases = case.parameters[-1]
    if case.architecture.hidden_layers:
        return np.broadcast_to(biases, case.targets.shape)
    return np.asarray(case.inputs @ weights + biases)


def probabilities(case: Case, z: Array) -> Array:
    """The sigmoid or the softmax of logits, by scipy.special: (n, k)"""
    softmax = case.architecture.output == "softmax"
    return np.asarray(scipy.special.softmax(z, axis=-1) if softmax else scipy.special.expit(z))


def cross_entropy(case: Case, z: Array) -> float:
    """The sum of the losses of the rows, by scipy.special."""
    y = case.targets
    if case.architecture.output == "softmax":
        return float(np.sum(y * (scipy.special.logsumexp(z, axis=-1, keepdims=True) - z)))
    return float(-np.sum(y * scipy.special.log_expit(z) + (1 - y) * scipy.special.log_expit(-z)))


def range_of(case: Case, z: Array) -> Array:
    """The largest difference of two logits of a row; a sigmoid's second logit is 0."""
    return np.ptp(z, axis=-1) if case.architecture.output == "softmax" else np.abs(z)
