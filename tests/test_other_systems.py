"""Where a system lacks a means, as macOS and Windows do, a run works without it."""

import errno
import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from backproof.subjects import guard

LACKING = """
import ctypes, os, signal, sys
for name in ("SIGHUP", "SIGCHLD", "SIGABRT", "pthread_sigmask", "sigtimedwait"):
    delattr(signal, name)
for name in ("fork", "killpg", "register_at_fork"):
    delattr(os, name)
sys.modules["resource"] = None
del ctypes.CDLL
"""
"""Of what the standard library itself can do without here; it needs SIGKILL to end a process."""

EVERYTHING = """
import importlib, pkgutil, signal, sys
import backproof
del signal.SIGKILL
class Absent:
    def find_spec(name, *_):
        if name in sys.argv:  # what loads its own code by ctypes cannot be imported so
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Absent)
for module in pkgutil.walk_packages(backproof.__path__, "backproof."):
    if not module.name.endswith(("__main__", "template")):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as missing:
            if missing.name not in sys.argv:
                raise
"""


def optional() -> list[str]:
    """The packages of the extras that the tests' own does not install."""
    extras = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]
    installed = {"test", *re.findall(r"\w+", extras["test"][0])}
    lines = [line for name in extras.keys() - installed for line in extras[name]]
    return re.findall(r"^\w+", "\n".join(lines), re.MULTILINE)


def without(tmp_path: Path, *words: str) -> Any:
    """A Python in which these names are missing from the start, in all that it starts too."""
    (tmp_path / "sitecustomize.py").write_text(LACKING)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *words], env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_every_module_is_imported_where_signals_are_missing(tmp_path: Path) -> None:
    done = without(tmp_path, "-c", EVERYTHING, *optional())
    assert (done.returncode, done.stderr) == (0, "")


def test_a_crash_is_a_finding_where_there_are_no_process_groups_and_no_limits(
    tmp_path: Path,
) -> None:
    subject = f"{Path(__file__).parent / 'hostile.py'}:Leaves"
    words = ("check", subject, "--laws", "no_hidden*,softmax_is*", "--profile", "quick")
    done = without(tmp_path, "-m", "backproof", *words)
    assert (done.returncode, done.stderr) == (1, "")
    assert "forward ended its process (exit status 7)" in done.stdout


def test_a_system_that_has_no_process_more_gives_no_guard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fork() -> int:
        raise BlockingIOError(errno.EAGAIN, "no process more")

    watching: list[Any] = []
    monkeypatch.setattr(guard, "_prctl", lambda option, value: True)
    monkeypatch.setattr(guard, "_end_with", watching.append)
    monkeypatch.setattr(os, "fork", fork)
    guard.guarded(os.getppid(), 0)
    while not watching:
        time.sleep(0.001)
    assert watching == [os.getppid()]
