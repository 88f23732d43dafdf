"""A case: a network with data, in literal arrays; and a direction in which its parameters move."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from backproof.cases.recipe import Drawn
from backproof.cases.space import Space
from refnet import Problem
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import Precision


@dataclass(frozen=True, eq=False)
class Case(Drawn):
    """A network with inputs and targets, all exactly representable in the subject's precision."""

    architecture: Architecture
    parameters: Parameters
    inputs: Array
    targets: Array
    space: Space = field(repr=False)
    sample_weights: Array | None = None
    kind: str = ""

    @property
    def met(self) -> tuple[str, ...]:
        """The kind, each activation, and the head as in "sigmoid with cross_entropy"."""
        a = self.architecture
        return (*filter(None, [self.kind]), *a.activations, " with ".join(a.head))

    @property
    def design(self) -> Array:
        """The inputs, with a column of ones where there are biases: (n, d)"""
        ones = np.ones((len(self.inputs), int(self.architecture.biases)))
        return np.append(self.inputs, ones, axis=1)

    def problem(self, conventions: Conventions) -> Problem:
        """The case as the engine takes it."""
        return Problem(
            self.architecture,
            self.parameters,
            self.inputs,
            self.targets,
            self.sample_weights,
            conventions,
        )

    def with_parameters(self, parameters: Parameters) -> "Case":
        """The same case at other parameters."""
        return replace(self, parameters=parameters)

    def without_penalty(self) -> "Case":
        """The same case with l2 = 0."""
        return replace(self, architecture=replace(self.architecture, l2=0.0))

    def literal(self) -> dict[str, Any]:
        """The case as plain values, to print and to store."""
        a = self.architecture
        shown: dict[str, Any] = {
            "architecture": architecture_words(a),
            "parameters": [
                {"weights": _plain(layer.weights), "biases": _plain(layer.biases)}
                for layer in self.parameters
            ],
            "inputs": _plain(self.inputs),
            "targets": _plain(self.targets),
        }
        if self.sample_weights is not None:
            shown["sample_weights"] = _plain(self.sample_weights)
        return shown


class KnownOf(Drawn):
    """A case, and something that is known of it; a subclass has the case among its fields."""

    case: Case

    @property
    def met(self) -> tuple[str, ...]:
        """What the case is an example of."""
        return self.case.met

    def literal(self) -> dict[str, Any]:
        """The case as plain values."""
        return self.case.literal()

    def untrained(self) -> dict[str, Any]:
        """The case as plain values, without the targets that nobody asks for."""
        return {name: value for name, value in self.case.literal().items() if name != "targets"}

    def row_by_row(self) -> Iterator[slice]:
        """Each row alone, where there are others, and shapes are not dear."""
        rows = len(self.case.inputs) if self.case.space.whole is None else 1
        return (slice(row, row + 1) for row in range(rows if rows > 1 else 0))

    def with_rows(self, kept: slice) -> Case:
        """The case with these rows alone."""
        return replace(self.case, inputs=self.case.inputs[kept], targets=self.case.targets[kept])


def cast(parameters: Parameters, precision: Precision) -> Parameters:
    """The parameters as the precision has them."""
    return [Layer(precision.round(w), precision.round(b)) for w, b in parameters]


def _plain(array: Array) -> Any:
    """Nested lists, with 0.0 for -0.0."""
    return (array + 0.0).tolist()


def architecture_words(a: Architecture) -> str:
    """The architecture with whatever is not its default."""
    hidden = f", activation={a.activation!r}" if a.hidden_layers else ""
    fields = (
        ("biases", True),
        ("l2", 0.0),
        ("dropout", 0.0),
        ("label_smoothing", 0.0),
        ("delta", 1.0),
    )
    given = [(name, getattr(a, name)) for name, default in fields if getattr(a, name) != default]
    rest = "".join(f", {name}={value!r}" for name, value in given)
    return f"widths={a.widths}{hidden}, output={a.output!r}, loss={a.loss!r}{rest}"


@dataclass(frozen=True)
class Direction(Drawn):
    """Which way all parameters move: each by 1 for the seed 0, else each by -1, 0 or 1."""

    seed: int

    @property
    def met(self) -> tuple[str, ...]:
        """Nothing that a law must have met."""
        return ()

    def literal(self) -> str:
        """The direction in words."""
        return "every parameter by 1" if not self.seed else f"signs drawn with seed {self.seed}"

    def at(self, case: Case) -> Parameters:
        """The direction at the parameters of a case, with an entry that is not 0."""
        parameters, moves = case.parameters, float(case.architecture.biases)
        if not self.seed:
            return [Layer(np.ones_like(w), np.full_like(b, moves)) for w, b in parameters]
        rng = np.random.default_rng(self.seed)
        v = [Layer(*(rng.integers(-1, 2, x.shape).astype(float) for x in p)) for p in parameters]
        v = [Layer(w, moves * b) for w, b in v]
        if not any(np.any(x) for layer in v for x in layer):
            v[0].weights.flat[0] = 1.0
        return v
