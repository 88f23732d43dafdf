"""The laws in a test suite of one's own: one test for each law.

@backproof.parametrize(MyNetwork)
def test_my_network(law):
    law()
"""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis.database import ExampleDatabase

from backproof.frontends.check import Laws, as_named, before_the_laws
from backproof.frontends.outcome import put_to_the_test
from backproof.judging.judgement import Judgement
from backproof.judging.kept import kept_in
from backproof.judging.settings import Settings


class LawTest:
    """One law on one subject, to be called in a test."""

    def __init__(self, judgement: Judgement, place: int) -> None:
        self._judgement, self._place = judgement, place

    def __repr__(self) -> str:
        return self._judgement.laws[self._place].name

    def __call__(self) -> None:
        """Judge; fail with the smallest case, or skip with the reason.

        Raises: LawFailed when the law does not hold.
        """
        __tracebackhide__ = True
        put_to_the_test(self._judgement, self._place)


def parametrize(
    implementation: Any,
    *,
    laws: Laws = "*",
    profile: str = "default",
    seed: int = 0,
    precision: str | None = None,
    options: Mapping[str, str] | None = None,
    examples: str | ExampleDatabase | None = None,
) -> pytest.MarkDecorator:
    """A decorator that calls a test once for each law, with the law as argument `law`.

    implementation: an object or a class, judged in this process; or a string as on the command
                    line, judged in a process of its own
    laws, profile, seed, precision, options, examples: as for `backproof.check`

    Raises: CannotLoad when its declarations are wrong; ValueError for a pattern without laws, an
            unknown profile or examples that cannot be kept.
    """
    named = as_named(implementation, precision, options)
    judgement = before_the_laws(named, laws, Settings(profile, seed, kept=kept_in(examples)))
    judgement.load()
    tests = [LawTest(judgement, place) for place in range(len(judgement.laws))]
    return pytest.mark.parametrize("law", tests, ids=repr)
