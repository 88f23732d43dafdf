"""What is made while the site is built, kept until anything that made it has changed.

A result lies in `.site-cache` under the hash of the words that ask for it, of every file that it
might have read, and of the versions of Python and of all that is installed. A file that changes
changes every name, so that nothing stale can be found; what has not been asked for in thirty days
is thrown away.
"""

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("benchmarks", "bridges", "docs/_hooks", "docs/data", "engine", "examples", "properties")
PASSING = {"__pycache__", "node_modules", "build", ".pytest_cache", ".hypothesis"}
DAYS = 30


def kept(words: str, make: Callable[[], str]) -> str:
    """What `make` gives, or what it gave for the same words and the same files."""
    place = ROOT / ".site-cache" / _hash(f"{state(ROOT)}\n{words}".encode())
    if place.is_file():
        os.utime(place)
        return place.read_text(encoding="utf-8")
    made = make()
    place.parent.mkdir(exist_ok=True)
    half = place.with_suffix(f".{os.getpid()}")
    half.write_text(made, encoding="utf-8")
    half.replace(place)
    return made


@cache
def state(root: Path) -> str:
    """The hash of every file that an example might read, and of every version."""
    installed = sorted({f"{found.name} {found.version}" for found in distributions()})
    files = (f"{file.relative_to(root)} {_hash(file.read_bytes())}" for file in _read(root))
    parts = [platform.platform(), platform.python_version(), *installed, *files]
    return _hash("\n".join(parts).encode())


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Look at the files anew for each build, and forget what is old."""
    state.cache_clear()
    for file in (ROOT / ".site-cache").glob("*"):
        if file.stat().st_mtime < time.time() - DAYS * 86400:
            file.unlink()
    return config


def _read(root: Path) -> Iterator[Path]:
    for place in PLACES:
        for file in sorted((root / place).rglob("*")):
            inside = set(file.relative_to(root).parts)
            if file.is_file() and not inside & PASSING and ".egg-info" not in str(file):
                yield file
    yield from sorted(root.glob("*.toml"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
