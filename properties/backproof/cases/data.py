"""Drawn arguments as plain data, which JSON keeps exactly, and back.

A number, a text and a list stand for themselves; a tuple, a mapping, an array, a number that JSON
has not, and an object of a known type are each a mapping with one key that says what it is. Data
make objects of these types and nothing else.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from backproof.cases.integers import Regime
from backproof.cases.recipe import Drawn
from backproof.cases.space import Room, Space
from refnet.approximation.continuous import FourierSum, PiecewiseLinear
from refnet.approximation.ridges import RidgeSum
from refnet.architecture import Architecture, Layer
from refnet.conventions import Conventions
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer

PARTS: tuple[type[Any], ...] = (
    Architecture, Conventions, FourierSum, Layer, Optimizer, PiecewiseLinear, Precision, Regime,
    RidgeSum, Room, Space,
)  # fmt: skip
"""What drawn arguments are made of."""


def encode(value: Any) -> Any:
    """The value as plain data.

    Raises: TypeError for a type that is not known.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": str(value)}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.ndarray):
        shape, numbers = list(value.shape), encode(value.ravel().tolist())
        return {"array": value.dtype.name, "shape": shape, "numbers": numbers}
    if type(value).__name__ in known():
        return {"type": type(value).__name__} | {name: encode(x) for name, x in _parts(value)}
    if isinstance(value, dict):
        return {"mapping": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        inside = [encode(item) for item in value]
        return inside if isinstance(value, list) else {"tuple": inside}
    raise TypeError(f"a {type(value).__name__} cannot be saved")


def decode(data: Any) -> Any:
    """The value of plain data.

    Raises: ValueError, TypeError or LookupError for data that are none of a value.
    """
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "type" in data:
        given = {name: decode(part) for name, part in data.items() if name != "type"}
        return known()[data["type"]](**given)
    return _DECODED[next(iter(data), "")](data)


def known() -> dict[str, type[Any]]:
    """The types that data can name: whatever is drawn, and its parts."""
    return {kind.__name__: kind for kind in (*PARTS, *_below(Drawn))}


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _parts(value: Any) -> list[tuple[str, Any]]:
    names = [f.name for f in fields(value)] if is_dataclass(value) else value._fields
    return [(name, getattr(value, name)) for name in names]


def _array(data: dict[str, Any]) -> Any:
    dtype = np.dtype(data["array"])
    if dtype.kind not in "biuf":
        raise ValueError(f"array={data['array']!r}: an array holds numbers")
    return np.array(decode(data["numbers"]), dtype=dtype).reshape(data["shape"])


_DECODED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "float": lambda data: float(data["float"]),
    "tuple": lambda data: tuple(decode(data["tuple"])),
    "mapping": lambda data: {decode(key): decode(item) for key, item in data["mapping"]},
    "array": _array,
}
