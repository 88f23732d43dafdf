"""How hard to search."""

import math
import time
from dataclasses import dataclass, replace

from backproof.judging.kept import Kept

EXAMPLES = {"quick": 25, "default": 100, "thorough": 1000}
"""Examples of each law in each profile."""


@dataclass(frozen=True)
class Settings:
    """The profile sets the number of examples, the seed what they are.

    seconds: the time limit of a subject, which begins with its first law
    kept: where examples that break a law are kept, and found again

    Raises: ValueError for an unknown profile.
    """

    profile: str = "default"
    seed: int = 0
    seconds: float = math.inf
    ends: float = math.inf  # on the monotonic clock
    kept: Kept | None = None

    def __post_init__(self) -> None:
        if self.profile not in EXAMPLES:
            raise ValueError(f"profile={self.profile!r}: choose one of {', '.join(EXAMPLES)}")

    def begun(self) -> "Settings":
        """The same settings with the clock running."""
        return replace(self, ends=time.monotonic() + self.seconds)

    def shared(self, among: int) -> "Settings":
        """The same settings with a share of the time that is left, for one of so many laws."""
        if math.isinf(self.ends):
            return self
        now = time.monotonic()
        return replace(self, ends=now + (self.ends - now) / among)

    @property
    def examples(self) -> int:
        """The number of examples of each law."""
        return EXAMPLES[self.profile]
