"""How a command ends: the call was wrong, a report is written, a status is left."""

import contextlib
import os
import sys
from pathlib import Path
from typing import NoReturn


def wrong(message: str) -> NoReturn:
    """The call was wrong: say how, and leave with status 2."""
    print(f"backproof: {message}", file=sys.stderr)
    sys.exit(2)


def check_writable(path: str) -> None:
    """Leave at once where the report could not be written in the end."""
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        wrong(f"--json {path}: there is no folder {folder}")
    try:
        with open(path, "a", encoding="utf-8"):
            pass
    except OSError as error:
        wrong(f"--json {path}: {error.strerror}")


def write(path: str, text: str) -> None:
    """The report into its file, or onto the terminal if that fails: the verdict stands."""
    try:
        if path != "-":
            Path(path).write_text(text + "\n", encoding="utf-8")
            return
    except OSError as error:
        print(f"backproof: --json {path}: {error.strerror}; here it is", file=sys.stderr)
    with contextlib.suppress(OSError):
        print(text, flush=True)


def leave(status: int) -> NoReturn:
    """End with this status, even if nobody has read to the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
