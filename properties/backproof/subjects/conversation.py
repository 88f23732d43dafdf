"""Calls of a subject, and the books that are kept of them: what it answered, refused, printed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from backproof.reports.row import Finding
from backproof.subjects.failures import Died, Refused, SubjectArithmeticError, SubjectError
from backproof.subjects.messages import Call, Failure, Hello, Outcome, encode


class Server(Protocol):
    """Whoever answers calls: a child process, or an object in this process."""

    isolated: bool

    def hello(self) -> Hello:
        """What the subject says of itself."""

    def call(self, call: Call) -> Outcome:
        """The outcome of one call."""

    def restart(self) -> None:
        """Forget whatever earlier calls have left behind."""

    def close(self) -> None:
        """Ask nothing more."""


@dataclass
class Books:
    """What has come of the calls of a subject.

    seconds:  what it has taken for all of them
    answered: the capabilities that have answered
    refusals: the first reason of each capability that has refused
    deaths:   the capabilities that hung or crashed, with the messages
    noise:    what loading and each capability were the first to print, and where
    """

    seconds: float = 0.0
    answered: set[str] = field(default_factory=set)
    refusals: dict[str, str] = field(default_factory=dict)
    deaths: dict[str, list[str]] = field(default_factory=dict)
    noise: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Books") -> None:
        """What another process of the same subject has answered, refused and printed."""
        self.answered |= other.answered
        self.refusals = other.refusals | self.refusals
        self.noise = other.noise | self.noise


@dataclass
class Conversation:
    """Calls of a subject, with the books; `calls` are those of the current example.

    answers: what has come of these calls, None where nothing has
    known: where answers are kept, by the bytes of the question; recall: whether they stand for it
    """

    server: Server
    books: Books = field(default_factory=Books)
    calls: list[Call] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    known: dict[bytes, Outcome] | None = None
    recall: bool = False

    def begin(self) -> None:
        """A new example: forget which calls were made."""
        self.calls.clear()
        self.answers.clear()

    @contextmanager
    def remembering(self, known: dict[bytes, Outcome], recall: bool) -> Iterator[None]:
        """What is answered is kept meanwhile; with `recall` what was answered is not asked again.

        Without it a subject is asked as often as ever: it may answer otherwise the second time.
        """
        before, (self.known, self.recall) = (self.known, self.recall), (known, recall)
        try:
            yield
        finally:
            self.known, self.recall = before

    def ask(self, call: Call) -> Any:
        """The answer.

        Raises: Refused or SubjectError where there is none; Died where the subject did.
        """
        self.calls.append(call)
        self.answers.append(None)
        outcome = self._remembered(call) if self.known is not None else self._asked(call)
        for words, text in outcome.printed(call.capability).items():
            self.books.noise.setdefault(words, text)
        if outcome.failure is not None:
            self._fail(call.capability, outcome.failure)
        self.books.answered.add(call.capability)
        self.answers[-1] = outcome.answer
        return outcome.answer

    def _remembered(self, call: Call) -> Outcome:
        """What was answered to this question before, or else now."""
        assert self.known is not None
        question = encode(call)
        if not (self.recall and question in self.known):
            self.known[question] = self._asked(call)
        return self.known[question]

    def _asked(self, call: Call) -> Outcome:
        try:
            outcome = self.server.call(call)
        except Died as death:
            self.books.deaths.setdefault(call.capability, []).append(death.message)
            raise
        self.books.seconds += outcome.seconds
        return outcome

    def _fail(self, capability: str, failure: Failure) -> None:
        if failure.kind == "unsupported":
            self.books.refusals.setdefault(capability, failure.message)
            raise Refused(f"{capability}: {failure.message}")
        found = Finding(kind="error", what=failure.message, detail=failure.detail)
        raise (SubjectArithmeticError if failure.kind == "arithmetic" else SubjectError)(found)

    def asked(self) -> list[str]:
        """What was asked in the current example, in a few words each, repetitions counted."""
        counts: dict[str, int] = {}
        for call in self.calls:
            rows = 0 if call.inputs is None else len(call.inputs)
            shape = f"widths={call.architecture.widths}, {rows} row{'s' if rows != 1 else ''}"
            words = f"{call.capability}({shape})"
            counts[words] = counts.get(words, 0) + 1
        return [f"{n} x {words}" if n > 1 else words for words, n in counts.items()]
