"""The subject in a process of its own: calls with a time limit, hangs and crashes with a name."""

import os
from dataclasses import dataclass, field
from typing import Any

from backproof.subjects.arrays import Nonsense
from backproof.subjects.calls import normal
from backproof.subjects.failures import CannotLoad, Died
from backproof.subjects.messages import Call, Failure, Hello, Load, Outcome, decoder, encode
from backproof.subjects.own import own_weights
from backproof.subjects.pipes import Piped, Strange, TooLate
from backproof.subjects.rights import check_rights


@dataclass(frozen=True)
class Limits:
    """What a subject may take: seconds for a call and for the first one, bytes of memory.

    The first call, and loading, may take six times as long unless said: there is much to import.
    user: whose rights it has, which the judge has to be able to give; "": those of the judge

    Raises: ValueError where the rights of the user cannot be given.
    """

    seconds: float = 10.0
    first_seconds: float = 0.0
    memory: int = 4 * 2**30
    user: str = ""

    def __post_init__(self) -> None:
        if self.user:
            check_rights(self.user)
        if not self.first_seconds:
            object.__setattr__(self, "first_seconds", 6 * self.seconds)


@dataclass
class Child:
    """A child process that serves one subject, started anew whenever it has died.

    isolated: true; what the subject does cannot reach the judge.
    """

    subject: str
    precision: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    isolated: bool = True

    def __post_init__(self) -> None:
        self._process: Piped | None = None
        self._decoder = decoder(Outcome)
        self._fresh = self._patient = True

    def hello(self) -> Hello:
        """Start the child and load the subject.

        Raises: CannotLoad with the child's own reason.
        """
        self.close()
        judge, memory = os.getpid(), self.limits.memory
        words = ("backproof.subjects.serve", str(judge), str(memory))
        self._process = Piped(*words, user=self.limits.user)
        load = Load(subject=self.subject, precision=self.precision, options=self.options)
        try:
            outcome = self._ask(load, "loading", self.limits.first_seconds)
        except Died as reason:
            raise CannotLoad(f"{self.subject}: {reason.message}", reason.detail) from None
        if outcome.failure is not None:
            self.close()
            raise CannotLoad(outcome.failure.message, outcome.failure.detail)
        if outcome.hello is None:
            self.close()
            raise CannotLoad(f"{self.subject}: loading sent a message that says nothing of it")
        own_weights(outcome.hello, self.subject)
        self._fresh = True
        outcome.hello.printed = outcome.printed("loading")
        return outcome.hello

    def call(self, call: Call) -> Outcome:
        """The outcome of one call.

        Raises: Died when the subject hangs or crashes.
        """
        if self._process is None:
            self.restart()
        first = self._fresh and self._patient  # who has hung once is not waited for so long again
        limit = self.limits.first_seconds if first else self.limits.seconds
        outcome = self._ask(call, call.capability, limit)
        self._fresh = False
        if outcome.failure is None:  # looked at once more here: whatever has a pipe may write to it
            outcome.answer, outcome.failure = _sound(call, outcome.answer)
        return outcome

    def restart(self) -> None:
        """A fresh child, which remembers nothing.

        Raises: Died when the subject does not start again.
        """
        try:
            self.hello()
        except CannotLoad as reason:
            raise Died("starting again", reason.message, reason.detail) from None

    def close(self) -> None:
        """End the child, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _ask(self, message: Load | Call, what: str, limit: float) -> Outcome:
        assert self._process is not None
        try:
            reply = self._process.ask(encode(message), limit)
        except TooLate:
            self._patient = False
            try:
                where = self._process.hanging()
            finally:
                self.close()
            words = f"{what} gave no answer within {limit:g} s; --call-seconds allows more"
            raise Died(what, words, where, slow=True) from None
        except Strange as words:
            self.close()
            rule = "a copy that a subject makes of its process answers nothing; end it by os._exit"
            raise Died(what, f"an earlier call was answered twice: {words}; {rule}") from None
        except BaseException:  # Ctrl-C: the answer that is still to come must meet no later call
            self.close()
            raise
        if reply is None:
            ending, detail = self._process.last_words()
            self.close()
            raise Died(what, f"{what} ended its process ({ending})", detail)
        return self._decoded(reply, what)

    def _decoded(self, body: bytes, what: str) -> Outcome:
        try:
            outcome: Outcome = self._decoder.decode(body)
        except Exception as error:  # whatever the bytes make of the decoder, they are not ours
            self.close()
            raise Died(what, f"{what} sent bytes that are no message: {error}") from None
        return outcome


def _sound(call: Call, answer: Any) -> tuple[Any, Failure | None]:
    """The answer, or what is wrong with it."""
    given = tuple(answer) if call.capability == "fit" and isinstance(answer, list) else answer
    try:
        return normal(call, given), None
    except Nonsense as reason:
        return None, Failure(kind="nonsense", message=str(reason))
