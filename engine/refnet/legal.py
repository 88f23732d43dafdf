"""What a field of a frozen dataclass may be, said by its type alone: words, flags, legal numbers.

`Literal["mean", "sum"]`, `bool`, `Annotated[float, ABOVE_ZERO]`, and None beside them.
"""

from collections.abc import Callable
from functools import cache
from math import inf
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

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


class Rule(NamedTuple):
    """The words, the flags and None that a field may be, and the numbers."""

    words: tuple[Any, ...]
    legal: Legal | None


@cache
def rules(made: type) -> dict[str, Rule]:
    """The rule of each field, by name."""
    hints = get_type_hints(made, include_extras=True)
    return {name: _rule(hint) for name, hint in hints.items()}


def check_fields(made: Any) -> None:
    """Settle the fields: lists become tuples, and NumPy's numbers, which cast arrays, Python's.

    Raises: ValueError naming a field that its type forbids, the rule and the value.
    """
    for name, value in vars(made).items():
        if type(value) not in (float, str, int, bool):
            object.__setattr__(made, name, _settled(value))
    kind: Any = type(made)
    for name, (words, legal) in rules(kind).items():
        value = getattr(made, name)
        if legal and type(value) in (int, float) and legal.holds(value):
            continue
        if any(type(value) is type(word) and value == word for word in words):  # 1 is no True
            continue
        said = [f"{name} {legal.rule}"] if legal else []
        said += ["choose one of " + ", ".join(map(repr, words))] if words else []
        if said:
            raise ValueError(f"{name}={value!r}: {', or '.join(said)}")


def _settled(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_settled, value))
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def _rule(hint: Any) -> Rule:
    """The rule of a type, which is none where a value may be of another sort as well."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if any(get_origin(kind) is tuple for kind in kinds):
        return Rule((), None)
    legal = [kind.__metadata__[0] for kind in kinds if get_origin(kind) is Annotated]
    return Rule(sum(map(_words, kinds), ()), legal[0] if legal else None)


def _words(kind: Any) -> tuple[Any, ...]:
    known = {bool: (False, True), NoneType: (None,)}
    return get_args(kind) if get_origin(kind) is Literal else known.get(kind, ())
