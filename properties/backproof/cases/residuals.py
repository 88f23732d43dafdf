"""Networks with the loss of Huber whose residuals are known, and lie where the loss changes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case
from backproof.cases.logits import logits_of, with_logits, with_rows_apart
from backproof.cases.networks import Networks
from backproof.cases.recipe import Recipe
from backproof.cases.turns import SEEDS, in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Array
from refnet.rounding.precision import Precision

HEAD = ("identity", "huber")
Shape = tuple[int, ...]


def _signs(rng: Generator, shape: Shape) -> Array:
    return rng.choice([-1.0, 1.0], shape)


def _within(rng: Generator, shape: Shape, unit: float) -> Array:
    return np.asarray(rng.integers(-7, 8, shape) / 8)


def _far_within(rng: Generator, shape: Shape, unit: float) -> Array:
    """Residuals of all digits, of which (r - delta) + delta would lose the last ones."""
    return _signs(rng, shape) * rng.uniform(1, 2, shape) * 2.0 ** -rng.integers(8, 20, shape)


def _at_delta(rng: Generator, shape: Shape, unit: float) -> Array:
    """Delta, and its neighbours on both sides."""
    return _signs(rng, shape) * (1 + unit * rng.integers(-2, 3, shape))


def _beyond(rng: Generator, shape: Shape, unit: float) -> Array:
    return _signs(rng, shape) * (1 + rng.integers(1, 9, shape) / 8)


def _outliers(rng: Generator, shape: Shape, unit: float) -> Array:
    return _signs(rng, shape) * 2.0 ** rng.integers(2, 12, shape)


KINDS: dict[str, Callable[[Generator, Shape, float], Array]] = {
    "within delta": _within,
    "far within delta": _far_within,
    "at delta": _at_delta,
    "beyond delta": _beyond,
    "outliers": _outliers,
}
"""Residuals in units of delta."""


class Residuals(Recipe):
    """The recipe: logits in small whole numbers, and targets at these distances from them."""

    required = tuple(KINDS)

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Case]:
        """Cases that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        depth = (0, None if scope.biases else 0)  # behind a hidden layer the biases are the logits
        recipe = Networks(depth, heads=(HEAD,), plain=True, kinds=("zeros",), moves=True)
        return _known(with_rows_apart(recipe, scope, precision, conventions))


@st.composite
def _known(draw: DrawFn, cases: SearchStrategy[Case]) -> Case:
    kind, case = in_turn(draw, "residuals", tuple(KINDS)), draw(cases)
    rng = np.random.default_rng(draw(SEEDS))
    features, outputs = case.architecture.widths[0], case.architecture.widths[-1]
    centres = rng.integers(-1, 2, (features, outputs)).astype(float)
    case = with_logits(case, centres)
    p, delta = case.space.precision, case.architecture.delta
    most = max(2 * delta, p.largest / (4 * case.targets.size * max(delta, 1)))  # no loss overflows
    residuals = np.clip(delta * KINDS[kind](rng, case.targets.shape, p.unit), -most, most)
    return replace(case, targets=p.round(logits_of(case) - residuals), kind=kind)
