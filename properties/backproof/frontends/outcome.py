"""A law as a test: it passes, fails with the finding, or is skipped with the reason."""

import pytest

from backproof.frontends.conclude import conclude
from backproof.judging.judgement import Judgement
from backproof.reports.terminal import explained


class LawFailed(Exception):  # noqa: N818 (it is what pytest shows: the law failed)
    """A law does not hold; the text is what `backproof check` prints."""


def put_to_the_test(judgement: Judgement, place: int) -> None:
    """Judge one law.

    Raises: LawFailed when it does not hold; pytest's own exception where it is unsupported.
    """
    __tracebackhide__ = True  # a failure begins at the finding
    judgement.judge(place)
    judgement.settle(place)
    row = judgement.report.laws[place]
    if row.findings and not judgement.together:
        conclude(judgement)
    if row.status == "unsupported":
        pytest.skip(row.reason or "unsupported")
    if row.status == "known":
        pytest.xfail(row.reason or "known")
    if row.fails:
        raise LawFailed(explained(judgement.report, place))
