"""Frozen dataclasses as the keys of caches, which ask for their hash in every call."""

from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T", bound=type)


def hashed_once(kind: T) -> T:
    """The dataclass, with the hash of its fields computed once for each instance."""
    names = [field.name for field in fields(kind)]
    values = attrgetter(*names)

    def __hash__(self: Any) -> int:  # noqa: N807
        known: dict[str, int] = self.__dict__
        if "hash" not in known:
            known["hash"] = hash(values(self))
        return known["hash"]

    def __getstate__(self: Any) -> dict[str, Any]:  # noqa: N807
        return {name: getattr(self, name) for name in names}  # another process hashes otherwise

    kind.__hash__, kind.__getstate__ = __hash__, __getstate__
    return kind
