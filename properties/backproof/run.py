"""run_law: the one place where a law is run, and where its verdict is given.

Hypothesis draws the examples, with every setting explicit. A failing example is shrunk, made
readable, and confirmed in a fresh process before anything is said of the subject.
"""

import atexit
import math
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky

from backproof.cases import OutOfScope
from backproof.contract import NotSupported
from backproof.judge import Broken, Tally, tallying
from backproof.law import Law
from backproof.messages import Call
from backproof.process import Died
from backproof.recognition import recognised
from backproof.report import Finding, Row
from backproof.simplify import simplest
from backproof.subject import MOST_DEATHS, Subject, SubjectError
from refnet.conventions import Conventions

EXAMPLES = {"quick": 25, "default": 100, "thorough": 1000}
"""Examples of each law in each profile."""

EXAMPLES_OF_A_KIND = 5
HANDFUL = 20
SHRINK_SECONDS = 10.0
WEAK = 0.25


class Enough(KeyboardInterrupt):
    """The time for shrinking is over; what has been found stands."""


@dataclass(frozen=True)
class Settings:
    """How hard to search: the profile sets the number of examples, the seed what they are.

    seconds: the time limit of a subject, which begins with its first law

    Raises: ValueError for an unknown profile.
    """

    profile: str = "default"
    seed: int = 0
    seconds: float = math.inf
    ends: float = math.inf  # on the monotonic clock

    def __post_init__(self) -> None:
        if self.profile not in EXAMPLES:
            raise ValueError(f"profile={self.profile!r}: choose one of {', '.join(EXAMPLES)}")

    def begun(self) -> "Settings":
        """The same settings with the clock running."""
        return replace(self, ends=time.monotonic() + self.seconds)

    @property
    def examples(self) -> int:
        """The number of examples of each law."""
        return EXAMPLES[self.profile]


def run_law(law: Law, subject: Subject, settings: Settings, row: Row | None = None) -> Row:
    """The verdict on one law, in a new row or in the one given.

    Raises: KeyboardInterrupt only from outside (Ctrl-C); faults of the subject become the row's
    findings, faults of our own become the status "internal".
    """
    row = blank_row(law) if row is None else row
    started = time.perf_counter()
    try:
        _judge(law, subject, settings, row)
    except Exception:
        row.status, row.reason = "internal", "a fault of backproof itself"
        row.findings = [Finding(kind="internal", what=traceback.format_exc(limit=-4))]
    finally:
        row.seconds = time.perf_counter() - started
    return row


def blank_row(law: Law) -> Row:
    """The row of a law that has not been run."""
    return Row(law=law.name, chapter=law.chapter, needs=list(law.needs), doc=law.page)


def _judge(law: Law, subject: Subject, settings: Settings, row: Row) -> None:
    lacking = [c for c in law.needs if not subject.offers(c)]
    if lacking:
        row.status, row.reason = "unsupported", f"the subject has no {' and no '.join(lacking)}"
        return
    dead = [c for c in (*law.needs, *law.also) if len(subject.deaths.get(c, ())) >= MOST_DEATHS]
    if dead:
        row.status, row.reason = "error", f"not asked: {dead[0]} has hung or crashed too often"
        row.findings = [Finding(kind="error", what=subject.deaths[dead[0]][-1])]
        return
    trial = Trial(law, subject, settings)
    try:
        trial.search()
    except OutOfScope as reason:
        row.status, row.reason = "unsupported", str(reason)
        return
    finally:
        trial.write(row)
    _decide(trial, row)


def _decide(trial: "Trial", row: Row) -> None:
    """The status, in the order of precedence; a finding has set it already."""
    if row.findings:
        row.status = "broken" if row.findings[0].kind == "broken" else "error"
        row.reason = row.findings[0].sentence()
    elif trial.cut:
        row.status, row.reason = "unfinished", "the time limit came first"
    elif not trial.tally.judged:
        if trial.refusals or not trial.tally.beyond:
            row.status, row.reason = "unsupported", trial.reason()
        else:
            row.status, row.reason = "vacuous", "no entry could be judged: every bound is infinite"
    elif trial.unmet():
        row.status, row.reason = "vacuous", f"never met: {', '.join(trial.unmet())}"
    elif trial.tally.power < WEAK:
        share = f"{trial.tally.power:.0%} of the entries have power"
        row.status, row.reason = "weak", f"the precision leaves little to see: {share}"
    else:
        row.status = "holds"


@dataclass
class Trial:
    """One law on one subject, on its way to a verdict."""

    law: Law
    subject: Subject
    settings: Settings
    tally: Tally = field(default_factory=Tally)
    examples: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    finding: Finding | None = None
    cut: bool = False
    _failing: dict[str, Any] | None = None
    _failed_at: float = 0.0
    _current: dict[str, Any] = field(default_factory=dict)
    _handful: list[dict[str, Any]] = field(default_factory=list)

    def search(self) -> None:
        """Draw examples, then those of the required kinds that were not met; explain a failure."""
        self._guarded(partial(self._hypothesis, None, self.settings.examples))
        for kind in self.unmet():
            if self.finding is None and self._failing is None:
                self._guarded(partial(self._hypothesis, (kind,), EXAMPLES_OF_A_KIND))
        if self.finding is None and self._failing is not None:
            self._guarded(self._explain)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step of the search; a death of the subject is the finding."""
        try:
            with tallying(self.tally):
                step()
        except Died as death:
            self.finding = Finding(kind="error", what=death.message, detail=death.detail)
            self._show_case(self._current)

    def _hypothesis(self, kinds: tuple[str, ...] | None, examples: int) -> None:
        try:
            self._draw(self._example, kinds, examples, (Phase.generate, Phase.shrink))
        except (Broken, SubjectError, Enough):
            pass  # the failing example is kept
        except Flaky:
            if self._failing is None:
                raise

    def _draw(
        self,
        body: Callable[..., None],
        kinds: tuple[str, ...] | None,
        examples: int,
        phases: tuple[Phase, ...],
    ) -> None:
        """Run a body on drawn examples, with every setting of Hypothesis explicit."""
        scope, precision = self.subject.scope, self.subject.precision
        strategies = {
            name: recipe.strategy(scope, precision, kinds if recipe.kinds else None)
            for name, recipe in self.law.recipes.items()
        }
        keep_out_of_the_users_folder()
        explicit = settings(
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
            backend="hypothesis",
        )
        seed(self.settings.seed)(explicit(given(**strategies)(body)))()

    def _example(self, **arguments: Any) -> None:
        """One example under Hypothesis: counted, and kept if it fails."""
        if time.monotonic() > self.settings.ends:
            self.cut = True
            raise Enough
        if self._failing is None:
            self.examples += 1
            for value in arguments.values():
                if kind := getattr(value, "kind", None):
                    self.tally.kinds[kind] = self.tally.kinds.get(kind, 0) + 1
        elif time.monotonic() > self._failed_at + SHRINK_SECONDS:
            raise Enough
        try:
            self._check(arguments)
        except (Broken, SubjectError):
            if self._failing is None:
                self._failed_at = time.monotonic()
            self._failing = arguments  # Hypothesis tries smaller ones only
            raise

    def _check(self, arguments: dict[str, Any]) -> None:
        self.subject.begin()
        self._current = arguments
        try:
            with np.errstate(all="ignore"):  # an answer may be infinite where no bound is left
                self.law.check(self.subject, **arguments)
        except NotSupported as reason:
            self.refusals[str(reason)] = self.refusals.get(str(reason), 0) + 1

    def _finding_of(self, arguments: dict[str, Any]) -> Finding | None:
        try:
            with tallying(Tally()):
                self._check(arguments)
        except (Broken, SubjectError) as failure:
            return failure.finding
        return None

    def _explain(self) -> None:
        """Make the failing example readable, and ask for it again in a fresh process."""
        assert self._failing is not None
        first = self._finding_of(self._failing)
        arguments = self._failing
        if first is not None:
            arguments, _ = simplest(arguments, lambda a: _alike(self._finding_of(a), first))
        self.subject.restart()
        found = [self._finding_of(arguments) for _ in range(2)]
        finding = found[0] or found[1] or first
        if _steady(first, found):
            assert finding is not None
            self.finding = finding
            if finding.kind == "broken":
                finding.hint = recognised(self.subject.conventions, finding, self._holds_under)
        else:
            self.finding = Finding(kind="error", what=self._unsteady(first, found))
        self._show_case(arguments)

    def _show_case(self, arguments: dict[str, Any]) -> None:
        """Put the case into the finding, with what was asked of the subject."""
        assert self.finding is not None
        self.finding.arguments = {name: literal(value) for name, value in arguments.items()}
        self.finding.calls = asked(self.subject.calls)

    def _holds_under(self, conventions: Conventions) -> bool:
        """Whether the failing example and a handful of others pass under these conventions."""
        if not self._handful:
            self._handful = [self._failing or {}]
            collect = lambda **arguments: self._handful.append(arguments)  # noqa: E731
            self._draw(collect, None, HANDFUL, (Phase.generate,))
        declared, self.subject.conventions = self.subject.conventions, conventions
        try:
            with tallying(Tally()) as tally:
                for arguments in self._handful:
                    self._check(arguments)
        except (Broken, SubjectError):
            return False
        finally:
            self.subject.conventions = declared
        return tally.judged > tally.beyond

    def _unsteady(self, first: Finding | None, found: list[Finding | None]) -> str:
        said = [f.sentence() if f else "no fault" for f in found]
        what = said[0] if said[0] == said[1] else f"first {said[0]}; then {said[1]}"
        asked = " and ".join(dict.fromkeys(call.capability for call in self.subject.calls))
        return f"the answers of {asked} differ from call to call on the same arguments: {what}"

    def unmet(self) -> list[str]:
        """The required kinds of which no example was drawn."""
        required = {k: None for r in self.law.recipes.values() for k in r.required}
        return [kind for kind in required if not self.tally.kinds.get(kind)]

    def reason(self) -> str:
        """Why nothing was judged."""
        if not self.refusals:
            return "no example could be judged"
        commonest = max(self.refusals, key=lambda words: self.refusals[words])
        return f"refused in {sum(self.refusals.values())} examples: {commonest}"

    def write(self, row: Row) -> None:
        """What was counted, into the row."""
        row.examples, row.judged = self.examples, self.tally.judged
        row.kinds, row.power = self.tally.kinds, self.tally.power
        found = self.finding.ratio if self.finding and self.finding.ratio else 0.0
        row.worst_ratio = max(self.tally.worst_ratio, found)
        row.findings = [self.finding] if self.finding else []
        if self.refusals:
            row.notes.append(self.reason())
        if self.tally.beyond:
            count = f"{self.tally.beyond:,} of {self.tally.beyond + self.tally.judged:,} entries"
            row.notes.append(f"{count} could not be judged: no bound is left there")


def _alike(finding: Finding | None, first: Finding) -> bool:
    """The same fault: the same kind, in the same quantity."""
    return finding is not None and finding.kind == first.kind


def _steady(first: Finding | None, found: list[Finding | None]) -> bool:
    """Whether the same question has the same answer, up to rounding."""
    if any(f is None for f in found):
        return False
    one, other = found
    assert one is not None
    assert other is not None
    if one.kind != other.kind or one.ratio is None or other.ratio is None:
        return one.kind == other.kind
    if one.observed == other.observed:
        return True
    allowed = 2 * max(one.allowed or 0.0, other.allowed or 0.0)
    numbers = isinstance(one.observed, float) and isinstance(other.observed, float)
    return numbers and one.at == other.at and abs(one.observed - other.observed) <= allowed  # type: ignore[operator]


def literal(value: Any) -> Any:
    """A drawn argument as plain values."""
    return value.literal() if hasattr(value, "literal") else value


def asked(calls: list[Call]) -> list[str]:
    """What was asked, in a few words each, repetitions counted."""
    counts: dict[str, int] = {}
    for call in calls:
        rows = 0 if call.inputs is None else len(call.inputs)
        shape = f"widths={call.architecture.widths}, {rows} row{'s' if rows != 1 else ''}"
        words = f"{call.capability}({shape})"
        counts[words] = counts.get(words, 0) + 1
    return [f"{n} x {words}" if n > 1 else words for words, n in counts.items()]


_home: list[str] = []


def keep_out_of_the_users_folder() -> None:
    """Hypothesis keeps its files in a folder that is gone when the process ends."""
    if not _home:
        _home.append(tempfile.mkdtemp(prefix="backproof-"))
        atexit.register(shutil.rmtree, _home[0], ignore_errors=True)
        set_hypothesis_home_dir(_home[0])
