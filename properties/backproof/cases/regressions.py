"""Linear regressions whose least squares solution is known, without anybody solving for it.

Two rows with the same inputs have residuals that cancel, so that X^T r = 0 whatever the inputs are,
independent or not. With a penalty l |W|^2 it is X^T r = l W that is wanted: then the residuals come
first, and the weights are X^T r / l.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.case import Case, KnownOf
from backproof.cases.networks import Networks
from backproof.cases.recipe import Recipe
from backproof.cases.turns import SEEDS, in_turn
from backproof.contract import Declared, Scope, conventions_of
from refnet.architecture import Array, Layer
from refnet.conventions import Conventions
from refnet.problem import gradient_share, penalty_factor
from refnet.rounding.precision import Precision

HEAD = ("identity", "squared_error")
KINDS = ("perfect fit", "residuals", "dependent columns")


@dataclass(frozen=True, eq=False)
class Regression(KnownOf):
    """A linear model at the minimiser of its squared error, and where else it is asked.

    case:  at the minimiser
    step:  (d, k), how far away it is asked too, with a row for the biases where there are any
    slip:  (n, k), what rounding has added to the targets
    short: (d, k), what rounding has added to the weights
    """

    case: Case
    step: Array
    slip: Array
    short: Array

    @property
    def elsewhere(self) -> Case:
        """The regression a step away from the minimiser."""
        (weights, biases), step = self.case.parameters[0], self.step
        moved = Layer(weights + step[: len(weights)], biases + step[len(weights) :].sum(axis=0))
        return self.case.with_parameters([moved])

    def literal(self) -> dict[str, Any]:
        """The regression at the minimiser, and the step away from it."""
        return {**self.case.literal(), "step": self.step.tolist()}


@dataclass(frozen=True)
class Regressions(Recipe):
    """The recipe: inputs and weights in small whole numbers, and residuals that belong to them."""

    kinds: tuple[str, ...] = KINDS
    required: tuple[str, ...] = KINDS

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Regression]:
        """Regressions that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        recipe = Networks((0, 0), heads=(HEAD,), kinds=("zeros",), moves=True)
        drawn = recipe.strategy(scope, precision, conventions)
        return _solved(drawn, self.kinds, conventions_of(conventions, HEAD))


@st.composite
def _solved(
    draw: DrawFn, cases: SearchStrategy[Case], kinds: tuple[str, ...], c: Conventions
) -> Regression:
    kind = in_turn(draw, "residuals", kinds)
    case, rng = draw(cases), np.random.default_rng(draw(SEEDS))
    return _at_the_minimiser(replace(case, inputs=_inputs(rng, case, kind), kind=kind), rng, c)


def _at_the_minimiser(case: Case, rng: Generator, c: Conventions) -> Regression:
    """The case with weights that are the best ones for its targets."""
    rounded, features = case.space.precision.round, case.inputs.shape[1]
    weights = case.sample_weights
    shares = np.ones(len(case.inputs)) if weights is None else weights
    residuals = _cancelling(rng, case, shares) * (case.kind != "perfect fit")
    exact, ratio = _whole(rng, case), _penalty(case, c, shares)
    if ratio:
        exact[:features] = case.inputs.T @ (shares[:, None] * residuals)
        exact[features:] *= not c.penalty_on_biases
    best = rounded(exact)
    wanted = case.design @ best + (ratio or 1.0) * residuals
    targets = rounded(wanted)
    layers = [Layer(best[:features], np.sum(best[features:], axis=0))]
    case = replace(case, parameters=layers, targets=targets)
    return Regression(
        case, rounded(best + _whole(rng, case)) - best, targets - wanted, best - exact
    )


def _inputs(rng: Generator, case: Case, kind: str) -> Array:
    """Small whole numbers; rows in pairs where nothing else makes the residuals cancel."""
    inputs = rng.integers(-2, 3, case.inputs.shape).astype(float)
    if not case.architecture.l2:
        inputs[1::2] = inputs[: len(inputs) // 2 * 2 : 2]
    if kind == "dependent columns":
        inputs[:, -1] = inputs[:, 0] if inputs.shape[1] > 1 else 1.0
    return inputs


def _cancelling(rng: Generator, case: Case, shares: Array) -> Array:
    """Residuals of which two neighbours, times their weights, add up to 0."""
    found, paired = np.zeros_like(case.targets), len(shares) // 2 * 2
    sizes = rng.integers(-2, 3, (paired // 2, case.architecture.widths[-1]))
    found[:paired:2] = sizes * shares[1:paired:2, None]
    found[1:paired:2] = -sizes * shares[:paired:2, None]
    return found


def _penalty(case: Case, c: Conventions, shares: Array) -> float:
    """How much larger the derivative of the penalty is than that of a row of weight 1."""
    problem = case.problem(c)
    factors = np.broadcast_to(gradient_share(problem, 2 * c.squared_error).factor, shares.shape)
    penalty = 2 * float(np.squeeze(penalty_factor(problem)[0])) * c.gradient_factor
    return penalty * float(np.sum(shares)) / float(np.sum(factors))


def _whole(rng: Generator, case: Case) -> Array:
    """Weights, and biases in the last row where there are any, in small whole numbers."""
    shape = (case.design.shape[1], case.architecture.widths[-1])
    return rng.integers(-2, 3, shape).astype(float)
