"""An implementation before the laws: what is asked, and the report."""

import math
from difflib import get_close_matches
from typing import Any

from backproof.judging.law import CHAPTERS, Law, laws
from backproof.judging.run import blank_row, run_law
from backproof.judging.settings import Settings
from backproof.reports.report import Described, Finding, Report
from backproof.subjects.local import Local
from backproof.subjects.subject import BATCHES, Server, Subject, declared


def check(
    implementation: Any, *, laws: str = "*", profile: str = "default", seed: int = 0
) -> Report:
    """The report on an implementation, judged in this process.

    implementation: an object or a class with the attributes of `Implementation`
    laws:           a pattern of names or chapters; several are separated by commas
    profile:        quick, default or thorough

    Raises: CannotLoad when its declarations are wrong; ValueError for a pattern without laws or an
            unknown profile.
    """
    settings = Settings(profile, seed)
    judgement = Judgement(Local(implementation), chosen(laws), settings)
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    judgement.close()
    return judgement.report


def chosen(pattern: str) -> list[Law]:
    """The laws that fit a pattern.

    Raises: ValueError when none does.
    """
    found = laws(pattern)
    if not found:
        words = {*CHAPTERS, *(word for law in laws() for word in law.name.split("_"))}
        near = get_close_matches(pattern, words, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"no law or chapter fits {pattern!r}; {meant}`backproof laws` lists them")
    return found


class Judgement:
    """One subject before the laws: the rows exist from the start, and are filled one by one."""

    def __init__(
        self,
        server: Server,
        laws: list[Law],
        settings: Settings,
        words: str = "",
        options: dict[str, str] | None = None,
    ) -> None:
        self.laws, self.settings = laws, settings
        self.server, self._options = server, options or {}
        self.report = Report(
            subject=Described(name=words, subject=words, options=self._options),
            seed=settings.seed,
            profile=settings.profile,
            isolated=server.isolated,
            laws=[blank_row(law) for law in laws],
        )

    def load(self) -> None:
        """Start the subject.

        Raises: CannotLoad saying why it cannot be judged.
        """
        self.subject = Subject(self.server)
        self.report.subject = _described(self.subject, self.report.subject.subject, self._options)

    def judge(self, place: int) -> None:
        """Run one law, and fill its row; the first one starts the clock of the time limit."""
        if self.settings.ends == math.inf:
            self.settings = self.settings.begun()
        run_law(self.laws[place], self.subject, self.settings, self.report.laws[place])
        self.note()

    def note(self) -> None:
        """What the subject did besides answering, into the report."""
        self.report.notes = _notes(self.subject)

    def close(self) -> None:
        """End the subject; what it offers and never answered is an error."""
        self.server.close()
        if not hasattr(self, "subject"):
            return  # interrupted before it was loaded
        for place in range(len(self.report.laws)):
            self.settle(place)
        whole = len(self.laws) == len(laws()) and not self.report.count("unfinished")
        if whole and (unasked := _unasked(self.subject)):
            self.report.notes.append(
                f"declared, and not asked for in this run: {', '.join(unasked)}"
            )

    def settle(self, place: int) -> None:
        """A law that is unsupported because a capability has never answered is an error."""
        row = self.report.laws[place]
        silent = [c for c in row.needs if c in _silent(self.subject)]
        if row.status == "unsupported" and silent:
            row.status, row.reason = "error", _never(self.subject, silent[0])
            row.findings = [Finding(kind="error", what=row.reason)]


def _silent(subject: Subject) -> list[str]:
    """The capabilities that refused every case."""
    return [c for c in subject.refused if c not in subject.answered]


def _unasked(subject: Subject) -> list[str]:
    """The optimizers, batches and initializers that the scope declares and no law has asked for."""
    scope, declared = subject.scope, list[str]()
    if subject.offers("train"):
        declared += [*scope.optimizers, *([BATCHES] if scope.batches else [])]
    if subject.offers("initialize"):
        declared += scope.initializers
    return [name for name in declared if name not in subject.met]


def _never(subject: Subject, capability: str) -> str:
    return f"{capability} is offered and has never answered: {subject.refused[capability]}"


def _described(subject: Subject, words: str, options: dict[str, str]) -> Described:
    return Described(
        name=subject.name,
        version=subject.version,
        precision=subject.precision.name,
        options=options,
        capabilities=list(subject.capabilities),
        declared=declared(subject.conventions),
        subject=words,
    )


def _notes(subject: Subject) -> list[str]:
    return [
        f"{capability} prints to standard output: {text.strip().splitlines()[0][:80]!r}"
        for capability, text in subject.noise.items()
        if text.strip()
    ]
