"""With several workers (`--dist loadgroup`) a file of tests stays together and shares what it made.

The laws of `properties/test_refnet.py` have no group, so that they spread over the workers.
"""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One group for each file in this folder."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(HERE))))
