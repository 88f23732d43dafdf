"""Where examples that have broken a law are kept: a folder, Redis, or any database of Hypothesis's.

What one run has found is tried first by the next, on whatever machine it can reach the place.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

T = TypeVar("T")

SECONDS = 5.0
"""What a server may take to answer."""

SERVERS = ("redis", "rediss")


class Kept:
    """A database until it fails: from then on nothing is asked of it, which is said once.

    place: as a person names it, without a password; "" for an object
    """

    def __init__(self, given: str, database: ExampleDatabase) -> None:
        self._given, self._database, self._lost = given, database, False
        self.place = _without_password(given)

    def __reduce__(self) -> Any:
        return _opened, (self._given,)  # another process has a connection of its own

    def knock(self) -> None:
        """Ask for anything.

        Raises: what the database raises where it cannot answer.
        """
        [*self._database.fetch(b"backproof")]

    def fetch(self, key: bytes, notes: list[str]) -> list[bytes]:
        """What is kept under a key, the shortest first."""
        found = self._asked(lambda: [*self._database.fetch(key)], notes) or []
        return sorted(found, key=lambda entry: (len(entry), entry))

    def save(self, key: bytes, entry: bytes, notes: list[str]) -> None:
        """Keep an entry under a key."""
        self._asked(lambda: self._database.save(key, entry), notes)

    def delete(self, key: bytes, entry: bytes, notes: list[str]) -> None:
        """Keep it no longer."""
        self._asked(lambda: self._database.delete(key, entry), notes)

    def _asked(self, call: Callable[[], T], notes: list[str]) -> T | None:
        """What the database answers, or None where it does not, with the reason in the notes."""
        if self._lost:
            return None
        try:
            return call()
        except Exception as error:
            self._lost = True
            notes.append(f"from here on no example is kept or tried first: {_words(error)}")
            return None


def kept_in(place: str | ExampleDatabase | None) -> Kept | None:
    """What is kept in a folder, which is made, in Redis, or in a database; None where nothing is.

    Raises: ValueError saying why it cannot be used.
    """
    if not isinstance(place, str):
        return None if place is None else Kept("", place)
    try:
        found = _opened(place)
        found.knock()
    except Exception as error:
        raise ValueError(f"examples {_without_password(place)}: {_words(error)}") from error
    return found


def _opened(place: str) -> Kept:
    return Kept(place, _redis(place) if "://" in place else _folder(place))


def _folder(place: str) -> ExampleDatabase:
    """A folder that can be written in.

    Raises: OSError where it cannot be made, ValueError where it cannot be written in.
    """
    Path(place).mkdir(parents=True, exist_ok=True)
    if not os.access(place, os.W_OK):
        raise ValueError("it cannot be written in; name another folder")
    return DirectoryBasedExampleDatabase(place)


def _redis(place: str) -> ExampleDatabase:
    """A server, which is asked when it is needed.

    Raises: ValueError where it is no address of one, or the library is missing.
    """
    if urlsplit(place).scheme not in SERVERS:
        raise ValueError("give a folder, or redis://HOST:PORT/NUMBER")
    if find_spec("redis") is None:
        raise ValueError("Redis needs an extra: python -m pip install 'backproof[redis]'")
    import redis
    from hypothesis.extra.redis import RedisExampleDatabase

    waits = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
    return RedisExampleDatabase(redis.Redis.from_url(place, **waits))


def _without_password(place: str) -> str:
    start, slashes, rest = place.partition("://")
    return f"{start}{slashes}{rest.rpartition('@')[2].partition('?')[0]}" if slashes else place


def _words(error: Exception) -> str:
    words = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return " ".join(words.split())
