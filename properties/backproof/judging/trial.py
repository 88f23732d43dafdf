"""One law on one subject: examples are drawn, counted, and judged until one fails.

Hypothesis draws and shrinks, with every setting explicit. After the random examples come those of
whatever is required and was not met: kinds of numbers, and each activation and head of the scope.
"""

import atexit
import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky

from backproof.cases.networks import Networks
from backproof.cases.space import OutOfScope, Space
from backproof.contract import NotSupported, Scope
from backproof.judging.judge import Broken, Tally, tallying
from backproof.judging.law import Law, Recipe
from backproof.judging.questions import BACKEND
from backproof.judging.settings import Settings
from backproof.reports.report import Finding
from backproof.subjects.process import Died
from backproof.subjects.subject import Refused, Subject, SubjectError, asked
from refnet.conventions import Conventions

EXAMPLES_OF_A_KIND = 5
SHRINK_SECONDS = 10.0

Arguments = dict[str, Any]


class Enough(KeyboardInterrupt):
    """The time for searching or shrinking is over; what has been found stands."""


@dataclass
class Trial:
    """One law on one subject, on its way to a verdict.

    failing: the smallest arguments that have failed, with the finding; finding: the explained one
    """

    law: Law
    subject: Subject
    settings: Settings
    tally: Tally = field(default_factory=Tally)
    examples: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    failing: tuple[Arguments, Finding] | None = None
    finding: Finding | None = None
    cut: bool = False
    refused: int = 0
    excused: set[str] = field(default_factory=set)
    _failed_at: float = 0.0
    _current: Arguments = field(default_factory=dict)

    def search(self) -> None:
        """Draw examples until one fails, and then those of what was required and not met.

        Raises: OutOfScope when the scope has no example; Died when the subject does.
        """
        required = self.required()
        self._hypothesis(self.subject.scope, None, self.settings.examples)
        for name, (scope, kinds) in required.items():
            if self.failing is None and not self.tally.kinds.get(name):
                with contextlib.suppress(OutOfScope):  # the law leaves this one out
                    self._hypothesis(scope, kinds, EXAMPLES_OF_A_KIND)

    def required(self) -> dict[str, tuple[Scope, tuple[str, ...] | None]]:
        """What must be met, by name, with the scope and the kinds that draw nothing else."""
        scope = self.subject.scope
        required: dict[str, tuple[Scope, tuple[str, ...] | None]] = {}
        for recipe in self.law.recipes.values():
            required |= {kind: (scope, (kind,)) for kind in recipe.required}
            if isinstance(recipe, Networks) and scope.architectures is None:
                required |= _networks(recipe.space(scope, self.subject.precision), scope)
        return required

    def draw(
        self,
        body: Callable[..., None],
        examples: int,
        scope: Scope | None = None,
        kinds: tuple[str, ...] | None = None,
        phases: tuple[Phase, ...] = (Phase.generate,),
    ) -> None:
        """Run a body on drawn examples, with every setting of Hypothesis explicit."""
        strategies = {
            name: _under(recipe, self.subject.conventions).strategy(
                scope or self.subject.scope, self.subject.precision, kinds if recipe.kinds else None
            )
            for name, recipe in self.law.recipes.items()
        }
        with out_of_the_users_folder():
            seed(self.settings.seed)(_explicit(examples, phases)(given(**strategies)(body)))()

    def judged(self, arguments: Arguments) -> Finding | None:
        """What the law finds at these arguments, not counted."""
        try:
            with tallying(Tally()):
                self.check(arguments)
        except (Broken, SubjectError) as failure:
            return failure.finding
        return None

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Refusals meanwhile are none of the report's: they answer what was only supposed."""
        kept = dict(self.refusals), self.refused, set(self.excused)
        try:
            yield
        finally:
            self.refusals, self.refused, self.excused = kept

    def check(self, arguments: Arguments) -> bool:
        """Run the law's body; whether the subject supported the case.

        Raises: Broken or SubjectError with the finding; Died when the subject does.
        """
        self.subject.begin()
        self._current = arguments
        try:
            with np.errstate(all="ignore"):  # an answer may be infinite
                self.law.check(self.subject, **arguments)
        except NotSupported as reason:
            self.refusals[str(reason)] = self.refusals.get(str(reason), 0) + 1
            self.refused += isinstance(reason, Refused)
            self.excused |= {name for value in arguments.values() for name in _met(value)}
            return False
        return True

    def died(self, death: Died) -> None:
        """A hang or a crash is a finding, unless there was one before: then that stands."""
        if self.failing is None:
            self.finding = Finding(kind="error", what=death.message, detail=death.detail)
            self.show(self._current)

    def show(self, arguments: Arguments) -> None:
        """Put the case into the finding, with what was asked of the subject."""
        if self.finding is not None:
            self.finding.arguments = {name: literal(value) for name, value in arguments.items()}
            self.finding.calls = asked(self.subject.calls)

    def unmet(self) -> list[str]:
        """The required kinds of which no example was drawn."""
        required = {kind: None for r in self.law.recipes.values() for kind in r.required}
        answered = self.excused | {kind for kind, count in self.tally.kinds.items() if count}
        return [kind for kind in required if kind not in answered]

    def reason(self) -> str:
        """How many examples were refused, and what is said most often."""
        commonest = max(self.refusals, key=lambda words: self.refusals[words])
        count = sum(self.refusals.values())
        return f"refused in {count} example{'s' if count > 1 else ''}: {commonest}"

    def _hypothesis(self, scope: Scope, kinds: tuple[str, ...] | None, examples: int) -> None:
        try:
            with tallying(self.tally):
                phases = (Phase.generate, Phase.shrink)
                self.draw(self._example, examples, scope, kinds, phases)
        except (Broken, SubjectError, Enough):
            pass  # the failing example is kept
        except Flaky:
            if self.failing is None:
                raise

    def _example(self, **arguments: Any) -> None:
        """One example under Hypothesis: counted when it is answered, and kept if it fails."""
        self._stop_in_time()
        self.examples += self.failing is None
        before = self.tally.judged + self.tally.beyond
        try:
            answered = self.check(arguments)
        except (Broken, SubjectError) as failure:
            if self.failing is None:
                self._failed_at = time.monotonic()
            self.failing = (arguments, failure.finding)  # Hypothesis tries smaller ones only
            raise
        if answered and self.tally.judged + self.tally.beyond > before:
            for name in {name for value in arguments.values() for name in _met(value)}:
                self.tally.kinds[name] = self.tally.kinds.get(name, 0) + 1

    def _stop_in_time(self) -> None:
        now = time.monotonic()
        if now > self.settings.ends:
            self.cut = True
            raise Enough
        if self.failing is not None and now > self._failed_at + SHRINK_SECONDS:
            raise Enough


def _networks(space: Space, scope: Scope) -> dict[str, tuple[Scope, None]]:
    """Each head, and each activation in a hidden layer, with the scope that has no other."""
    narrowed = {" with ".join(head): replace(scope, heads=(head,)) for head in space.heads}
    if space.hidden_layers[1]:
        deep = (max(1, scope.hidden_layers[0]), scope.hidden_layers[1])
        for name in space.activations:
            narrowed[name] = replace(scope, activations=(name,), hidden_layers=deep)
    return {name: (scope, None) for name, scope in narrowed.items()}


def _met(value: Any) -> Iterator[str]:
    """The kind of a drawn argument, and the activations and the head of its network."""
    if kind := getattr(value, "kind", None):
        yield kind
    architecture = getattr(getattr(value, "case", value), "architecture", None)
    if architecture is not None:
        yield from architecture.activations
        yield " with ".join(architecture.head)


def _under(recipe: Recipe, conventions: Conventions) -> Recipe:
    """The recipe under the conventions, where what it draws depends on them."""
    under: Callable[[Conventions], Recipe] | None = getattr(recipe, "under", None)
    return under(conventions) if under else recipe


def literal(value: Any) -> Any:
    """A drawn argument as plain values."""
    return value.literal() if hasattr(value, "literal") else value


def _explicit(examples: int, phases: tuple[Phase, ...]) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=phases,
        print_blob=False,
        report_multiple_bugs=False,
        stateful_step_count=1,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        backend=BACKEND,
    )


_home: list[str] = []


@contextmanager
def out_of_the_users_folder() -> Iterator[None]:
    """Hypothesis keeps its files in a folder of ours meanwhile, which goes with the process."""
    if not _home:
        _home.append(tempfile.mkdtemp(prefix="backproof-"))
        atexit.register(shutil.rmtree, _home[0], ignore_errors=True)
    set_hypothesis_home_dir(_home[0])
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)


def held(trial: Trial, collected: list[Arguments]) -> Tally | None:
    """What is judged at these arguments if all of them pass, else None."""
    try:
        with tallying(Tally()) as tally:
            for arguments in collected:
                trial.check(arguments)
    except (Broken, SubjectError):
        return None
    return tally


def handful(trial: Trial, count: int) -> list[Arguments]:
    """The failing arguments and so many others."""
    collected = [] if trial.failing is None else [trial.failing[0]]

    def collect(**arguments: Any) -> None:
        collected.append(arguments)

    trial.draw(collect, count)
    return collected
