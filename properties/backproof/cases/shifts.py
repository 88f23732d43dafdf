"""Logits that are integers, and a constant to add to them: the sum is exact in every precision."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.case import Case
from backproof.cases.integers import digits
from backproof.cases.logits import logits_of, with_logits, with_rows_apart
from backproof.cases.networks import networks
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.simpler import simpler_cases
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope, conventions_of
from refnet.architecture import Array, Layer
from refnet.functions.softmax import SOFTMAX
from refnet.rounding.arithmetic import Ball, Operation, within
from refnet.rounding.precision import Precision

HEADS = (("softmax", "cross_entropy"), ("softmax", "squared_error"))
LARGEST = {"zeros": 0, "small integers": 3, "hundreds": 500, "distant rows": 3}
APART = 500
SHIFTS = (1, -1, 5, -5, 10, -10, 100, -100, 1000, -1000)
"""The last two are beyond the range of exp in float64, the two before in float32."""

NEAR = SHIFTS[:4]
"""They leave small integers within 8 of 0, where the bound of a softmax is smallest."""


@dataclass(frozen=True, eq=False)
class ShiftedLogits(Case):
    """A case with integer logits, and the constant by which they are shifted."""

    shift: int = 0

    @property
    def logits(self) -> Array:
        """The logits, exactly: (n, classes)"""
        return logits_of(self)

    @property
    def shifted(self) -> Case:
        """The case with the constant added to all logits, through the last biases."""
        last = self.parameters[-1]
        moved = Layer(last.weights, last.biases + self.shift)
        return self.with_parameters([*self.parameters[:-1], moved])

    def softmax(self, logits: Array, operation: Operation = SOFTMAX.value) -> Ball:
        """The softmax of exactly known logits, as a ball."""
        ball: Ball = within(self.space.precision)(operation, logits)
        return ball.rounded_up()

    def literal(self) -> dict[str, Any]:
        """The case as plain values."""
        return {**super().literal(), "shift": self.shift}

    def simpler(self) -> Iterator[Self]:
        """The simpler cases whose logits are exact, before the shift and after."""
        plainer = [s for s in SHIFTS if abs(s) < abs(self.shift)]
        for case in (*(replace(self, shift=s) for s in plainer), *simpler_cases(self)):
            weights, biases = (np.abs(part) for part in case.parameters[-1])
            inputs = 0.0 if case.architecture.hidden_layers else np.abs(case.inputs)
            size = np.dot(inputs, weights) + biases + abs(case.shift)
            if np.all(size < 2.0 ** digits(self.space.precision)):
                yield case


@dataclass(frozen=True)
class SoftmaxLogits(Recipe):
    """The recipe: softmax outputs of integer logits, and a shift."""

    kinds: tuple[str, ...] = tuple(LARGEST)
    required: tuple[str, ...] = ("small integers", "hundreds", "distant rows")

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[ShiftedLogits]:
        """Networks that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        offered = [head for head in HEADS if head in scope.heads]
        means = {head: conventions_of(conventions, head).outputs for head in offered}
        heads = tuple(head for head in offered if means[head] != "logits")
        if offered and not heads:
            raise OutOfScope("the law is about what a softmax gives, and forward gives its logits")
        heads = heads or HEADS
        recipe = networks(heads=heads, plain=True, kinds=("zeros",), biases=True, moves=True)
        room = 2 ** (digits(precision) - 1)
        return _logits(
            self.kinds,
            recipe.strategy(scope, precision, conventions),
            with_rows_apart(recipe, scope, precision, conventions),
            tuple(shift for shift in SHIFTS if abs(shift) <= room),
        )


@st.composite
def _logits(
    draw: DrawFn,
    kinds: tuple[str, ...],
    cases: SearchStrategy[Case],
    distant: SearchStrategy[Case],
    shifts: tuple[int, ...],
) -> ShiftedLogits:
    kind = in_turn(draw, "logits", kinds)
    case = draw(distant if kind == "distant rows" else cases)
    near = kind in ("zeros", "small integers")
    return _shifted(case, kind, draw(among(NEAR if near else shifts)), draw(SEEDS))


def _shifted(case: Case, kind: str, shift: int, seed: int) -> ShiftedLogits:
    """The case with integer logits of the kind, and small enough for the shift."""
    room = 2 ** (digits(case.space.precision) - 1) - 1
    largest, rng = min(LARGEST[kind], room), np.random.default_rng(seed)
    features, classes = case.architecture.widths[0], case.architecture.widths[-1]
    logits = rng.integers(-largest, largest + 1, (features, classes))
    if kind == "distant rows":
        logits += rng.choice([-1, 1], (features, 1)) * min(APART, room - largest)
    found = with_logits(case, logits.astype(float))
    return ShiftedLogits(
        found.architecture, found.parameters, found.inputs, found.targets, found.space,
        kind=kind, shift=shift,
    )  # fmt: skip
