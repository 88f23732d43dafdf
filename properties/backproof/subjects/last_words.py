"""What a process has said last: of a crash the lines of the subject, and none of ours.

faulthandler writes, latest call first, after "Fatal Python error: ..." and "Current thread ...":

      File "subject.py", line 12 in forward
"""

import linecache
import os
import re
from pathlib import Path

MOST = 8
"""Lines that are shown of what was printed, and frames of a crash."""

LARGEST = 2**22
"""Bytes of a file of which a line is shown."""

_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in .*')

OURS = (f"{Path(__file__).parent}{os.sep}", "<frozen ")
"""How the frames begin that stand around every call."""


def last_words(errors: str) -> str:
    """What a person needs of the standard error of a process that has ended."""
    before, crash, after = errors.rpartition("Fatal Python error: ")
    said = (before if crash else after).strip().splitlines()[-MOST:]
    if not crash:
        return "\n".join(said)
    return "\n".join([*said, crash + after.partition("\n")[0], *_frames(after)])


def ends(items: list[str]) -> list[str]:
    """All of them, or the first and the last: where it happened, and where the subject began."""
    if len(items) <= MOST:
        return items
    return [*items[: MOST // 2], "  ...", *items[-MOST // 2 :]]


def _frames(crash: str) -> list[str]:
    """The subject's frames in the thread that has crashed, each with its line."""
    thread = crash.partition("Current thread ")[2].partition("\n\n")[0]
    found = [match for match in map(_FRAME.fullmatch, thread.splitlines()) if match]
    theirs = [frame for frame in found if not frame["file"].startswith(OURS)]
    return ends([_with_its_line(frame) for frame in theirs or found])


def _with_its_line(frame: re.Match[str]) -> str:
    file = frame["file"]  # which a subject may have made up: a pipe would be read for ever
    if not os.path.isfile(file) or not 0 < os.path.getsize(file) < LARGEST:
        return frame[0]
    code = linecache.getline(file, int(frame["line"])).strip()
    return f"{frame[0]}\n    {code}" if code else frame[0]
