"""Data for a fit: logistic regressions that are known to have exactly one minimiser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator
from numpy.typing import NDArray

from backproof.cases.case import Case
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.simpler import simpler_cases
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Architecture, Array, Layer
from refnet.logistic.certificate import certify
from refnet.logistic.datasets import overlapping
from refnet.logistic.newton import fit
from refnet.rounding.precision import Precision

HEADS = (("sigmoid", "cross_entropy"), ("softmax", "cross_entropy"))
PENALTIES = (1.0, 0.25, 2.0**-6)
MOST_FEATURES, MOST_CLASSES = 5, 3
MOST_OVERLAPPING = 10
"""Rows of overlapping data: with these no number exceeds 225, which eight binary digits hold."""

Points = tuple[Array, NDArray[np.int64]]  # inputs (n, features), classes (n,)


def _every_label(rng: Generator, features: int, classes: int, rows: int) -> Points:
    """Points that span the space, each of them in every class, so that no plane separates them."""
    count = features + 1
    while True:
        points = rng.integers(-3, 4, (count, features)).astype(np.float64)
        if np.linalg.matrix_rank(np.append(points, np.ones((count, 1)), axis=1)) == count:
            break
    more = max(rows - classes * count, count)  # or every best fit would be 0
    again = np.append(np.tile(np.arange(count), classes), rng.integers(0, count, more))
    labels = np.append(np.repeat(np.arange(classes), count), rng.integers(0, classes, more))
    return points[again], labels


def _overlapping(rng: Generator, features: int, classes: int, rows: int) -> Points:
    """Two classes with the same mean: a witness in whole numbers proves that they overlap."""
    found = overlapping(rng, min(max(rows, features + 2), MOST_OVERLAPPING), features)
    cloud = found.design[:, :-1]
    size = 2.0 ** np.ceil(np.log2(max(np.max(np.abs(cloud)), 4.0)) - 2)
    return cloud / size, found.labels[:, 0].astype(int)


def _penalised(rng: Generator, features: int, classes: int, rows: int) -> Points:
    """Any inputs and labels, each class once at least; the case has a penalty on the weights."""
    more = max(rows - classes, 0)
    labels = np.append(np.arange(classes), rng.integers(0, classes, more))
    return rng.normal(size=(len(labels), features)) * 10 ** rng.uniform(-1, 0.5), labels


KINDS: dict[str, Callable[[Generator, int, int, int], Points]] = {
    "every label": _every_label,
    "overlapping": _overlapping,
    "penalised": _penalised,
}


@dataclass(frozen=True, eq=False)
class FitCase(Case):
    """Data with one best fit."""

    def simpler(self) -> Iterator[Self]:
        """The simpler cases that are known to have one best fit too."""
        for case in simpler_cases(self):
            if case.has_minimiser():
                yield case

    def has_minimiser(self) -> bool:
        """Whether the engine's own fit carries a certificate."""
        penalties = np.zeros(self.design.shape[1])
        penalties[: self.inputs.shape[1]] = self.architecture.l2
        data = self.design, self.targets
        try:
            found = fit(*data, penalties, self.sample_weights)
        except ValueError:
            return False
        return certify(*data, found.weights, penalties, self.sample_weights).holds


@dataclass(frozen=True)
class Fits(Recipe):
    """The recipe: a network without hidden layer and data with one best fit, simplest kind first.

    Cases of two classes have one sigmoid output, or two of a softmax.
    """

    required: tuple[str, ...] = ("every label",)
    kinds: tuple[str, ...] = tuple(KINDS)

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Case]:
        """Cases that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        space = Networks(hidden_layers=(0, 0), heads=HEADS).space(scope, precision)
        if space.architectures is not None:
            raise OutOfScope("the law needs networks without hidden layer, of any width")
        classes = _classes(space)
        if not classes:
            raise OutOfScope("the law needs one sigmoid output, or two or three of a softmax")
        features = _features(space, max(count for _, count in classes))
        if space.features[0] > features:
            raise OutOfScope(f"the law needs more than {space.rows[1]} rows")
        lacking = {
            "overlapping": ("sigmoid", 2) not in classes or space.rows[0] > MOST_OVERLAPPING,
            "penalised": not space.l2,
        }
        drawn = tuple(kind for kind in self.kinds if not lacking.get(kind))
        return _fits(space, drawn or ("every label",), classes, features)


def _classes(space: Space) -> tuple[tuple[str, int], ...]:
    """The pairs (output, classes) that the space has."""
    low, (least, most) = space.outputs[0], space.outputs_of("softmax")
    outputs = [output for output, _ in space.heads]
    found = [("sigmoid", 2)] if "sigmoid" in outputs and low <= 1 else []
    many = range(least, min(most, MOST_CLASSES) + 1) if "softmax" in outputs else ()
    return (*found, *(("softmax", count) for count in many))


def _features(space: Space, classes: int) -> int:
    """The most features for which the points fit into the rows, in every class and once more."""
    return min(space.features[1], MOST_FEATURES, space.rows[1] // (classes + 1) - 1)


@st.composite
def _fits(
    draw: DrawFn,
    space: Space,
    kinds: tuple[str, ...],
    classes: tuple[tuple[str, int], ...],
    most: int,
) -> Case:
    kind = in_turn(draw, "kind", kinds)
    classes = (*classes[:1], *some(space, classes[1:]))
    output, count = classes[0] if kind == "overlapping" else in_turn(draw, "classes", classes)
    features = draw(among(some(space, tuple(range(space.features[0], most + 1)))))
    rows = space.size(draw, space.rows) if space.whole is None else 3 * (features + 1)
    rng = np.random.default_rng(draw(SEEDS))
    inputs, labels = KINDS[kind](rng, features, count, rows)
    penalised = kind == "penalised" or (space.l2 and draw(among((False, False, False, True))))
    l2 = draw(among(some(space, PENALTIES))) if penalised else 0.0
    weights = None
    if space.sample_weights and draw(among((False, False, False, True))):
        weights = rng.integers(1, 8, len(inputs)) / 4.0
    targets: Array = labels[:, None].astype(np.float64)
    if output == "softmax":
        targets = np.eye(count)[labels]
    shape = (features, 1 if output == "sigmoid" else count)
    return FitCase(
        architecture=Architecture(
            shape, "identity", output, "cross_entropy", l2=l2, biases=space.biases
        ),
        parameters=[Layer(np.zeros(shape), np.zeros(shape[1]))],
        inputs=space.precision.round(inputs),
        targets=targets,
        space=space,
        sample_weights=weights,
        kind=kind,
    )
