"""What a field of a frozen dataclass may be, said by its type alone: words, flags, legal numbers.

`Literal["mean", "sum"]`, `bool`, `Annotated[float, ABOVE_ZERO]`, and None beside them.
"""

from collections.abc import Callable
from functools import cache
from math import inf
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np


class Legal(NamedTuple):
    """The numbers that mean something: the rule in words, and as a test, which nan must fail."""

    rule: str
    holds: Callable[[float], bool]


ABOVE_ZERO = Legal("is finite and above 0", lambda number: 0 < number < inf)
AT_LEAST_ZERO = Legal("is finite and at least 0", lambda number: 0 <= number < inf)
BELOW_ONE = Legal("lies in [0, 1)", lambda number: 0 <= number < 1)
SHARE = Legal("lies in [0, 1]", lambda number: 0 <= number <= 1)
BELOW_HALF = Legal("lies in [0, 0.5)", lambda number: 0 <= number < 0.5)


@cache
def choices(made: type) -> dict[str, tuple[Any, ...]]:
    """The words, the flags and None that each field may be; nothing for a number."""
    hints = get_type_hints(made, include_extras=True)
    return {name: sum(map(_words, _kinds(hint)), ()) for name, hint in hints.items()}


@cache
def numbers(made: type) -> dict[str, Legal]:
    """The rule of each field that may be a number."""
    hints = get_type_hints(made, include_extras=True)
    kinds = [(name, kind) for name, hint in hints.items() for kind in _kinds(hint)]
    return {name: kind.__metadata__[0] for name, kind in kinds if get_origin(kind) is Annotated}


def check_fields(made: Any) -> None:
    """Settle the fields: lists become tuples, and NumPy's numbers, which cast arrays, Python's.

    Raises: ValueError naming a field that its type forbids, the rule and the value.
    """
    for name, value in vars(made).items():
        object.__setattr__(made, name, _settled(value))
    kind: Any = type(made)
    for name, words in choices(kind).items():
        value, legal = getattr(made, name), numbers(kind).get(name)
        if any(value == word and type(value) is type(word) for word in words):  # 1 is no True
            continue
        rules = [f"{name} {legal.rule}"] if legal else []
        rules += ["choose one of " + ", ".join(map(repr, words))] if words else []
        if rules and not (legal and type(value) in (int, float) and legal.holds(value)):
            raise ValueError(f"{name}={value!r}: {', or '.join(rules)}")


def _settled(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_settled, value))
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The types that are joined by `|`, or the one."""
    return (hint,) if get_origin(hint) in (None, Literal, Annotated) else get_args(hint)


def _words(kind: Any) -> tuple[Any, ...]:
    known = {bool: (False, True), NoneType: (None,)}
    return get_args(kind) if get_origin(kind) is Literal else known.get(kind, ())
