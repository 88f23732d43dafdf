"""A program that speaks the contract as JSON lines, as an implementation.

It is loaded in the process of the subject, below its guard, with its limits: what the program does
to itself, that process does too, so that a crash and a hang are found where those of others are.
"""

import contextlib
import faulthandler
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from backproof.contract import CAPABILITIES, Implementation, by_head
from backproof.subjects import lines
from backproof.subjects.arrays import Nonsense
from backproof.subjects.failures import CannotLoad
from backproof.subjects.last_words import last_words
from refnet.conventions import Conventions

A_NUMBER, BESIDE, GREETING = 64, 2**16, 2**28
"""Bytes that a number of a reply may take, all else of it, and the first reply."""

A_MOMENT = 0.5
"""Seconds in which a program that has closed its output ends."""

MOST_NOISE = 20
"""Lines before the first reply that are shown."""


class Program(Implementation):
    """The program of a command.

    strict: whether keys that mean nothing are an error in every reply, and not in the first alone

    Raises: CannotLoad when it does not start, or says nothing that can be judged.
    """

    def __init__(
        self, command: str, precision: str | None, options: dict[str, str], *, strict: bool = False
    ) -> None:
        self._command, self._strict, self._number = command, strict, 0
        self._asked = precision, options
        try:
            self._words = shlex.split(command)
        except ValueError as reason:
            raise CannotLoad(f"--command {command}: {reason}") from None
        if not self._words:
            raise CannotLoad("--command is empty: give the words that start a program")
        self._begin()
        for capability in self._greeting.capabilities:
            if capability not in CAPABILITIES:
                known = ", ".join(CAPABILITIES)
                self._refuse(f"capabilities has {capability!r}: choose from {known}")
            setattr(self, capability, partial(self._ask, capability))
        told = self._greeting
        self.name = told.name or Path(self._words[-1]).name
        self.version, self.scope, self.precision = told.version, told.scope, told.precision
        try:
            self.conventions = _conventions(told.conventions)
            by_head(self.conventions, self.scope.heads)
            self.weights = lines.weights_of(told)
        except ValueError as reason:
            self._refuse(str(reason))

    def _begin(self) -> None:
        """Start the program, and let it say what it can do."""
        try:
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._refuse(f"{self._words[0]} cannot be started: {reason}")
        precision, options = self._asked
        said = lines.Hello(id=self._number, precision=precision, options=options)
        try:
            line = self._replied(msgspec.json.encode(said), self._past_noise, GREETING)
            if unknown := lines.unknown_keys(line):
                self._refuse(f"{unknown[0]} means nothing; docs/protocol.md has what does")
            given = lines.reply(line)
        except (EOFError, Nonsense, msgspec.DecodeError) as reason:
            ended = f"it has ended {self._how()}" if isinstance(reason, EOFError) else ""
            self._refuse(f"it did not say hello: {str(reason) or ended}")
        if given.id != said.id or not isinstance(given.answer, lines.Greeting):
            refused = lines.refusal(given, "hello")
            self._refuse(f"it did not say hello: {refused or lines.shortened(line)}")
        self._greeting = given.answer

    def _refuse(self, words: str) -> NoReturn:
        self._end()
        raise CannotLoad(f"--command {self._command}: {words}", last_words(_errors()))

    def _past_noise(self, most: int) -> bytes:
        """The next line that may be a reply; others are shown as what the program prints."""
        shown = 0
        while (line := self._line(most)) and not line.lstrip().startswith(b"{"):
            shown += 1
            if shown <= MOST_NOISE:
                print(line.decode("utf-8", "backslashreplace").rstrip("\n"))
        return line

    def _line(self, most: int) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline(most)
        if len(line) == most:
            raise Nonsense(f"a line of more than {most} bytes")
        return line

    def _replied(self, question: bytes, take: Callable[[int], bytes], most: int) -> bytes:
        """The line that comes back.

        Raises: EOFError where the program has ended; Nonsense where it has closed its output.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(question + b"\n")
            self._process.stdin.flush()
        if (line := take(most)).endswith(b"\n"):
            return line
        half = f"half a line, {lines.shortened(line)}" * bool(line)
        try:
            self._process.wait(A_MOMENT)
        except subprocess.TimeoutExpired:
            raise Nonsense(half or "nothing: it has closed its output, and runs on") from None
        raise EOFError(half)

    def _ask(self, capability: str, *given: Any) -> Any:
        """The answer to a call; the program is started anew where it has not kept the protocol."""
        named = dict(zip(CAPABILITIES[capability], given, strict=False))
        if self._process.poll() is not None:
            self._end()
            self._begin()
        self._number += 1
        architecture, inputs = named["architecture"], named.get("inputs")
        rows = 0 if inputs is None else len(inputs)
        most = BESIDE + A_NUMBER * sum((a + 1 + rows) * b for a, b in architecture.shapes)
        question = lines.request(self._number, capability, named)
        try:
            line = self._replied(question, self._line, most)
            reply = self._kept(lines.reply(line), line)
        except EOFError as half:
            self._leave_as_it_did(f"{capability} answered {half}" if str(half) else "")
        except Nonsense as reason:
            self._end()
            raise Nonsense(f"{capability} answered {reason}") from None
        if refused := lines.refusal(reply, capability):
            raise refused
        return lines.answer(capability, architecture, rows, reply)

    def _kept(self, reply: lines.Reply, line: bytes) -> lines.Reply:
        """The reply, which keeps the protocol."""
        if reply.id != self._number:
            raise Nonsense(f"with the id {reply.id}; that of the request is {self._number}")
        if self._strict and (unknown := lines.unknown_keys(line)):
            raise Nonsense(f"with {unknown[0]}, which means nothing")
        return reply

    def _how(self) -> str:
        """How the program has ended."""
        status = self._process.wait()
        return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"

    def _leave_as_it_did(self, words: str) -> NoReturn:
        """End this process as the program has ended, so that it is a crash like any other."""
        status = self._process.wait()
        sys.stderr.write(f"{words}\n" * bool(words))
        sys.stderr.flush()
        faulthandler.disable()
        if status < 0:
            if -status != signal.SIGKILL:  # which has no handler
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status)

    def _end(self) -> None:
        """End the program, if it has begun."""
        if hasattr(self, "_process"):
            self._process.kill()
            with contextlib.suppress(BrokenPipeError), self._process:
                pass  # its pipes are closed


def _conventions(given: Conventions | list[dict[str, Any]]) -> Any:
    """What is declared, once for all heads or for each of them."""
    if isinstance(given, Conventions) or not given:
        return given or Conventions()
    found = {}
    for one in given:
        rest = {name: value for name, value in one.items() if name != "head"}
        found[tuple(one.get("head", ()))] = msgspec.convert(rest, Conventions)
    return found


def _errors() -> str:
    """What was written to standard error, where that is a file, as in the subject's process."""
    with contextlib.suppress(OSError):
        return os.pread(2, 2**16, 0).decode("utf-8", "backslashreplace")
    return ""
