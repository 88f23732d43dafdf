"""The board: what each subject, in each precision, makes of each law (schema 1)."""

import datetime
from collections import Counter
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec

from backproof.reports.ledger import Known
from backproof.reports.report import Described, Environment, Report, environment
from backproof.reports.row import Row, Status

Key = tuple[str, str, tuple[tuple[str, str], ...]]
"""Which place on the board: the words of a subject, its precision, the other options."""


class Cell(msgspec.Struct, kw_only=True):
    """What a subject makes of a law.

    ratio:  the worst error over what is allowed; judged: the entries that were
    reason: why it is not judged, or what is known or was found of it, in a sentence
    link:   where that is written about
    """

    status: Status
    ratio: float = 0.0
    judged: int = 0
    reason: str = ""
    link: str = ""


class Entry(msgspec.Struct, kw_only=True):
    """A whole run on one subject in one precision.

    command: what gives it again; date: the day of the run; seconds: of all laws
    """

    subject: Described
    backproof: str
    profile: str
    seed: int
    command: str
    date: datetime.date
    environment: Environment
    seconds: float
    laws: dict[str, Cell]

    @property
    def key(self) -> Key:
        """Its place on the board."""
        return place(self.subject.subject, self.subject.precision, self.subject.options)

    @property
    def counts(self) -> "Counter[Status]":
        """How many laws have each status."""
        return Counter(cell.status for cell in self.laws.values())

    @property
    def judged(self) -> int:
        """How many entries were judged, of all laws."""
        return sum(cell.judged for cell in self.laws.values())

    def same(self, subject: Described, profile: str, seed: int, laws: Collection[str]) -> bool:
        """Whether a run with these would say the same again."""
        ours = (self.backproof, self.profile, self.seed, self.subject.version, {*self.laws})
        return ours == (version("backproof"), profile, seed, subject.version, {*laws})


class Absent(msgspec.Struct, kw_only=True):
    """What was asked for, and is not there: the reason is the sentence that it ended with."""

    subject: str
    precision: str = ""
    options: dict[str, str] = {}
    reason: str


class Board(msgspec.Struct, kw_only=True):
    """Every run that came to its end. Later versions of schema 1 may add fields; they lose none."""

    schema: Literal[1] = 1
    entries: list[Entry] = []
    absent: list[Absent] = []

    def find(self, key: Key) -> Entry | None:
        """The entry at a place."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def put(self, entry: Entry) -> None:
        """Take a run in the place of an older one; what is there is not absent."""
        self.entries = [old for old in self.entries if old.key != entry.key] + [entry]
        self.absent = [old for old in self.absent if not _answers(entry, old)]

    def miss(self, absent: Absent) -> None:
        """Take down that a subject is not there, unless an earlier run found it."""
        self.absent = [old for old in self.absent if _asked(old) != _asked(absent)]
        if not any(_answers(entry, absent) for entry in self.entries):
            self.absent.append(absent)


def place(subject: str, precision: str, options: dict[str, str]) -> Key:
    """Where a subject stands."""
    others = {name: value for name, value in options.items() if name != "precision"}
    return subject, precision, tuple(sorted(others.items()))


def _asked(absent: Absent) -> Key:
    return place(absent.subject, absent.precision, absent.options)


def _answers(entry: Entry, absent: Absent) -> bool:
    """Whether a run is what was missed: of that precision, or of any where none was named."""
    subject, _, options = entry.key
    return _asked(absent) in (entry.key, (subject, "", options))


def read(file: Path) -> Board:
    """The board in a file; an empty one where there is none.

    Raises: ValueError where it is no board.
    """
    if not file.exists():
        return Board()
    try:
        return msgspec.json.decode(file.read_bytes(), type=Board)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{file} is no board: {error}; name another file") from None


def whole(report: Report) -> bool:
    """Whether a run came to its end without a fault of ours, so that it may stand on the board."""
    return report.exit_status in (0, 1) and not report.count("unfinished")


def entry(report: Report, known: list[Known]) -> Entry:
    """A run as it stands on the board; `known` are the entries of a ledger."""
    names, precision = (report.subject.subject, report.subject.name), report.subject.precision
    told = {one.law: one for one in known if one.concerns(one.law, names, precision)}
    return Entry(
        subject=report.subject,
        backproof=version("backproof"),
        profile=report.profile,
        seed=report.seed,
        command=report.again(),
        date=datetime.date.today(),
        environment=environment(),
        seconds=round(sum(row.seconds for row in report.laws), 1),
        laws={row.law: _cell(row, told.get(row.law)) for row in report.laws},
    )


def _cell(row: Row, known: Known | None) -> Cell:
    found = row.findings[0].sentence() if row.fails and row.findings else ""
    cell = Cell(status=row.status, ratio=row.worst_ratio, judged=row.judged)
    if row.status == "known" and known:
        cell.reason, cell.link = known.reason, known.link
    elif row.status != "holds":
        cell.reason = found or row.reason or ""
    return cell
