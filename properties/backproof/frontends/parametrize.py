"""The laws in a test suite of one's own: one test for each law.

@backproof.parametrize(MyNetwork)
def test_my_network(law):
    law()
"""

from typing import Any

import pytest

from backproof.frontends.plugin import LawFailed
from backproof.judging.judgement import Judgement, chosen
from backproof.judging.settings import Settings
from backproof.reports.report import FAILING
from backproof.reports.terminal import explained
from backproof.subjects.local import Local
from backproof.subjects.process import Child


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
        self._judgement.judge(self._place)
        self._judgement.settle(self._place)
        report = self._judgement.report
        row = report.laws[self._place]
        if row.status == "unsupported":
            pytest.skip(row.reason or "unsupported")
        if row.status in FAILING or row.status == "internal":
            raise LawFailed(explained(self._judgement.laws[self._place], report, self._place))


def parametrize(
    implementation: Any, *, laws: str = "*", profile: str = "default", seed: int = 0
) -> pytest.MarkDecorator:
    """A decorator that calls a test once for each law, with the law as argument `law`.

    implementation: an object or a class, judged in this process; or a string as on the command
                    line, judged in a process of its own
    laws, profile, seed: as for `backproof.check`

    Raises: CannotLoad when its declarations are wrong; ValueError for a pattern without laws or an
            unknown profile.
    """
    isolated = isinstance(implementation, str)
    server = Child(implementation) if isolated else Local(implementation)
    words = implementation if isolated else ""
    judgement = Judgement(server, chosen(laws), Settings(profile, seed), words)
    judgement.load()
    tests = [LawTest(judgement, place) for place in range(len(judgement.laws))]
    return pytest.mark.parametrize("law", tests, ids=repr)
