"""A run of `backproof check`: pytest closed to the user's configuration, one item a law.

Without the closing, an `addopts`, a conftest or a plugin in the user's folder silently empties or
weakens the run. Ctrl-C stops the law that is running; the report is whole, and says what was not
finished.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backproof import laws as laws_package
from backproof.frontends import plugin
from backproof.frontends.interrupts import Interrupts
from backproof.frontends.show import Show
from backproof.judging.judgement import Judgement


class Watcher:
    """The pytest plugin of a run: shows progress, and lets Ctrl-C in while a law runs."""

    def __init__(self, judgement: Judgement, interrupts: Interrupts, show: Show) -> None:
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
        with self._running(item.place, len(self._judgement.laws) - item.place):
            return (yield)

    def again(self) -> None:
        """The laws whose share of the time was not enough, with what the others have left."""
        with contextlib.suppress(KeyboardInterrupt):
            while places := self._judgement.cut():
                for done, place in enumerate(places):
                    with self._running(place, len(places) - done):
                        self._judgement.judge(place)

    @contextmanager
    def _running(self, place: int, among: int) -> Iterator[None]:
        self._judgement.among = among
        row = self._judgement.report.laws[place]
        self._show.started(row)
        try:
            with self._interrupts.stoppable():
                yield
        finally:
            self._show.finished(row)


def run(judgement: Judgement, interrupts: Interrupts, show: Show) -> None:
    """Judge a subject by all its laws, until Ctrl-C."""
    watcher, judgement.together = Watcher(judgement, interrupts, show), True
    (folder,) = laws_package.__path__
    with _closed():
        arguments = [
            "-c", os.devnull, "--rootdir", folder, "--noconftest", "--import-mode=importlib",
            "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler",
            "-p", "no:logging", "-p", "no:warnings", "-p", "no:unraisableexception", "-s", folder,
        ]  # fmt: skip
        code = pytest.main(arguments, plugins=[plugin, watcher])
        if not interrupts.asked:
            watcher.again()
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        for row in judgement.report.laws:
            if row.status == "unfinished":
                row.status, row.reason = "internal", "pytest failed before the law was run"


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
