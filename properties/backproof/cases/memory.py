"""How large a case may be: its arrays take a small share of the memory that there is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from backproof.cases.machine import memory
from backproof.cases.recipe import OutOfScope
from backproof.cases.space import Space

SHARE = 512
"""A judge was seen to hold two hundred times the arrays of a case: less than a half of all."""

NUMBER, LAYER = 8, 1024
"""Bytes of a number, and of the objects that hold a layer."""

MANY = {"rows": 2**20, "hidden_layers": 2**7}
"""No case has more, unless the scope begins there."""

DEEP = 2**20
"""A network of so many layers is counted, and one of more is as much too large."""


class TooLarge(OutOfScope):
    """Even the smallest case of a scope is larger than a case may be."""


def largest() -> int:
    """Bytes that the arrays of a case may take."""
    return memory() // SHARE


def size(widths: Sequence[int], rows: int) -> int:
    """Bytes of the parameters, and of what the rows are before and after each layer."""
    parameters = sum(LAYER + NUMBER * (a + 1) * b for a, b in pairwise(widths))
    return parameters + NUMBER * rows * sum(widths)


def usual_size(space: Space, place: int, **sizes: int) -> int:
    """Bytes of the least (0) or the largest (1) of most cases, but for the sizes that are given."""
    return size(*_shape(space, place, sizes))


def within_memory(space: Space) -> Space:
    """The space without the rows and layers that do not fit, and of its least widths if need be.

    Raises: TooLarge where a network that is given, or the least one, does not fit.
    """
    if space.architectures is not None:
        return _given(space)
    if usual_size(space, 0) > largest():
        raise TooLarge(_words(*_shape(space, 0, {})))
    for name in ("hidden_layers", "rows"):
        space = _cut(space, name, 0)
    if usual_size(space, 1) > largest():
        names = ("features", "hidden_widths", "outputs", "softmax_outputs")
        least: dict[str, Any] = {name: (getattr(space, name)[0],) * 2 for name in names}
        space = replace(space, **least)
        space = _cut(space, "rows", 1)
    return space


def _given(space: Space) -> Space:
    """The space of networks that are given, without the rows that do not fit the largest."""
    given = [a.widths for a in space.architectures or ()]
    for widths in given:
        if size(widths, space.rows[0]) > largest():
            raise TooLarge(_words(widths, space.rows[0]))
    return _with(space, "rows", lambda rows: max(size(widths, rows) for widths in given))


def _shape(space: Space, place: int, sizes: dict[str, int]) -> tuple[tuple[int, ...], int]:
    """Widths and rows: the least or the most of each, or what is given."""
    outputs = max(space.outputs_of(output)[place] for output, _ in space.heads)

    def of(name: str) -> int:
        return int(sizes.get(name, getattr(space, name)[place]))

    hidden = (of("hidden_widths"),) * min(of("hidden_layers"), DEEP)
    return (of("features"), *hidden, sizes.get("outputs", outputs)), of("rows")


def _cut(space: Space, name: str, place: int) -> Space:
    return _with(space, name, lambda many: usual_size(space, place, **{name: many}))


def _with(space: Space, name: str, bytes_of: Callable[[int], int]) -> Space:
    """The space with as many rows or layers as fit, found by halving, or with the least."""
    low, high = getattr(space.room, name)
    most = int(min(high, max(low, MANY[name])))
    while most > low and bytes_of(most) > largest():
        most = max(low, most // 2)
    usual: dict[str, Any] = {name: (low, min(most, getattr(space, name)[1]))}
    return replace(space, room=space.room._replace(**{name: (low, most)}), **usual)


def _words(widths: Sequence[int], rows: int) -> str:
    """What is too large, by which rule, and the way out."""
    shape = f"widths={tuple(widths)}" if len(widths) < 9 else f"{len(widths) - 1:,} layers"
    return (
        f"a network of {shape} with {rows:,} row{'s' * (rows != 1)} takes "
        f"{_in_words(size(widths, rows))}, the least that the scope allows, and a case may take "
        f"{_in_words(largest())}, a {SHARE}th of the memory here: "
        "let the scope begin with smaller sizes, or judge on a larger machine"
    )


def _in_words(count: float) -> str:
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    power = min(int(math.log2(max(count, 1)) / 10), len(units) - 1)
    return f"{count / 1024**power:,.3g} {units[power]}"
