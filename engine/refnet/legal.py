"""What a field of a frozen dataclass may be, said by its type alone: words, flags, legal numbers.

`Literal["mean", "sum"]`, `bool`, `Annotated[float, ABOVE_ZERO]`, and None beside them.
"""

from collections.abc import Callable
from functools import cache
from math import inf
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np

MOST_SHOWN = 100
"""Characters of a value that are shown."""


class Legal(NamedTuple):
    """The numbers that mean something: the rule in words, and as a test, which nan must fail."""

    rule: str
    holds: Callable[[float], bool]


ABOVE_ZERO = Legal("is finite and above 0", lambda number: 0 < number < inf)
AT_LEAST_ZERO = Legal("is finite and at least 0", lambda number: 0 <= number < inf)
BELOW_ONE = Legal("lies in [0, 1)", lambda number: 0 <= number < 1)
UNIT = Legal("lies in [0, 0.25]", lambda number: 0 <= number <= 0.25)
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


def check_fields(made: Any, kind: type, of: str = "") -> None:
    """Settle the fields: lists and arrays become tuples, and numbers and text plain Python's.

    kind: the class whose fields they are; of: what stands before their names, as "scope."
    Raises: ValueError naming a field that its type forbids, the rule and the value.
    """
    for name, (words, legal) in rules(kind).items():
        value = getattr(made, name)
        if type(value) not in (float, str, int, bool):
            value = _settled(value)
            object.__setattr__(made, name, value)
        if legal and (type(value) is float or _short(value)) and legal.holds(value):
            continue
        if any(type(value) is type(word) and value == word for word in words):  # 1 is no True
            continue
        said = [f"{name} {legal.rule}"] if legal else []
        said += ["choose one of " + ", ".join(map(repr, words))] if words else []
        if said:
            raise ValueError(f"{of}{name}={shown(value)}: {', or '.join(said)}")


def shown(value: object) -> str:
    """repr(value), or its beginning; where it cannot be had, that is said."""
    try:
        text = repr(value)
    except Exception as error:  # whatever a __repr__ does
        return f"({type(value).__name__}, which raises {type(error).__name__} when it is shown)"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _settled(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, tuple):
        return tuple(map(_settled, tuple.__iter__(value)))
    if isinstance(value, list):
        return tuple(map(_settled, list.__iter__(value)))
    for kind in (str, float, int):  # of which others may be derived, as the members of an Enum are
        if isinstance(value, kind) and type(value) not in (kind, bool):
            within: Any = kind.__getnewargs__  # what it is, whatever the class makes of it
            return within(value)[0]
    return value


def _short(value: Any) -> bool:
    """Whether it is a whole number of 64 bits, as a message has room for."""
    return type(value) is int and abs(value) < 2**63


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
