"""A run of `backproof check`: pytest closed to the user's configuration, one item a law.

Without the closing, an `addopts`, a conftest or a plugin in the user's folder silently empties or
weakens the run. Ctrl-C stops the law that is running; the report is whole, and says what was not
finished.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import pytest

from backproof import laws as laws_package
from backproof import plugin
from backproof.check import Judgement
from backproof.report import Row


class Interrupts:
    """Ctrl-C as a wish: it is raised where a law can be stopped, and remembered elsewhere."""

    def __init__(self) -> None:
        self.asked = False
        self._open = False
        self._before: Any = None

    def install(self) -> None:
        """Listen to Ctrl-C from now on."""
        self._before = signal.signal(signal.SIGINT, self._handle)

    def remove(self) -> None:
        """Leave Ctrl-C to whoever had it before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if self._open or again:
            raise KeyboardInterrupt

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """A stretch of work that Ctrl-C may stop at any point."""
        if self.asked:
            raise KeyboardInterrupt
        self._open = True
        try:
            yield
        finally:
            self._open = False


class Watcher:
    """The pytest plugin of a run: shows progress, and lets Ctrl-C in while a law runs."""

    def __init__(self, judgement: Judgement, interrupts: Interrupts, show: "Show") -> None:
        self._judgement, self._interrupts, self._show = judgement, interrupts, show

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the subject to the collector."""
        config.stash[plugin.JUDGEMENTS] = [self._judgement]

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Keep the subject: whoever made it ends it."""
        config.stash[plugin.JUDGEMENTS] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: plugin.LawItem) -> Iterator[None]:
        """Show which law is running, and its row when it is done."""
        row = self._judgement.report.laws[item.place]
        self._show.started(row)
        try:
            with self._interrupts.stoppable():
                return (yield)
        finally:
            self._show.finished(row)


class Show(Protocol):
    """Where progress is shown."""

    def started(self, row: Row) -> None:
        """A law begins."""

    def finished(self, row: Row) -> None:
        """A law has its verdict."""


def run(judgement: Judgement, interrupts: Interrupts, show: Show) -> None:
    """Judge a subject by all its laws; an interruption is noted in the report."""
    watcher = Watcher(judgement, interrupts, show)
    with tempfile.TemporaryDirectory(prefix="backproof-") as folder, _closed():
        ini = Path(folder) / "backproof.ini"
        ini.write_text("[pytest]\n")
        arguments = [
            "-c", str(ini), "--rootdir", folder, "--noconftest", "--import-mode=importlib",
            "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler",
            "-p", "no:logging", "-p", "no:warnings", "-s", *laws_package.__path__,
        ]  # fmt: skip
        pytest.main(arguments, plugins=[plugin, watcher])
    judgement.report.interrupted = interrupts.asked


@contextmanager
def _closed() -> Iterator[None]:
    """The environment without pytest's own variables."""
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
