"""What a field of a dataclass may be, said by its type alone: words, flags, None, legal numbers.

`Literal["mean", "sum"]`, `bool`, `Annotated[float, Legal("is above 0", lambda x: x > 0)]`, or
several of them joined by `|`.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from math import isfinite
from numbers import Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints


class Legal(NamedTuple):
    """The numbers that mean something: the rule in words, and as a test, which nan must fail."""

    rule: str
    holds: Callable[[float], bool]


_Typed = tuple[tuple[type, Any], ...]

FINITE = Legal("is finite", isfinite)
"""The rule of a number that its type says nothing more of."""


@cache
def choices(made: type) -> dict[str, tuple[Any, ...]]:
    """The words, the flags and None that each field may be; nothing for a number."""
    return {name: _choices(kind) for name, kind in _kinds(made).items()}


@cache
def numbers(made: type) -> dict[str, Legal]:
    """The rule of each field that may be a number."""
    found = {name: list(_rules(kind)) for name, kind in _kinds(made).items()}
    return {name: rules[0] for name, rules in found.items() if rules}


def check_fields(made: Any) -> None:
    """Every field is what its type says.

    Raises: ValueError naming the field, the rule and the value.
    """
    for name, typed, legal in _checks(made.__class__):
        value = getattr(made, name)
        if (type(value), value) in typed:  # 1 is no True
            continue
        if legal is None or not (_is_number(value) and legal.holds(value)):
            raise ValueError(f"{name}={value!r}: {_rule(name, typed, legal)}")


@cache
def _checks(made: type) -> list[tuple[str, _Typed, Legal | None]]:
    return [
        (name, tuple((type(word), word) for word in words), numbers(made).get(name))
        for name, words in choices(made).items()
    ]


def _is_number(value: Any) -> bool:
    return type(value) is float or (isinstance(value, Real) and not isinstance(value, bool))


def _rule(name: str, typed: _Typed, legal: Legal | None) -> str:
    listed = ", ".join(repr(word) for _, word in typed)
    if legal is None:
        return f"choose one of {listed}"
    return f"{name} {legal.rule}" + (f", or one of {listed}" if typed else "")


def _kinds(made: type) -> dict[str, Any]:
    hints = get_type_hints(made, include_extras=True)
    return {field.name: hints[field.name] for field in fields(made)}


def _choices(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if kind is bool:
        return (False, True)
    if kind is NoneType:
        return (None,)
    return tuple(choice for part in _parts(kind) for choice in _choices(part))


def _rules(kind: Any) -> list[Legal]:
    if get_origin(kind) is Annotated:
        return [said for said in kind.__metadata__ if isinstance(said, Legal)]
    if kind is float:
        return [FINITE]
    return [legal for part in _parts(kind) for legal in _rules(part)]


def _parts(kind: Any) -> tuple[Any, ...]:
    """The types that are joined by `|`."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
