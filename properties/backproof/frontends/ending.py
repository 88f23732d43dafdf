"""How a command ends: with its status, or with one line that says why it did not get there.

This file imports almost nothing: it also says what goes wrong while the others are imported.
"""

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from backproof.frontends.patient import Patient


def status_of(command: Callable[[], object]) -> int:
    """The exit status of a command; 3 and one line where it cannot run or cannot be shown."""
    if words := _hindrance():
        return _say(words, 3)
    with contextlib.suppress(AttributeError):  # some other stream
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    shown: Any = Patient(sys.stdout)
    said: Any = Patient(sys.stderr or io.StringIO())
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(said):
        status = _status(command)
        shown.flush()
    if shown.lost:
        return _say(f"standard output: {shown.lost}; what was to be shown is lost", status or 3)
    return status


def _hindrance() -> str:
    """Why no command can run at all, if that is so."""
    if sys.stdout is None:
        return "standard output is closed: there is nowhere to show anything"
    try:
        os.getcwd()
    except OSError:
        return "the current folder is gone: go to another one"
    return ""


def _status(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as leaving:
        words = leaving.code or 0  # what is no number was raised by no code of ours
        return words if isinstance(words, int) else _say(words, 3)
    except KeyboardInterrupt:
        return _say("interrupted; there is no report", 130)
    except MemoryError:
        return _say("there is not enough memory", 3)
    except Exception as error:
        return _say(_fault(error), 3)
    return 0


def _fault(error: Exception) -> str:
    """What was raised, and where."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(f"{type(error).__name__}: {error}".split())
    whose = "refused" if isinstance(error, OSError) else "a fault of its own, please report it"
    return f"{whose}: {words} ({last.filename}:{last.lineno})"


def _say(message: str, status: int) -> int:
    print(f"backproof: {message}", file=sys.stderr)
    return status


def wrong(message: str) -> NoReturn:
    """The call was wrong: say how, and leave with status 2."""
    sys.exit(_say(message, 2))


def check_writable(option: str, path: str) -> None:
    """Leave at once where the report could not be written in the end; nothing is touched."""
    if path == "-":
        return
    file = Path(path)
    if not file.resolve().parent.is_dir():
        wrong(f"{option} {path}: there is no folder {file.resolve().parent}")
    if file.is_dir():
        wrong(f"{option} {path}: this is a folder; name a file in it")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        wrong(f"{option} {path}: it cannot be written; choose another place")


def write(option: str, path: str, text: str) -> None:
    """The report into its file, or onto the terminal if that fails: the verdict stands."""
    try:
        if path != "-":
            put(Path(path), text + "\n")
            return
    except OSError as error:
        print(f"backproof: {option} {path}: {error.strerror}; here it is", file=sys.stderr)
    print(text, flush=True)


def put(file: Path, text: str) -> None:
    """Write beside, then rename: the file is the older report or this one, each of them whole."""
    if (file.exists() and not file.is_file()) or not os.access(file.parent, os.W_OK):
        file.write_text(text, encoding="utf-8")  # a pipe, a device, or nowhere to write beside
        return
    file = file.resolve()
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
