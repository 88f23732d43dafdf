"""Two networks and the one halfway between them, exactly: where a chord is laid over the loss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from backproof.cases.case import Case
from backproof.cases.logits import logits_of, range_of, with_logits
from backproof.contract import Scope
from backproof.judging.law import Recipe
from backproof.subjects.subject import Subject
from refnet.architecture import Layer, Parameters
from refnet.problem import divisor_of
from refnet.rounding.precision import U64, Precision


def halfway(one: Parameters, other: Parameters) -> Parameters:
    """(a + b) / 2, exact for multiples of 1/16 that are at most 64 in size."""
    return [Layer((v + x) / 2, (w + y) / 2) for (v, w), (x, y) in zip(one, other, strict=True)]


@dataclass(frozen=True, eq=False)
class Segment:
    """The straight line between two parameters of a case."""

    case: Case
    other: Parameters

    @property
    def kind(self) -> str:
        """The kind of the case."""
        return self.case.kind

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

    def simpler(self) -> "Iterator[Segment]":
        """The same segment over one row less."""
        count = len(self.case.inputs)
        for gone in range(count if count > self.case.space.rows[0] else 0):
            kept = np.delete(np.arange(count), gone)
            inputs, targets = self.case.inputs[kept], self.case.targets[kept]
            yield replace(self, case=replace(self.case, inputs=inputs, targets=targets))


def chord_above(subject: Subject, segment: Segment) -> tuple[float, float, float]:
    """(F(a) + F(b)) / 2 - F((a + b) / 2), its radius, and the size of what cancels in it."""
    at_a, at_b, between = (subject.loss(point) for point in segment.points)
    ends = float(at_a.value + at_b.value) / 2
    size = float(np.abs(at_a.value) + np.abs(at_b.value)) / 2 + abs(float(between.value))
    radius = float(at_a.radius + at_b.radius) / 2 + float(between.radius)
    return ends - float(between.value), radius + 4 * U64 * size, size


def most_above(subject: Subject, segment: Segment) -> tuple[float, float]:
    """The sum of the squared ranges over 32n, and what rounding the ranges in float64 costs."""
    case, a, b = segment.case, segment.case.parameters[0], segment.other[0]
    weights, biases = b.weights - a.weights, b.biases - a.biases
    changes = case.inputs @ weights + biases
    terms = np.abs(case.inputs) @ np.abs(weights) + np.abs(biases)
    # twice the error of a change: a range is a difference of two
    error = 2 * (len(weights) + 3) * U64 * np.max(terms, axis=-1, keepdims=True)
    ranges = range_of(case, changes).reshape(len(changes), -1)
    divisor = 32 * divisor_of(subject.conventions, *changes.shape)
    bound = float(np.sum(ranges**2)) / divisor
    return bound, float(np.sum((ranges + error) ** 2)) * (1 + 2.0**-40) / divisor - bound


@dataclass(frozen=True)
class Segments:
    """The recipe: a case by another recipe, and the other end from it and a seed."""

    cases: Recipe
    make: Callable[[Case, int], Segment]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the cases."""
        return self.cases.kinds

    @property
    def required(self) -> tuple[str, ...]:
        """The kinds of the cases without which the law is vacuous."""
        return self.cases.required

    def strategy(
        self, scope: Scope, precision: Precision, kinds: tuple[str, ...] | None = None
    ) -> SearchStrategy[Segment]:
        """Segments that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        drawn = self.cases.strategy(scope, precision, kinds)
        return st.builds(self.make, drawn, st.integers(0, 2**32 - 1))


def near_or_far(case: Case, seed: int) -> Segment:
    """To another multiple of 1/16, at most 8 in size, from a case that is on this grid itself."""
    rng = np.random.default_rng(seed)
    most = int(rng.choice([1, 16, 128]))

    def moved(part: Any) -> Any:
        return np.clip(part + rng.integers(-most, most + 1, part.shape) / 16, -8, 8)

    return Segment(case, [Layer(moved(w), moved(b)) for w, b in case.parameters])


def upwards(case: Case, seed: int) -> Segment:
    """From logits of at least 1 to larger ones, with all targets 0."""
    rng, widths = np.random.default_rng(seed), case.architecture.widths
    least = 1 + np.abs(np.resize(logits_of(case), (widths[0], widths[-1])))
    zero = replace(case, targets=np.zeros_like(case.targets))
    beyond = with_logits(zero, least + 2.0 * rng.integers(1, 5, least.shape))
    return Segment(with_logits(zero, np.asarray(least)), beyond.parameters)
