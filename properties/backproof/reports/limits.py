"""Detection limits: the smallest error that a law was seen to find (schema 1)."""

from typing import Literal

import msgspec

ANY = 1e-19
"""Whoever finds a smaller share of a mistake finds any: its answer is exact."""


class Limit(msgspec.Struct, kw_only=True):
    """What a law finds of a mutant that answers right + t (wrong - right).

    share:  the smallest t, a power of ten, that was found in three of five runs
    of:     "value" where the mistake is cut at the size of the right number, so that t is the
            largest relative error; "mistake" where it is seen in its full size only
    mutant: who is wrong
    """

    share: float
    of: Literal["value", "mistake"] = "value"
    mutant: str

    @property
    def relative(self) -> bool:
        """Whether the share is that of a number, and less than all of it."""
        return self.of == "value" and self.share < 1

    def sentence(self) -> str:
        """In words."""
        tried = f"tried with {self.mutant}"
        if self.relative:
            return f"relative errors from {self.share:.0e} on, {tried}"
        if self.of == "value":
            return f"no error smaller than the number itself, {tried}"
        if self.share < ANY:
            return f"any error where 0 is right, {tried}"
        return f"{self.share:.0e} of a mistake that is larger than the number itself, {tried}"


class Limits(msgspec.Struct, kw_only=True):
    """The limits of each law, by the name of the precision. Later versions may add fields."""

    schema: Literal[1] = 1
    backproof: str
    profile: str = "default"
    runs: int = 5
    laws: dict[str, dict[str, Limit]]
