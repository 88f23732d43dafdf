"""The report: a row for each law, the headline, the exit status, and their JSON (schema 1)."""

import platform
import sys
from collections import Counter
from importlib.metadata import version
from typing import Any, Literal

import msgspec
import numpy as np

from backproof.reports.again import typed, written
from backproof.reports.causes import Cause, causes
from backproof.reports.reach import Reach, together
from backproof.reports.row import FAILING, STATUSES, Row, Status

LARGEST = sys.float_info.max
"""JSON has no infinity: this number is written for it."""


class Described(msgspec.Struct, kw_only=True):
    """What was judged; scope: each field of its scope, as Python writes it."""

    name: str
    version: str = ""
    precision: str = "float64"
    options: dict[str, str] = {}
    capabilities: list[str] = []
    declared: list[str] = []
    subject: str = ""
    scope: dict[str, str] = {}


class Report(msgspec.Struct, kw_only=True):
    """Every row of one run, with what was judged and where.

    pattern:     of the laws that were chosen; known: the file of the ledger
    examples:    where those of earlier runs are kept
    scripts:     the case of each law that does not hold as a script; "" where it is too long
    not_judged:  what is declared, and was compared neither with the engine nor with a theorem
    not_reached: what of the scope no such comparison was made on
    """

    subject: Described
    seed: int = 0
    profile: str = "default"
    isolated: bool = True
    interrupted: bool = False
    pattern: str = "*"
    known: str = ""
    examples: str = ""
    laws: list[Row] = []
    scripts: dict[str, str] = {}
    notes: list[str] = []
    not_judged: list[str] = []
    not_reached: list[str] = []

    @property
    def reach(self) -> Reach:
        """What the laws were judged on, all together."""
        return together(row.reach for row in self.laws)

    @property
    def chance(self) -> float:
        """How probable it is, at most, that a correct implementation is broken by chance."""
        return sum(row.chance for row in self.laws)

    @property
    def causes(self) -> list[Cause]:
        """The likely causes of all that does not hold, the nearest to the input first."""
        return causes(self.laws)

    def count(self, status: Status) -> int:
        """The number of laws with this status."""
        return sum(row.status == status for row in self.laws)

    @property
    def exit_status(self) -> int:
        """0 nothing broken, 1 something is, 3 internal, 130 interrupted."""
        if self.interrupted:
            return 130
        kinds = {finding.kind for row in self.laws for finding in row.findings}
        if self.count("internal") or "internal" in kinds:
            return 3
        judged = any(row.judged for row in self.laws)
        return 1 if not judged or any(row.status in FAILING for row in self.laws) else 0

    def headline(self) -> str:
        """The counts of all statuses that occur; below, what is declared and was not judged."""
        counts = Counter(row.status for row in self.laws)
        verb = "holds" if counts["holds"] == 1 else "hold"
        parts = [f"{counts[s]} {verb if s == 'holds' else s}" for s in STATUSES if counts[s]]
        judged = sum(row.judged for row in self.laws)
        examples = sum(row.examples for row in self.laws)
        words = ", ".join(parts) or "no law was run"
        unjudged = f"\ndeclared, not judged: {', '.join(self.not_judged)}" * bool(self.not_judged)
        return f"{words} ({examples:,} examples, {judged:,} entries judged){unjudged}"

    def __str__(self) -> str:
        """What `backproof check` prints of it."""
        from backproof.reports.terminal import as_text  # which is made of reports

        return as_text(self)

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        from backproof.reports.html import framed  # which is made of reports

        return framed(self)

    def again(self, law: str = "") -> str:
        """The call that gives this report again, or what it says of a law."""
        given: dict[str, str | int] = {"laws": law or self.pattern, "seed": self.seed}
        given |= {"profile": self.profile, "known": "" if law else self.known}
        given["examples"] = self.examples
        if not self.subject.subject:
            return written(self.subject.name, given)
        return typed(self.subject.subject, self.subject.options, given)

    def document(self) -> "Document":
        """The report in the layout of schema 1."""
        counts = {status: self.count(status) for status in STATUSES}
        totals = Summary(
            **counts,
            examples=sum(row.examples for row in self.laws),
            judged=sum(row.judged for row in self.laws),
            seconds=sum(row.seconds for row in self.laws),
        )
        return Document(
            backproof=version("backproof"),
            seed=self.seed,
            profile=self.profile,
            isolated=self.isolated,
            interrupted=self.interrupted,
            environment=environment(),
            subject=self.subject,
            summary=totals,
            laws=self.laws,
            notes=self.notes,
            reach=self.reach,
            not_judged=self.not_judged,
            not_reached=self.not_reached,
            chance=self.chance,
            causes=self.causes,
            command=self.again(),
        )

    def to_json(self) -> str:
        """The report as JSON."""
        return as_json(self.document())


class Environment(msgspec.Struct, kw_only=True):
    """Where it was judged."""

    python: str
    numpy: str
    platform: str


def environment() -> Environment:
    """Where this process runs."""
    return Environment(
        python=platform.python_version(), numpy=np.__version__, platform=platform.platform()
    )


class Summary(msgspec.Struct, kw_only=True):
    """How many laws have each status, and how much was judged."""

    holds: int = 0
    broken: int = 0
    error: int = 0
    vacuous: int = 0
    weak: int = 0
    unsupported: int = 0
    known: int = 0
    stale: int = 0
    unfinished: int = 0
    internal: int = 0
    examples: int = 0
    judged: int = 0
    seconds: float = 0.0


class Document(msgspec.Struct, kw_only=True):
    """The JSON report. Later versions of schema 1 may add fields; they lose and change none.

    A number that is not finite has no place in JSON: an infinity is written as the largest float64
    with its sign, and nan as the text "nan".
    """

    schema: Literal[1] = 1
    backproof: str
    seed: int
    profile: str
    isolated: bool
    interrupted: bool
    environment: Environment
    subject: Described
    summary: Summary
    laws: list[Row]
    notes: list[str]
    reach: Reach
    not_judged: list[str]
    not_reached: list[str]
    chance: float = 0.0
    causes: list[Cause] = []
    command: str = ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the report, generated from its types."""
    return msgspec.json.schema(Document)


def as_json(documents: Any) -> str:
    """Indented JSON of one document, or of a list of them."""
    plain = _finite(msgspec.to_builtins(documents))
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()


def exit_status(reports: list[Report]) -> int:
    """The status of several reports: the gravest."""
    statuses = {report.exit_status for report in reports}
    return next((s for s in (130, 3, 1) if s in statuses), 0)


def _finite(value: Any) -> Any:
    """The same value with nan as text and infinities as the largest number."""
    if isinstance(value, float):
        if value != value:
            return "nan"
        return max(-LARGEST, min(LARGEST, value))
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
