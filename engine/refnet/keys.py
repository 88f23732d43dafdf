"""The keys of caches: frozen dataclasses whose hash is computed once."""

from typing import Any

import numpy as np

_PLAIN = frozenset((str, float, int, bool))


def _settled(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_settled, value))
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


class Key:
    """A base for frozen dataclasses, which say `__hash__ = Key.__hash__`

    A cache asks for the hash in every call, and that of many fields takes longer than a small
    network.
    """

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        try:
            known = self._hash
        except AttributeError:
            names: Any = self.__dataclass_fields__  # type: ignore[attr-defined]
            known = hash(tuple(map(vars(self).get, names)))
            object.__setattr__(self, "_hash", known)
        return known

    def settle(self) -> None:
        """Lists become tuples, and NumPy's numbers Python's, which cast no array to their type."""
        fields = vars(self)
        for name, value in fields.items():
            if type(value) not in _PLAIN:
                fields[name] = _settled(value)  # a frozen dataclass allows no other way

    def __getstate__(self) -> dict[str, Any]:
        return vars(self)  # without the hash: another process hashes otherwise
