"""What a subject has handed out: an answer belongs to who asked; no later call may change it."""

import contextlib
from typing import Any

import numpy as np

LARGEST = 4096
"""Larger arrays are not watched: a buffer that is used again is so at every size."""


class Handed:
    """The first array of each capability's latest answer, in the subject's own memory."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, bytes]] = {}

    def keep(self, capability: str, raw: Any) -> None:
        """Remember an answer of the right form; None is none."""
        while isinstance(raw, list | tuple):
            raw = raw[0] if raw else None
        self._kept.pop(capability, None)
        with contextlib.suppress(Exception):  # what was an array once need not be one again
            if raw is not None and (array := np.asarray(raw)).size <= LARGEST:
                self._kept[capability] = array, array.tobytes()

    def changed(self) -> list[str]:
        """The capabilities whose latest answer is no longer what it was."""
        return [name for name, (array, was) in self._kept.items() if array.tobytes() != was]
