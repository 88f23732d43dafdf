"""A command that is still running, for tests that interrupt it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def started(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """The process of a command, which is not left behind where a test fails."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()
