"""What is asked of chance: Hypothesis draws and shrinks, and a seed decides all of it.

Hypothesis's own provider mixes constants of whatever modules are loaded into its draws, and reads
the source of all of them for it, so that one seed would ask other questions from Python than from
the command line. `Questions` depends on the seed alone, and Hypothesis's own provider, which serves
while an example is shrunk, is kept from constants meanwhile. A number is uniform between its
bounds; a choice that is made `in_turn` takes what has come up least in the company of the choices
before it, and of these what has come up least.
"""

import atexit
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.control import _current_build_context
from hypothesis.errors import HypothesisWarning
from hypothesis.internal.conjecture.providers import (
    AVAILABLE_PROVIDERS,
    HypothesisProvider,
    PrimitiveProvider,
)
from hypothesis.strategies import SearchStrategy

from backproof.cases.turns import RUN_SEED, TURN, Turn

BACKEND = "backproof"


def ask(
    body: Callable[..., None],
    strategies: dict[str, SearchStrategy[Any]],
    *,
    examples: int,
    seed: int,
    shrink: bool = False,
) -> None:
    """Call the body with so many examples; the first one that raises is shrunk, and raised."""
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    token = RUN_SEED.set(seed)
    try:
        with out_of_the_users_folder(), _undisturbed(), _without_constants():
            seeded(seed)(_explicit(examples, phases)(given(**strategies)(body)))()
    finally:
        RUN_SEED.reset(token)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """In no test of a user's, and without warnings that speak of Hypothesis to who knows of none.

    It takes what another thread draws from `random` for a slip of a strategy.
    """
    with _current_build_context.with_value(None), warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        yield


@contextmanager
def _without_constants() -> Iterator[None]:
    """Hypothesis's own provider draws by chance alone meanwhile."""
    kept = HypothesisProvider._maybe_draw_constant
    HypothesisProvider._maybe_draw_constant = lambda *_, **__: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        HypothesisProvider._maybe_draw_constant = kept  # type: ignore[method-assign]


def _explicit(examples: int, phases: tuple[Phase, ...]) -> settings:
    """Every setting, so that no profile of a user's changes a run."""
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


class Questions(PrimitiveProvider):
    """The choices of one run, from its seed; laws draw integers, and whatever is made of them."""

    def __init__(self, _: object) -> None:
        super().__init__(None)
        self._random = Random(RUN_SEED.get())
        self._met: dict[Hashable, list[int]] = {}
        self._company: dict[str, int] = {}
        self._cases = 0

    @contextmanager
    def per_test_case_context_manager(self) -> Iterator[None]:
        """Another example: nothing is chosen yet."""
        self._company, self._cases = {}, 0
        yield

    def draw_integer(
        self, min_value: int | None = None, max_value: int | None = None, **_: Any
    ) -> int:
        """The next in turn, or any integer from min_value to max_value."""
        assert min_value is not None and max_value is not None  # noqa: PT018
        turn = TURN.get()
        if turn is None:
            return self._random.randint(min_value, max_value)
        return self._next(turn)

    def _next(self, turn: Turn) -> int:
        """The place of the value that has come up least in this company, and of these least at all.

        What has not come up at all is least in every company, so that a short run meets each.
        """
        if turn.name in self._company:  # a second case of the example has a company of its own
            self._company, self._cases = {}, self._cases + 1
        alone, *together = [self._times(turn, beside) for beside in (None, *self._company.items())]
        shares = turn.shares or (1,) * len(alone)
        times = [
            (sum(beside), count / share)
            for count, share, *beside in zip(alone, shares, *together, strict=True)
        ]
        least = min(times)
        place = self._random.choice([i for i, count in enumerate(times) if count == least])
        for table in (alone, *together):
            table[place] += 1
        self._company[turn.name] = place
        return place

    def _times(self, turn: Turn, beside: Hashable) -> list[int]:
        """How often each value has come up together with another choice, or at all."""
        return self._met.setdefault((self._cases, turn, beside), [0] * len(turn.values))

    def draw_boolean(self, p: float = 0.5) -> bool:
        """True with probability p."""
        return self._random.random() < p

    def draw_float(self, **_: Any) -> float:
        """Not drawn: a seed makes numbers that a person can print again."""
        raise TypeError("a recipe draws integers; let a seed make the floats")

    def draw_string(self, *_: Any, **__: Any) -> str:
        """Not drawn."""
        raise TypeError("a recipe draws integers; choose among strings")

    def draw_bytes(self, *_: Any, **__: Any) -> bytes:
        """Not drawn."""
        raise TypeError("a recipe draws integers; choose among bytes")


AVAILABLE_PROVIDERS[BACKEND] = Questions

_home: list[str] = []


@contextmanager
def out_of_the_users_folder() -> Iterator[None]:
    """Hypothesis keeps its files in a folder of ours meanwhile, which goes with the process.

    It makes the folder when it has something to keep, which it has not where questions are ours.
    """
    if not _home:
        _home.append(os.path.join(tempfile.gettempdir(), f"backproof-{secrets.token_hex(8)}"))
        atexit.register(shutil.rmtree, _home[0], ignore_errors=True)
    set_hypothesis_home_dir(_home[0])
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)
