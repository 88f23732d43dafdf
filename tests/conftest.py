"""With several workers a file of tests stays in one of them and shares what it made: a built site.

The laws on the engine, `properties/test_refnet.py`, and the controls share nothing, and spread over
the workers. The site, which takes longest, comes first and these last, so that nobody idles.
"""

from typing import Any

import pytest

from backproof.judging import edges, hints, recognition, survey

FIRST = "test_docs.py"

ALONE = ("properties/", "tests/test_controls.py")
"""Whose tests are each a file of its own."""


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduling of `--dist loadfile` in our order, each law counting as a file of its own."""
    from xdist.scheduler import LoadFileScheduling

    class Spread(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(ALONE) else super()._split_scope(nodeid)

    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Spread(config, log)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests look at verdicts: a convention that would fit is sought where it is looked at."""
    monkeypatch.setattr(recognition, "MOST_SECONDS", 0.0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine what explains a finding takes longer than a person would wait."""
    for module in (edges, hints, recognition, survey):
        monkeypatch.setattr(module, "MOST_SECONDS", 60.0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker the longest file first, and what can spread last."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (item.nodeid.startswith(ALONE), item.path.name != FIRST))
