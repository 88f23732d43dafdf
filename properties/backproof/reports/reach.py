"""What a law was judged on: from which size to which, with which heads and activations."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from backproof.contract import Scope
from refnet.architecture import Architecture

Bounds = list[int]
"""The least and the most that was met; empty where nothing was."""


class Asked(NamedTuple):
    """A question of which the answer was judged."""

    architecture: Architecture
    rows: int
    weighted: bool


class Reach(msgspec.Struct, kw_only=True):
    """The sizes, heads and activations of networks whose answers were judged by value.

    widths: of features and hidden layers; extras: what else a scope declares, such as penalties
    """

    widths: Bounds = []
    outputs: Bounds = []
    rows: Bounds = []
    hidden_layers: Bounds = []
    heads: list[str] = []
    activations: list[str] = []
    extras: list[str] = []

    def sentence(self) -> str:
        """The sizes, and how many heads and activations, in one line."""
        sizes = (f"{name.replace('_', ' ')} {_range(getattr(self, name))}" for name in SIZES)
        counts = (
            f"{len(names)} {name if len(names) == 1 else many}"
            for names, name, many in (
                (self.heads, "head", "heads"),
                (self.activations, "activation", "activations"),
            )
        )
        return ", ".join((*sizes, *counts))

    def misses(self, scope: Scope) -> list[str]:
        """What of a scope was not reached: names, and sizes beyond those met."""
        heads = [" with ".join(head) for head in scope.heads]
        names = [name for name in (*heads, *scope.activations) if name not in self]
        sizes = (("widths", scope.widths), ("outputs", scope.outputs), ("rows", scope.rows),
                 ("hidden layers", scope.hidden_layers))  # fmt: skip
        for name, (low, high) in sizes:
            least, most = getattr(self, name.replace(" ", "_"))
            names += [f"{name} {_range([low, least - 1])}"] if low < least else []
            names += [f"{name} {_range([most + 1, high])}"] if high and high > most else []
        declared = ("l2", "label_smoothing", "sample_weights", "mixed_activations")
        mixable = len(scope.activations) > 1 and self.hidden_layers[1] > 1
        extras = [
            name
            for name in (declared if mixable else declared[:-1])
            if getattr(scope, name) and name not in self.extras
        ]
        return names + [name.replace("_", " ") for name in extras]

    def __contains__(self, name: str) -> bool:
        return name in self.heads or name in self.activations


SIZES = ("widths", "outputs", "rows", "hidden_layers")


def reach_of(asked: Iterable[Asked]) -> Reach:
    """What was met in these questions."""
    questions = list(asked)
    architectures = {question.architecture for question in questions}
    return Reach(
        widths=_bounds(width for a in architectures for width in a.widths[:-1]),
        outputs=_bounds(a.widths[-1] for a in architectures),
        rows=_bounds(question.rows for question in questions),
        hidden_layers=_bounds(a.hidden_layers for a in architectures),
        heads=sorted({" with ".join(a.head) for a in architectures}),
        activations=sorted({name for a in architectures for name in a.activations}),
        extras=sorted({name for question in questions for name in _extras(question)}),
    )


def together(reaches: Iterable[Reach]) -> Reach:
    """What was met in all of them."""
    parts = list(reaches)

    def union(name: str) -> Any:
        return {value for reach in parts for value in getattr(reach, name)}

    sizes: dict[str, Any] = {name: _bounds(union(name)) for name in SIZES}
    return Reach(**sizes, **{n: sorted(union(n)) for n in ("heads", "activations", "extras")})


def _extras(question: Asked) -> list[str]:
    a = question.architecture
    met = {
        "l2": bool(a.l2),
        "label_smoothing": bool(a.label_smoothing),
        "mixed_activations": len(set(a.activations)) > 1,
        "sample_weights": question.weighted,
    }
    return [name for name, there in met.items() if there]


def _bounds(values: Iterable[int]) -> Bounds:
    found = set(values)
    return [min(found), max(found)] if found else []


def _range(bounds: Bounds) -> str:
    if not bounds:
        return "none"
    least, most = bounds
    return f"{least}" if least == most else f"{least} to {most}"
