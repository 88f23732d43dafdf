"""The subject as a law sees it: verbs on cases, answers with the ball in which they must lie."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np

from backproof.cases.case import Case
from backproof.cases.memory import TooLarge
from backproof.cases.networks import Networks
from backproof.cases.own import owned
from backproof.cases.recipe import OutOfScope
from backproof.contract import ByHead, Fit, NotSupported
from backproof.subjects.answers import Answer, checked_answer, checked_layers, checked_list, finite
from backproof.subjects.conversation import Books, Conversation, Server
from backproof.subjects.failures import CannotLoad, Refused, SubjectArithmeticError
from backproof.subjects.messages import Call
from refnet import balls
from refnet.architecture import Array, Layer
from refnet.conventions import STRICT, Conventions
from refnet.problem import Problem
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import PRESETS, Precision
from refnet.training.optimizers import Optimizer
from refnet.training.training import trained_balls

BATCHES = "training in batches"
DECAYS = {"coupled": "coupled weight decay", "decoupled": "decoupled weight decay"}


class Subject:
    """An implementation under judgement.

    Raises: CannotLoad where there is none, or where memory does not hold the least of its scope.
    """

    def __init__(self, server: Server) -> None:
        hello = server.hello()
        self.name, self.version = hello.name, hello.version
        self.scope, self.precision = owned(hello.scope, hello.weights), hello.precision
        self.conventions: ByHead = hello.conventions
        self.capabilities = tuple(hello.capabilities)
        self.misspelt = hello.misspelt
        self.isolated = server.isolated
        self.conversation = Conversation(server, Books(noise=dict(hello.printed)))
        try:
            Networks().space(self.scope, self.precision)
        except TooLarge as reason:
            raise CannotLoad(f"the scope of {self.name} cannot be judged: {reason}") from None
        except OutOfScope:
            pass  # it lacks more than memory, as each law will say

    @property
    def books(self) -> Books:
        """What has come of its calls."""
        return self.conversation.books

    def offers(self, capability: str) -> bool:
        """Whether the subject has this capability."""
        return capability in self.capabilities

    def begin(self) -> None:
        """A new example: forget which calls were made."""
        self.conversation.begin()

    def conventions_of(self, case: Case) -> Conventions:
        """What it means by a loss, a penalty and a step, under the head of the case."""
        return self.conventions[case.architecture.head]

    def problem(self, case: Case) -> Problem:
        """The case as the engine takes it, under these conventions."""
        return case.problem(self.conventions_of(case))

    @contextmanager
    def supposed(self, conventions: ByHead, precision: Precision | None = None) -> Iterator[None]:
        """Judge meanwhile as if it declared something else."""
        declared = self.conventions, self.precision
        self.conventions, self.precision = conventions, precision or self.precision
        try:
            yield
        finally:
            self.conventions, self.precision = declared

    def restart(self) -> None:
        """Ask the next question of a fresh process."""
        self.conversation.server.restart()

    def close(self) -> None:
        """End the subject's process."""
        self.conversation.server.close()

    def forward(self, case: Case) -> Answer:
        """The outputs, (n, outputs)."""
        network = (case.architecture, case.parameters, case.inputs, self.precision)
        ball = partial(balls.forward, *network, self.conventions_of(case))
        return checked_answer("forward", self._ask("forward", case, ball), ball)

    def hidden(self, case: Case) -> list[Answer]:
        """The activations of each hidden layer, (n, width) each."""
        network = (case.architecture, case.parameters, case.inputs, self.precision)
        found = partial(balls.hidden, *network, self.conventions_of(case))
        return checked_list("hidden", self._ask("hidden", case, found), found)

    def loss(self, case: Case) -> Answer:
        """The loss, a number."""
        ball = partial(balls.loss, self.problem(case), self.precision)
        return checked_answer("loss", self._ask("loss", case, ball), ball)

    def gradient(self, case: Case) -> list[Layer[Answer]]:
        """The gradient, for the weights and the biases of each layer."""
        found = partial(balls.gradient, self.problem(case), self.precision)
        return checked_layers("gradient", self._ask("gradient", case, found), found)

    def evaluate(self, case: Case, batch_size: int) -> Answer:
        """The loss of the whole data set, computed in batches."""
        ball = partial(balls.evaluate, self.problem(case), self.precision)
        value = self._ask("evaluate", case, ball, batch_size=batch_size)
        return checked_answer("evaluate", value, ball)

    def train(
        self, case: Case, optimizer: Optimizer, epochs: int = 1, batch_size: int | None = None
    ) -> list[Layer[Answer]]:
        """The parameters after so many epochs from the case's own, rows in order.

        The ball is that of the first published form that the conventions leave open; its radius
        grows with every step, so that a law asks for one epoch at a time.
        """
        if case.architecture.dropout:
            raise NotSupported("training with dropout is random: no value can be foreseen")
        steps = (optimizer, epochs, batch_size, self.precision)
        found = partial(trained_balls, self.problem(case), *steps)
        words = {"optimizer": optimizer, "epochs": epochs, "batch_size": batch_size}
        layers = self._ask("train", case, found, **words)
        return checked_layers("train", layers, found, _training(optimizer, batch_size))

    def train_randomly(
        self, case: Case, optimizer: Optimizer, epochs: int, seed: int
    ) -> list[Layer[Answer]]:
        """The parameters after so many epochs with dropout, which a seed decides and no ball."""
        words: dict[str, Any] = {"optimizer": optimizer, "epochs": epochs, "seed": seed}
        layers = finite("train", self._ask("train", case, **words))
        of = _training(optimizer, None)
        return [Layer(*(_drawn(part, of) for part in layer)) for layer in layers]

    def fit(self, case: Case, seed: int = 0) -> Fit:
        """The parameters at which the subject's own fit stops, and what its stop promises."""
        layers, tolerance = self._ask("fit", case, seed=seed)
        return Fit(finite("fit", layers), tolerance)

    def initialize(self, case: Case, initializer: str, seed: int) -> list[Layer[Answer]]:
        """Initial parameters for the case's architecture; of what is drawn no value is known."""
        layers = self._ask("initialize", case, initializer=initializer, seed=seed)
        known = {"weights": initializer == "zeros"}
        known["biases"] = self.conventions_of(case).initial_biases == "zeros"

        def start(part: str, value: Array) -> Answer:
            radius = np.full(value.shape, 0.0 if known[part] else np.inf)
            return Answer(value, lambda: Ball(np.zeros(value.shape), radius), (initializer,))

        return [Layer(*map(start, Layer._fields, layer)) for layer in finite("initialize", layers)]

    def forward_training(self, case: Case, seed: int) -> Answer:
        """The outputs with dropout active, (n, outputs), which a seed decides and no ball."""
        value = np.asarray(self._ask("forward_training", case, seed=seed))
        return _drawn(value, ("forward_training",))

    def _ask(
        self, capability: str, case: Case, ball: Callable[[], Any] | None = None, **more: Any
    ) -> Any:
        """The answer to a call.

        Raises: Refused or SubjectError where there is none; an exception of arithmetic refuses a
        case in which the ball of the answer leaves an entry without a bound.
        """
        call = Call(
            capability=capability,
            architecture=case.architecture,
            parameters=case.parameters,
            inputs=case.inputs,
            targets=case.targets,
            sample_weights=case.sample_weights,
            **more,
        )
        try:
            return self.conversation.ask(call)
        except SubjectArithmeticError as failure:
            if ball is not None and _boundless(ball()):
                raised = failure.finding.what.removeprefix(f"{capability} ")
                raise Refused(f"{capability}: it {raised}, where any value is legal") from None
            raise


def _training(optimizer: Optimizer, batch_size: int | None) -> tuple[str, ...]:
    """What a call asks for, of that which a scope declares of training."""
    decay = DECAYS["decoupled" if optimizer.decoupled else "coupled"]
    asked = {optimizer.name: True, decay: optimizer.weight_decay > 0, BATCHES: bool(batch_size)}
    return tuple(name for name, there in asked.items() if there)


def _drawn(value: Array, of: tuple[str, ...]) -> Answer:
    """An answer of which no value is known, since it was drawn."""
    return Answer(value, lambda: Ball(np.zeros(value.shape), np.full(value.shape, np.inf)), of)


def _boundless(found: Any) -> bool:
    """Whether a ball, or one of a list or of layers of them, leaves an entry without a bound."""
    if isinstance(found, Ball):
        return not np.all(np.isfinite(found.radius))
    return any(map(_boundless, found))


def declared(conventions: ByHead, precision: Precision) -> list[str]:
    """Every convention and every promise of the precision that is not the default, as name=value.

    Where the heads differ in a convention, each names its own. A precision is held against the
    preset of its name, or else of its NumPy type.
    """
    preset = PRESETS.get(precision.name, PRESETS[precision.dtype])
    named = replace(preset, name=precision.name)
    heads: dict[str, list[str]] = {}
    for head, meant in conventions.items():
        for words in differing(meant, STRICT):
            heads.setdefault(words, []).append(" with ".join(head))
    return [
        *(words for words, said in heads.items() if len(said) == len(conventions)),
        *(
            f"{words} of {' and '.join(said)}"
            for words, said in heads.items()
            if len(said) < len(conventions)
        ),
        *(f"precision.{words}" for words in differing(precision, named)),
    ]


def differing(given: Any, default: Any) -> list[str]:
    """The fields that are not the default, as name=value."""
    names = [field.name for field in fields(given)]
    return [
        f"{name}={getattr(given, name)!r}"
        for name in names
        if getattr(given, name) != getattr(default, name)
    ]
