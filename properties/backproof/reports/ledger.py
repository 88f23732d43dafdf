"""The ledger of known breaks: what is recorded and no worse does not fail; all else about it does.

[[known]]                         # in backproof.toml; [[tool.backproof.known]] in pyproject.toml
law = "gradients_match_finite_differences"
subject = "net.py:Network"        # as on the command line
reason = "the slope of gelu is a table"
ratio = 2e3                       # the largest that is known; of a law with an error: error = true
until = 2027-01-31                # if it is to be mended by then
link = "https://..."              # if it is written about
precision = "bfloat16"            # if it breaks in this one alone
"""

import datetime
import json
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from backproof.reports.causes import Cause
from backproof.reports.report import Report
from backproof.reports.row import Row, Status

LEFT: tuple[Status, ...] = ("broken", "error")
"""What can be left as it is."""


class Known(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One entry: a law that a subject is known to break, and how badly at most."""

    law: str
    subject: str
    reason: str
    ratio: float = 0.0
    error: bool = False
    until: datetime.date | None = None
    link: str = ""
    precision: str = ""

    def concerns(self, law: str, names: Collection[str], precision: str) -> bool:
        """Whether it speaks of this law, of a subject of these names in this precision."""
        return self.law == law and self.subject in names and self.precision in ("", precision)


def read(file: str, laws: Collection[str]) -> list[Known]:
    """The entries of a file.

    laws: the names that there are
    Raises: ValueError naming the file, the entry, the rule and the value.
    """
    try:
        document = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    place = document.get("tool", {}).get("backproof", document)
    if not isinstance(given := place.get("known"), list):
        raise ValueError(f"{file} has no [[known]], nor [[tool.backproof.known]]")
    entries = [_entry(f"{file}: entry {i}", one, laws) for i, one in enumerate(given, 1)]
    names = [(entry.law, entry.subject, entry.precision) for entry in entries]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{file}: {twice[0][0]} is there twice for {twice[0][1]}; keep one entry")
    return entries


def _entry(where: str, given: Any, laws: Collection[str]) -> Known:
    try:
        entry = msgspec.convert(given, Known)
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {error}") from None
    if entry.law not in laws:
        raise ValueError(f"{where}: law = {entry.law!r} is none; `backproof laws` lists them")
    if not entry.reason.strip():
        raise ValueError(f"{where}: reason is empty; say why the break is left")
    if entry.error == bool(entry.ratio) or not (entry.error or entry.ratio > 1):
        rule = "give the largest ratio, above 1, or error = true"
        raise ValueError(f"{where}: ratio = {entry.ratio!r}, error = {entry.error!r}; {rule}")
    return entry


def compare(row: Row, entry: Known, today: datetime.date) -> None:
    """Make a verdict known, or stale where the ledger is not right any more, with the repair."""
    if row.status == "holds":
        row.reason = "the ledger knows it as broken, and it is not: take its entry out"
    elif row.status not in LEFT:
        return
    elif entry.until and today > entry.until:
        row.reason = f"it was to be mended until {entry.until}: mend it, or write another date"
    elif (row.status == "error") != entry.error:
        error = row.status == "error"
        instead = "error = true for ratio" if error else f"{_enough(row)} for error = true"
        row.reason = f"it breaks in another way than is known: mend it, or write {instead}"
    elif row.worst_ratio > entry.ratio and not entry.error:
        most = f"ratio {row.worst_ratio:.3g} is worse than the {entry.ratio:.3g} that is known"
        row.reason = f"{most}: mend it, or write {_enough(row)}"
    else:
        row.status, row.reason = "known", entry.reason + f" ({entry.link})" * bool(entry.link)
        return
    row.status = "stale"


def _enough(row: Row) -> str:
    """A ratio of two digits that is no smaller than the row's, however it is rounded."""
    return f"ratio = {1.1 * row.worst_ratio:.2g}"


def entries(report: Report, cause: Cause) -> str:
    """What to write into a ledger where the laws that a cause breaks are to be left so."""
    subject = report.subject.subject or report.subject.name
    rows = [row for row in report.laws if row.law in cause.laws and row.status in LEFT]
    if len(rows) == len(report.laws) > 1 and all(row.status == "error" for row in rows):
        return ""  # it does not even answer, and a ledger of all laws would hide everything
    return "\n\n".join(_entry_of(row, subject) for row in rows)


def _entry_of(row: Row, subject: str) -> str:
    """The entry that knows a row; its reason is left to whoever leaves the break."""
    worst = "error = true" if row.status == "error" else _enough(row)
    law, name = (json.dumps(text, ensure_ascii=False) for text in (row.law, subject))
    return f'[[known]]\nlaw = {law}\nsubject = {name}\nreason = ""  # say why\n{worst}'
