"""An implementation before the laws: what is asked, and the report."""

import datetime
import math
import time
from dataclasses import fields
from itertools import zip_longest

from backproof.judging.hints import give_hints
from backproof.judging.law import Law
from backproof.judging.run import blank_row, run_law
from backproof.judging.search import Search
from backproof.judging.settings import Settings
from backproof.judging.survey import Evidence, Survey
from backproof.judging.trial import Trial
from backproof.reports.ledger import Known, compare
from backproof.reports.report import Described, Report
from backproof.reports.row import Finding, Row
from backproof.subjects.border import said
from backproof.subjects.failures import CannotLoad
from backproof.subjects.named import Named
from backproof.subjects.subject import BATCHES, DECAYS, Subject, declared


class Judgement:
    """One subject before the laws: the rows exist from the start, and are filled one by one.

    whole: whether these are all laws that there are
    among: how many laws share the time that is left, the next one included
    together: whether findings are explained when all laws are judged, and not one by one
    surveys: the examples at hand of each law that was judged
    known: the entries of a ledger of what is broken, by the words or the name of a subject
    Raises: CannotLoad when the declarations of an object are wrong.
    """

    def __init__(
        self, named: Named, laws: list[Law], settings: Settings, *, whole: bool = False
    ) -> None:
        self.named, self.laws, self.settings, self.whole = named, laws, settings, whole
        self.among, self.known = 1, list[Known]()
        self.server = named.server()
        self.together, self.surveys = False, dict[int, list[Survey]]()
        self.report = Report(
            subject=Described(name=named.words, subject=named.words, options=named.given),
            seed=settings.seed,
            profile=settings.profile,
            isolated=self.server.isolated,
            examples=settings.kept.place if settings.kept else "",
            laws=[blank_row(law) for law in laws],
        )

    def load(self) -> None:
        """Start the subject.

        Raises: CannotLoad saying why it cannot be judged.
        """
        self.subject = Subject(self.server)
        self.report.subject = _described(self.subject, self.named)

    @property
    def loaded(self) -> bool:
        """Whether the subject has been started, and what it declares is in order."""
        return hasattr(self, "subject")

    def refuse(self, reason: CannotLoad) -> None:
        """What cannot be loaded is an error in every law."""
        for row in self.report.laws:
            row.status, row.reason = "error", reason.message
            row.findings = [Finding(kind="error", what=reason.message, detail=reason.detail)]

    def judge(self, place: int) -> None:
        """Run one law, and fill its row; the first one starts the clock of the time limit."""
        if self.settings.ends == math.inf:
            self.settings = self.settings.begun()
        row, share = self.report.laws[place], self.settings.shared(self.among)
        row.status, row.reason = "unfinished", None
        surveys = self.surveys[place] = []
        run_law(self.laws[place], self.subject, share, row, surveys)
        self.note()

    def cut(self) -> list[int]:
        """The laws whose share of the time was not enough, while there is more."""
        if time.monotonic() >= self.settings.ends:
            return []
        rows = enumerate(self.report.laws)
        return [place for place, row in rows if row.status == "unfinished" and row.seconds]

    def take(self, place: int, row: Row, evidence: list[Evidence]) -> None:
        """What another process has judged, with what it has at hand."""
        self.report.laws[place] = row
        trial = Trial(self.laws[place], self.subject)
        self.surveys[place] = [
            Survey(Search(trial, self.settings, failing=failing, kept=kept), finding)
            for (failing, kept), finding in zip_longest(evidence, row.findings)
        ]

    def conclude(self) -> None:
        """Give the findings their hints, as far as they are judged: one mistake breaks many laws.

        Raises: Died where the subject does.
        """
        judged = [
            (self.report.laws[place].status, survey)
            for place, surveys in self.surveys.items()
            for survey in surveys
        ]
        broken = [survey for _, survey in judged if survey.finding is not None]
        held = [survey for status, survey in judged if status in ("holds", "weak")]
        give_hints(broken, held)

    def note(self) -> None:
        """What the subject did besides answering, into the report."""
        self.report.notes = _notes(self.subject)

    def close(self) -> None:
        """End the subject; what it offers and never answered is an error."""
        self.server.close()
        if not self.loaded:
            return
        for place in range(len(self.report.laws)):
            self.settle(place)
        if self.whole and not self.report.count("unfinished"):
            by_value = {name for row in self.report.laws for name in row.by_value}
            names = _declared(self.subject)
            self.report.not_judged = [name for name in names if name not in by_value]
            self.report.not_reached = self.report.reach.misses(self.subject.scope)

    def settle(self, place: int) -> None:
        """What never answers is an error, and what breaks is compared with what is known to."""
        row = self.report.laws[place]
        silent = [c for c in row.needs if c in _silent(self.subject)]
        if row.status == "unsupported" and silent:
            row.status, row.reason = "error", _never(self.subject, silent[0])
            row.findings = [Finding(kind="error", what=row.reason)]
        names = (self.named.words, self.subject.name)
        for entry in self.known:
            if entry.concerns(row.law, names, self.subject.precision.name):
                compare(row, entry, datetime.date.today())


def _silent(subject: Subject) -> list[str]:
    """The capabilities that refused every case."""
    return [c for c in subject.books.refusals if c not in subject.books.answered]


def _declared(subject: Subject) -> list[str]:
    """All that can be judged by value: calls, and of training and starting what the scope names."""
    scope = subject.scope
    decays = [DECAYS[kind] for kind in scope.weight_decay]
    instead: dict[str, tuple[str, ...]] = {
        "train": (*scope.optimizers, *decays, *([BATCHES] if scope.batches else [])),
        "initialize": scope.initializers,
    }
    return [name for call in subject.capabilities for name in instead.get(call, (call,))]


def _never(subject: Subject, capability: str) -> str:
    return f"{capability} is offered and has never answered: {subject.books.refusals[capability]}"


def _described(subject: Subject, named: Named) -> Described:
    scope = subject.scope
    return Described(
        name=subject.name,
        version=subject.version,
        precision=subject.precision.name,
        options=named.given,
        capabilities=list(subject.capabilities),
        declared=declared(subject.conventions, subject.precision),
        subject=named.words,
        scope={field.name: said(getattr(scope, field.name), repr) for field in fields(scope)},
    )


def _notes(subject: Subject) -> list[str]:
    """What it printed, and which of its methods looks like a call that it does not offer."""
    printed = subject.books.noise.items()
    noise = (f"{words}: '{text.splitlines()[0].strip():.200}'" for words, text in printed)
    return [*subject.misspelt, *noise]
