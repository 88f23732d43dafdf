"""Few shapes: where every new one is dear, a run draws its networks from a pool that it has.

A shape is a whole architecture with a number of rows. The seed of the run and the scope decide the
pool: each head without a hidden layer, each activation below one head after another, and of what
else the scope offers one of each. A law takes those shapes that it can use; where it can use none,
it has a few of its own. Rows are powers of two, so that the networks of integers are among them.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import cycle, islice
from typing import NamedTuple, TypeVar

import numpy as np
from hypothesis.strategies import DrawFn
from numpy.random import Generator

from backproof.cases.space import Limits, Space
from backproof.cases.turns import RUN_SEED, in_turn
from refnet.architecture import Architecture

T = TypeVar("T")

DOZEN, FEW = 12, 3
DEPTHS = (1, 2, 1, 3)
SIZES, ROWS = (2, 3, 4, 5, 8, 1), (4, 8, 2, 1)
LARGE_FEATURES, LARGE_ROWS = 257, 128


class Shape(NamedTuple):
    """A network and the rows that it is given; whether one of them is beyond the usual sizes."""

    architecture: Architecture
    rows: int
    large: bool = False


def one_of_few(draw: DrawFn, space: Space, large: bool = False) -> Shape:
    """A shape of the pool, or of the law's own where it can use none, each in turn."""
    return in_turn(draw, "shape", few(space, large))


def few(space: Space, large: bool = False) -> tuple[Shape, ...]:
    """All shapes that a law draws from in this run."""
    seed = RUN_SEED.get()
    whole = space.whole or space
    found = [s for s in made(whole, seed) if s.large == large and space.admits(*s[:2])]
    if not found:
        found = [s for s in made(space, seed) if s.large == large][: 1 if large else FEW]
    if space.few:  # each layer is a shape more for a law that takes networks apart
        found = sorted(found, key=lambda shape: shape.architecture.hidden_layers)[: space.few]
    return tuple(found)


@lru_cache(maxsize=64)
def made(space: Space, seed: int) -> tuple[Shape, ...]:
    """About a dozen shapes in a space, large ones at the end."""
    rng = np.random.default_rng(seed)
    if space.architectures is not None:
        usual = [Shape(a, n) for a, n in zip(space.architectures, _rows(space), strict=False)]
        return (*usual, *_large(space, usual))
    usual = [*_flat(space, rng), *_deep(space, rng)]
    return (*usual, *_special(space, usual), *_large(space, usual))


def some(space: Space, values: tuple[T, ...], count: int = 1) -> tuple[T, ...]:
    """All of the values; so many, in this run, where shapes are few."""
    if space.whole is None or not values:
        return values
    start = RUN_SEED.get() % len(values)
    return (*values[start:], *values[:start])[:count]


def has_large(space: Space) -> bool:
    """Whether there is room for a large shape."""
    return _holds(space.room.rows, LARGE_ROWS) or _wide(space)


def _flat(space: Space, rng: Generator) -> Iterator[Shape]:
    """Each head without a hidden layer."""
    if space.hidden_layers[0] == 0:
        for head, rows in zip(space.heads, _rows(space), strict=False):
            yield _shape(space, rng, head, 0, space.activations[0], rows)


def _deep(space: Space, rng: Generator) -> Iterator[Shape]:
    """Each activation below some head, and more until there are a dozen with the flat ones."""
    low, high = space.hidden_layers
    if not high:
        return
    flat = len(space.heads) if low == 0 else 0
    names = [str(name) for name in rng.permutation(space.activations)]
    heads = cycle([space.heads[place] for place in rng.permutation(len(space.heads))])
    units = islice(cycle(names), max(len(names), DOZEN - flat))
    for name, head, depth, rows in zip(units, heads, cycle(DEPTHS), _rows(space), strict=False):
        yield _shape(space, rng, head, max(low, min(depth, high)), name, rows)


def _shape(
    space: Space, rng: Generator, head: tuple[str, str], depth: int, name: str, rows: int
) -> Shape:
    limits = (space.features, *[space.hidden_widths] * depth, space.outputs_of(head[0]))
    widths = tuple(int(rng.choice(_within(SIZES, limit))) for limit in limits)
    return Shape(Architecture(widths, name, *head, biases=space.biases), rows)


def _special(space: Space, shapes: list[Shape]) -> Iterator[Shape]:
    """A shape with each thing that an architecture may have besides."""
    a, rows, _ = max(shapes, key=lambda shape: shape.architecture.hidden_layers)
    if space.l2:
        yield Shape(replace(a, l2=0.25), rows)
    if space.mixed and a.hidden_layers > 1 and len(space.activations) > 1:
        names = tuple(islice(cycle(space.activations), a.hidden_layers))
        yield Shape(replace(a, activation=names), rows)
    last = {shape.architecture.loss: shape for shape in shapes}
    if space.label_smoothing and (one := last.get("cross_entropy")):
        yield Shape(replace(one.architecture, label_smoothing=0.125), one.rows)
    if one := last.get("huber"):
        yield Shape(replace(one.architecture, delta=0.5), one.rows)


def _large(space: Space, shapes: list[Shape]) -> Iterator[Shape]:
    """The last of the shapes with many rows, and with many features, where there is room."""
    a, rows, _ = shapes[-1]
    if _holds(space.room.rows, LARGE_ROWS):
        yield Shape(a, LARGE_ROWS, large=True)
    if _wide(space):
        wide = replace(a, widths=(LARGE_FEATURES, *a.widths[1:]))
        yield Shape(wide, rows, large=True)


def _wide(space: Space) -> bool:
    return space.architectures is None and _holds(space.room.features, LARGE_FEATURES)


def _holds(limits: Limits, size: int) -> bool:
    return limits[0] <= size <= limits[1]


def _rows(space: Space) -> Iterator[int]:
    """Numbers of rows, one after another."""
    return cycle(_within(ROWS, space.rows))


def _within(sizes: tuple[int, ...], limits: tuple[int, int]) -> tuple[int, ...]:
    low, high = limits
    return tuple(size for size in sizes if low <= size <= high) or (low,)
