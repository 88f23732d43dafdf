"""--save DIR: each counterexample as a script in a folder, named by its law."""

import os
import re
import shlex
import sys
from pathlib import Path

from rich.console import Console

from backproof.frontends.ending import put, wrong
from backproof.frontends.script import scripts
from backproof.reports.report import Report


def check_folder(folder: str | None, option: str = "--save") -> None:
    """Make the folder, or leave at once where it cannot be made or written in."""
    if folder is None:
        return
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        wrong(f"{option} {folder}: it cannot be made: {error.strerror}; name another folder")
    if not os.access(folder, os.W_OK):
        wrong(f"{option} {folder}: it cannot be written in; name another folder")


def save_all(folder: str, reports: list[Report], console: Console) -> None:
    """A script for the first finding of each law; of several subjects a folder each."""
    try:
        for place, report in enumerate(reports):
            own = Path(folder, _part(place, report)) if len(reports) > 1 else Path(folder)
            for file in _save(own, report):
                console.print(f"saved: backproof replay {shlex.quote(str(file))}", soft_wrap=True)
    except OSError as error:
        print(f"backproof: --save {folder}: {error.strerror}", file=sys.stderr)


def _part(place: int, report: Report) -> str:
    words = re.sub(r"[^\w.]+", "-", report.subject.subject).strip("-.")
    return f"{place + 1}-{words}"


def _save(folder: Path, report: Report) -> list[Path]:
    files = list[Path]()
    for law, text in scripts(report, folder).items():
        if text:
            folder.mkdir(exist_ok=True)
            files.append(folder / f"{law}.py")
            put(files[-1], text)
    return files
