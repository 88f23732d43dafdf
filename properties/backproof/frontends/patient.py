"""A stream that a run survives: what cannot be written is lost, and known to be."""

import contextlib
from collections.abc import Iterator
from typing import Any, TextIO


class Patient:
    """A text stream that goes on when nobody listens any more, or when the disk is full.

    lost: why something could not be written; where nobody listens, nothing is lost
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.lost = stream, ""

    def write(self, text: str) -> int:
        """The text, if it can be written."""
        with self._noted():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if that can be done."""
        with self._noted():
            self._stream.flush()

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            pass
        except OSError as error:
            self.lost = error.strerror or str(error)
        except ValueError as error:  # it was closed, or has no such letters
            self.lost = str(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
