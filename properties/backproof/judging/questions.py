"""What Hypothesis asks of chance: a seed's questions, the same in every process.

Hypothesis's own provider mixes constants of whatever modules are loaded into its draws, so that one
seed asks other questions from Python than from the command line. Here a number is uniform between
its bounds, and depends on the seed alone.
"""

from typing import Any

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

BACKEND = "backproof"


class Questions(HypothesisProvider):
    """Integers between their bounds, each as likely; no law draws anything else."""

    def draw_integer(
        self, min_value: int | None = None, max_value: int | None = None, **words: Any
    ) -> int:
        """An integer from min_value to max_value, both included."""
        assert min_value is not None and max_value is not None  # noqa: PT018
        assert self._random is not None  # a test case has one
        return self._random.randint(min_value, max_value)


AVAILABLE_PROVIDERS[BACKEND] = Questions
