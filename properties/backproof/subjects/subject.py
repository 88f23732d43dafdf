"""The subject as a law sees it: verbs on cases, answers with the ball in which they must lie."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from backproof.cases.case import Case
from backproof.contract import Fit
from backproof.reports.report import Finding
from backproof.subjects.failures import Died, Refused, SubjectError
from backproof.subjects.messages import Call, Failure, Hello, Outcome
from refnet import balls
from refnet.architecture import Array, Layer, Parameters
from refnet.conventions import STRICT, Conventions
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer
from refnet.training.training import trained_balls

BATCHES = "training in batches"

MOST_DEATHS = 3


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


@dataclass(frozen=True)
class Answer:
    """What the subject said, beside the ball of what it may say.

    value: the answer as float64; expected, radius: the engine's value and the largest legal
    distance from it
    """

    value: Array
    _ball: Callable[[], Ball]

    @cached_property
    def ball(self) -> Ball:
        """The ball, computed when a law first asks for it."""
        return self._ball()

    @property
    def expected(self) -> Array:
        """The engine's value."""
        return self.ball.value

    @property
    def radius(self) -> Array:
        """The largest legal distance from the engine's value."""
        return np.asarray(self.ball.radius)


class Subject:
    """An implementation under judgement."""

    def __init__(self, server: Server) -> None:
        self._server = server
        hello = server.hello()
        self.name, self.version = hello.name, hello.version
        self.scope, self.precision = hello.scope, hello.precision
        self.conventions = hello.conventions
        self.capabilities = tuple(hello.capabilities)
        self.isolated = server.isolated
        self.calls: list[Call] = []
        self.seconds = 0.0
        self.answered: set[str] = set()
        self.met: set[str] = set()
        self.refused: dict[str, str] = {}
        self.deaths: dict[str, list[str]] = {}
        self.noise: dict[str, str] = {}

    def offers(self, capability: str) -> bool:
        """Whether the subject has this capability."""
        return capability in self.capabilities

    def begin(self) -> None:
        """A new example: forget which calls were made."""
        self.calls.clear()

    @contextmanager
    def supposed(
        self, conventions: Conventions, precision: Precision | None = None
    ) -> Iterator[None]:
        """Judge meanwhile as if it declared something else."""
        declared = self.conventions, self.precision
        self.conventions, self.precision = conventions, precision or self.precision
        try:
            yield
        finally:
            self.conventions, self.precision = declared

    def restart(self) -> None:
        """Ask the next question of a fresh process."""
        self._server.restart()

    def close(self) -> None:
        """End the subject's process."""
        self._server.close()

    def forward(self, case: Case) -> Answer:
        """The outputs, (n, outputs)."""
        value = self._ask("forward", case)
        inputs = (case.architecture, case.parameters, case.inputs)
        ball = _lazy(lambda: balls.forward(*inputs, self.precision, self.conventions))
        return self._answer("forward", value, ball)

    def hidden(self, case: Case) -> list[Answer]:
        """The activations of each hidden layer, (n, width) each."""
        values = self._ask("hidden", case)
        inputs = (case.architecture, case.parameters, case.inputs)
        found = _lazy(lambda: balls.hidden(*inputs, self.precision, self.conventions))
        return [
            self._answer(f"hidden[{i}]", value, partial(_entry, found, i))
            for i, value in enumerate(values)
        ]

    def loss(self, case: Case) -> Answer:
        """The loss, a number."""
        value = self._ask("loss", case)
        problem = case.problem(self.conventions)
        return self._answer("loss", value, lambda: balls.loss(problem, self.precision))

    def gradient(self, case: Case) -> list[Layer[Answer]]:
        """The gradient, for the weights and the biases of each layer."""
        layers = self._ask("gradient", case)
        problem = case.problem(self.conventions)
        found = _lazy(lambda: balls.gradient(problem, self.precision))
        return self._layers("gradient", layers, found)

    def evaluate(self, case: Case, batch_size: int) -> Answer:
        """The loss of the whole data set, computed in batches."""
        value = self._ask("evaluate", case, batch_size=batch_size)
        problem = case.problem(self.conventions)
        return self._answer("evaluate", value, lambda: balls.evaluate(problem, self.precision))

    def train(
        self, case: Case, optimizer: Optimizer, epochs: int = 1, batch_size: int | None = None
    ) -> list[Layer[Answer]]:
        """The parameters after so many epochs from the case's own, rows in order.

        The ball is that of the first published form that the conventions leave open; its radius
        grows with every step, so that a law asks for one epoch at a time.
        """
        words = {"optimizer": optimizer, "epochs": epochs, "batch_size": batch_size}
        layers = self._ask("train", case, **words)
        problem = case.problem(self.conventions)
        found = _lazy(lambda: trained_balls(problem, optimizer, epochs, batch_size, self.precision))
        return self._layers("train", layers, found)

    def fit(self, case: Case, seed: int = 0) -> Fit:
        """The parameters at which the subject's own fit stops, and what its stop promises."""
        layers, tolerance = self._ask("fit", case, seed=seed)
        return Fit(_finite("fit", layers), tolerance)

    def initialize(self, case: Case, initializer: str, seed: int) -> Parameters:
        """Initial parameters for the case's architecture."""
        return _finite(
            "initialize", self._ask("initialize", case, initializer=initializer, seed=seed)
        )

    def forward_training(self, case: Case, seed: int) -> Array:
        """The outputs with dropout active, (n, outputs)."""
        return np.asarray(self._ask("forward_training", case, seed=seed))

    def _layers(
        self, name: str, layers: list[Any], found: Callable[[], Any]
    ) -> list[Layer[Answer]]:
        return [
            Layer(
                self._answer(f"{name}[{i}].weights", w, partial(_entry, found, i, "weights")),
                self._answer(f"{name}[{i}].biases", b, partial(_entry, found, i, "biases")),
            )
            for i, (w, b) in enumerate(layers)
        ]

    def _ask(self, capability: str, case: Case, **more: Any) -> Any:
        call = Call(
            capability=capability,
            architecture=case.architecture,
            parameters=case.parameters,
            inputs=case.inputs,
            targets=case.targets,
            sample_weights=case.sample_weights,
            **more,
        )
        self.calls.append(call)
        self.met |= _met(call)
        try:
            outcome = self._server.call(call)
        except Died as death:
            self.deaths.setdefault(capability, []).append(death.message)
            raise
        self.seconds += outcome.seconds
        if outcome.noise:
            self.noise.setdefault(capability, outcome.noise)
        if outcome.failure is not None:
            self._refuse(capability, outcome.failure)
        self.answered.add(capability)
        return outcome.answer

    def _refuse(self, capability: str, failure: Failure) -> None:
        if failure.kind == "unsupported":
            self.refused.setdefault(capability, failure.message)
            raise Refused(f"{capability}: {failure.message}")
        raise SubjectError(Finding(kind="error", what=failure.message, detail=failure.detail))

    def _answer(self, name: str, value: Any, ball: Callable[[], Ball]) -> Answer:
        answer = Answer(np.asarray(value), ball)
        wrong = ~np.isfinite(answer.value)
        if np.any(wrong):  # legal only where the precision itself overflows
            worst = wrong & np.isfinite(answer.radius)
            if np.any(worst):
                self._not_finite(name, answer, worst)
        return answer

    def _not_finite(self, name: str, answer: Answer, wrong: NDArray[np.bool_]) -> None:
        at = [int(i) for i in np.argwhere(wrong)[0]]
        value, expected = float(answer.value[tuple(at)]), float(answer.expected[tuple(at)])
        what = f"{name}{at if at else ''} is {value}, expected {expected!r}"
        raise SubjectError(Finding(kind="error", what=what, at=at, expected=expected))


def _met(call: Call) -> set[str]:
    """What a call asks for, of that which a scope declares."""
    met = {call.optimizer.name} if call.optimizer else set()
    met |= {call.initializer} if call.initializer else set()
    return met | ({BATCHES} if call.optimizer and call.batch_size else set())


def _lazy(make: Callable[[], Any]) -> Callable[[], Any]:
    """The same value, computed once, when it is first asked for."""
    made: list[Any] = []

    def get() -> Any:
        if not made:
            made.append(make())
        return made[0]

    return get


def _finite(name: str, layers: list[Any]) -> Parameters:
    """The layers themselves, once every number in them is finite."""
    for place, layer in enumerate(layers):
        for part, array in zip(Layer._fields, layer, strict=True):
            wrong = np.argwhere(~np.isfinite(array))
            if len(wrong):
                at = [int(i) for i in wrong[0]]
                what = f"{name}[{place}].{part}{at} is {array[tuple(at)]}"
                raise SubjectError(Finding(kind="error", what=what, at=at))
    return [Layer(weights, biases) for weights, biases in layers]


def _entry(found: Callable[[], Any], place: int, part: str = "") -> Ball:
    """One ball of a list of balls, or of a list of layers of them."""
    entry: Ball = getattr(found()[place], part) if part else found()[place]
    return entry


def asked(calls: list[Call]) -> list[str]:
    """What was asked, in a few words each, repetitions counted."""
    counts: dict[str, int] = {}
    for call in calls:
        rows = 0 if call.inputs is None else len(call.inputs)
        shape = f"widths={call.architecture.widths}, {rows} row{'s' if rows != 1 else ''}"
        words = f"{call.capability}({shape})"
        counts[words] = counts.get(words, 0) + 1
    return [f"{n} x {words}" if n > 1 else words for words, n in counts.items()]


def declared(conventions: Conventions) -> list[str]:
    """Every convention that differs from its strict default, as name=value."""
    return [
        f"{f.name}={getattr(conventions, f.name)!r}"
        for f in fields(Conventions)
        if getattr(conventions, f.name) != getattr(STRICT, f.name)
    ]
