"""With several workers a file of tests stays in one of them and shares what it made: a built site.

The laws on the engine, `properties/test_refnet.py`, and the controls share nothing, and spread over
the workers: a long file that comes last would leave the others idle.
"""

from typing import Any

import pytest

ALONE = ("properties/", "tests/test_controls.py")
"""Whose tests are each a file of its own."""


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduling of `--dist loadfile`, where each law counts as a file of its own."""
    from xdist.scheduler import LoadFileScheduling

    class Spread(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(ALONE) else super()._split_scope(nodeid)

    return Spread(config, log) if config.getvalue("dist") == "loadfile" else None
