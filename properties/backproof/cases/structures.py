"""The structure of a case, drawn before its numbers: an architecture and how many rows.

Most are small. A large case has one size beyond those of the others, and a sweep has one unit.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from hypothesis.strategies import DrawFn

from backproof.cases.memory import largest, usual_size
from backproof.cases.pool import one_of_few
from backproof.cases.space import Space
from backproof.cases.sweep import grid, smallest, sweeps
from backproof.cases.turns import in_turn
from refnet.architecture import Architecture

SMALL_SIZES = (1, 3, 4)

LARGE: dict[str, tuple[int, ...]] = {
    "features": (65, 129, 257, 1000),
    "hidden_widths": (65, 129, 257, 1000),
    "rows": (65, 129, 257, 1000),
    "outputs": (5, 8, 12),
    "hidden_layers": (4, 5, 6),
}
"""Beyond the sizes of most cases: a large case has one of these, and is small otherwise."""


def _usual(draw: DrawFn, space: Space) -> tuple[Architecture, int]:
    """An architecture and a number of rows, small ones first."""
    if space.architectures is not None:
        return in_turn(draw, "architecture", space.architectures), space.size(draw, space.rows)
    unit, head = in_turn(draw, "unit", space.units), in_turn(draw, "head", space.heads)
    low, high = space.hidden_layers
    depth = in_turn(draw, "depth", tuple(range(max(1, low), high + 1))) if unit else 0
    return _architecture(draw, space, unit, head, depth), space.size(draw, space.rows)


def _architecture(
    draw: DrawFn, space: Space, unit: str | None, head: tuple[str, str], depth: int
) -> Architecture:
    widths = (
        space.size(draw, space.features),
        *(space.size(draw, space.hidden_widths) for _ in range(depth)),
        space.size(draw, space.outputs_of(head[0])),
    )
    return Architecture(widths, unit or space.activations[0], *head, biases=space.biases)


@lru_cache(maxsize=8)
def larger(space: Space) -> dict[str, tuple[int, ...]]:
    """The large sizes that there is room for; of a network that is given, only the rows."""
    names = [name for name in LARGE if space.hidden_layers[1] or not name.startswith("hidden")]
    sizes = {}
    for name in names if space.architectures is None else ("rows",):
        limits = [getattr(space.room, name)]
        if name == "outputs":
            limits = [space.room.outputs_of(output) for output, _ in space.heads]
        sizes[name] = tuple(x for x in LARGE[name] if all(low <= x <= high for low, high in limits))
        if space.architectures is None:
            sizes[name] = tuple(x for x in sizes[name] if _fits(space, {name: x}))
    return {name: found for name, found in sizes.items() if found}


def _fits(space: Space, large: dict[str, int]) -> bool:
    """Whether memory holds a case that is small but for one size."""
    ranges = {name: getattr(space, name) for name in ("features", "hidden_widths", "rows")}
    tight = {name: min(high, max(low, SMALL_SIZES[-1])) for name, (low, high) in ranges.items()}
    low, high = space.hidden_layers
    depths = {low, min(high, max(low, 1))}
    sizes = [usual_size(space, 1, **{"hidden_layers": d, **tight, **large}) for d in depths]
    return max(sizes) <= largest()


def _large(draw: DrawFn, space: Space) -> tuple[Architecture, int]:
    """One large size, and all others small, so that a case costs little."""
    sizes, unit = larger(space), None
    bare = {name: found for name, found in sizes.items() if not name.startswith("hidden")}
    if space.architectures is None:
        unit = in_turn(draw, "unit", space.units if bare else space.activations)
    sizes = sizes if unit else bare
    large = in_turn(draw, "large", tuple(sizes))
    size, tight = in_turn(draw, large, sizes[large]), replace(space, sizes=SMALL_SIZES)
    if space.architectures is not None:
        return in_turn(draw, "architecture", space.architectures), size
    depth = size if large == "hidden_layers" else max(1, space.hidden_layers[0]) if unit else 0
    a = _architecture(draw, tight, unit, in_turn(draw, "head", space.heads), depth)
    rows = size if large == "rows" else tight.size(draw, space.rows)
    places = {"features": 0, "hidden_widths": 1, "outputs": len(a.widths) - 1}
    if large not in places:
        return a, rows
    widths = [*a.widths]
    widths[places[large]] = size
    return replace(a, widths=tuple(widths)), rows


def _sweep(draw: DrawFn, space: Space) -> tuple[Architecture, int]:
    """The smallest network with what is swept, and as many rows as the grid has, or the scope."""
    a = smallest(space, in_turn(draw, "sweep", sweeps(space)))
    low, high = space.room.rows
    return a, int(max(low, min(len(grid(a, space.precision)), high)))


STRUCTURES = {"large": _large, "sweep": _sweep}
"""How the structure of a kind is drawn, where it is no usual one."""


def structure(draw: DrawFn, space: Space, kind: str) -> tuple[Architecture, int]:
    """An architecture and a number of rows for a case of the kind."""
    space = softer(space) if kind == "soft targets" else space
    if space.whole is not None:
        return one_of_few(draw, space, kind == "large")[:2]
    return STRUCTURES.get(kind, _usual)(draw, space)


def softer(space: Space) -> Space:
    """The part of the space whose targets need not be 0 or 1."""
    given = space.architectures
    outputs = ("sigmoid", "softmax") if space.soft_targets else ()
    soft = {head for head in space.heads if head[0] in outputs}
    if given is not None:
        given = tuple(a for a in given if a.head in soft)
        soft = {a.head for a in given}
    heads = tuple(head for head in space.heads if head in soft)
    return replace(space, heads=heads, architectures=given)


def extended(space: Space, a: Architecture, rng: np.random.Generator) -> Architecture:
    """The architecture with what else the space allows: a penalty, Huber's threshold, smoothed
    labels, and now and then other activations in the later layers, or a rate of dropout.
    """
    names = a.activations
    if space.mixed and len(names) > 1 and rng.integers(4) == 0:
        others = rng.choice(space.activations, len(names) - 1)
        names = (names[0], *map(str, others))
    smoothed = space.label_smoothing and a.loss == "cross_entropy" and rng.integers(4) == 0

    drops = space.dropout and a.hidden_layers and rng.integers(4) == 0

    def among(values: tuple[float, ...]) -> float:
        return float(space.precision.round(rng.choice(values)))  # so that no cast changes it

    return replace(
        a,
        activation=a.activation if len({*names}) < 2 else names,
        dropout=among((0.5, 0.25, 0.1)) if drops else 0.0,
        l2=among((0.0, 0.0, 0.0, 0.25, 0.003, 0.7)) if space.l2 else 0.0,
        delta=among((1.0, 0.5, 0.3, 1.7, 100.0)) if a.loss == "huber" else 1.0,
        label_smoothing=among((0.125, 0.1, 0.3)) if smoothed else 0.0,
    )
