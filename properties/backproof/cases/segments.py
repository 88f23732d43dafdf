"""Two networks and the one halfway between them, exactly: where a chord is laid over the loss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from backproof.cases.case import Case, KnownOf
from backproof.cases.logits import logits_of, with_logits
from backproof.cases.recipe import MadeOfCases
from backproof.cases.turns import SEEDS
from backproof.contract import Declared, Scope
from refnet.architecture import Layer, Parameters
from refnet.rounding.precision import Precision


def halfway(one: Parameters, other: Parameters) -> Parameters:
    """(a + b) / 2, exact for multiples of 1/16 that are at most 64 in size."""
    return [Layer((v + x) / 2, (w + y) / 2) for (v, w), (x, y) in zip(one, other, strict=True)]


@dataclass(frozen=True, eq=False)
class Segment(KnownOf):
    """The straight line between two parameters of a case."""

    case: Case
    other: Parameters

    @property
    def points(self) -> tuple[Case, Case, Case]:
        """The case at a, at b, and halfway."""
        at = self.case.with_parameters
        return self.case, at(self.other), at(halfway(self.case.parameters, self.other))

    def literal(self) -> dict[str, Any]:
        """The case with both parameters as plain values."""
        shown = self.case.literal()
        ends = (shown.pop("parameters"), self.points[1].literal()["parameters"])
        words = {"architecture": shown.pop("architecture"), "a": ends[0], "b": ends[1]}
        return {**words, **shown}

    def simpler(self) -> Iterator[Self]:
        """The same segment over one row less."""
        count, space = len(self.case.inputs), self.case.space
        for gone in range(count if count > space.rows[0] and space.whole is None else 0):
            kept = np.delete(np.arange(count), gone)
            inputs, targets = self.case.inputs[kept], self.case.targets[kept]
            yield replace(self, case=replace(self.case, inputs=inputs, targets=targets))


@dataclass(frozen=True)
class Segments(MadeOfCases):
    """The recipe: a case by another recipe, and the other end from it and a seed."""

    make: Callable[[Case, int], Segment]

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Segment]:
        """Segments that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        return st.builds(self.make, self.cases.strategy(scope, precision, conventions), SEEDS)


def near_or_far(case: Case, seed: int) -> Segment:
    """To another multiple of 1/16, at most 8 in size, from a case that is on this grid itself."""
    rng = np.random.default_rng(seed)
    most = int(rng.choice([1, 16, 128]))

    def moved(part: Any) -> Any:
        return np.clip(part + rng.integers(-most, most + 1, part.shape) / 16, -8, 8)

    moves = case.architecture.biases
    other = [Layer(moved(w), moved(b) if moves else b) for w, b in case.parameters]
    return Segment(case, other)


def upwards(case: Case, seed: int) -> Segment:
    """From logits of at least 1 to larger ones, with all targets 0."""
    rng, widths = np.random.default_rng(seed), case.architecture.widths
    least = 1 + np.abs(np.resize(logits_of(case), (widths[0], widths[-1])))
    zero = replace(case, targets=np.zeros_like(case.targets))
    beyond = with_logits(zero, least + 2.0 * rng.integers(1, 5, least.shape))
    return Segment(with_logits(zero, np.asarray(least)), beyond.parameters)
