"""A slow subject is no broken one: small cases first, a share for each law, a scope of less."""

import time
from typing import Any

import pytest

from backproof.adapters.refnet import Refnet
from backproof.cases.networks import networks
from backproof.contract import Conventions, Scope
from backproof.judging import slowness
from backproof.judging.judgement import Judgement
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.judging.slowness import Took, ask_small_first, narrower, size, too_slow
from backproof.laws.catalogue import chosen
from backproof.subjects.failures import Died
from backproof.subjects.named import Named
from refnet.rounding.precision import FLOAT64

LAW, OTHER = "outputs_are_right_within_rounding", "softmax_outputs_are_probabilities"


class Clock:
    """Time that passes where a subject takes it, and a little where it is asked for."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1e-6
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def slow(clock: Clock, patience: float = 1e9) -> Any:
    class Slow(Refnet):
        """A second for every hundred products; what takes longer than patience has no end."""

        def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
            products = len(inputs) * sum(a * b for a, b in architecture.shapes)
            if products / 100 > patience:
                raise Died("forward", "forward gave no answer within 1 s", slow=True)
            clock.now += products / 100
            return super().forward(architecture, parameters, inputs)

    return Slow


def judged(subject: Any, laws: str, seconds: float) -> Judgement:
    made = Judgement(Named(subject), chosen(laws), Settings("quick", seconds=seconds))
    made.load()
    for place in range(len(made.laws)):
        made.among = len(made.laws) - place
        made.judge(place)
    return made


def test_each_law_judges_small_cases_in_its_share_and_names_a_scope(clock: Clock) -> None:
    made = judged(slow(clock), f"{LAW},{OTHER}", 600.0)
    assert clock.now < 2000, "a law ends with the example that takes it beyond its share"
    for row in made.report.laws:
        assert row.status == "unfinished"
        assert row.examples > 8
        assert str(row.reason).startswith(f"the time limit came after {row.examples} of 25 exampl")
        assert "a scope with widths=(1, " in str(row.reason)


def test_what_is_left_goes_to_the_laws_whose_share_was_not_enough(clock: Clock) -> None:
    made = judged(slow(clock), f"{LAW},no_hidden*,a_fit_stops*", 1200.0)
    assert [row.status for row in made.report.laws] == ["unfinished", "holds", "holds"]
    assert made.cut() == [0]
    made.among = 1
    made.judge(0)
    assert made.report.laws[0].examples > 20


def test_time_that_suffices_changes_no_verdict(clock: Clock) -> None:
    [timed] = judged(slow(clock), LAW, 1e9).report.laws
    [untimed] = judged(slow(clock), LAW, float("inf")).report.laws
    timed.seconds = untimed.seconds = 0.0
    assert timed == untimed


def test_a_call_that_takes_too_long_names_the_scope_of_those_that_were_answered(
    clock: Clock,
) -> None:
    [row] = judged(slow(clock, patience=30.0), LAW, 1e9).report.laws
    assert row.status == "error"
    words = "forward gave no answer within 1 s; if it is slow there, a scope with widths=(1, "
    assert str(row.reason).startswith(words)
    [row] = judged(slow(clock, patience=0.0), LAW, 1e9).report.laws
    assert row.reason == "forward gave no answer within 1 s"


def cases(examples: int, seed: int = 0, **more: Any) -> tuple[list[Any], list[int]]:
    found: list[Any] = []

    def keep(case: Any) -> None:
        found.append(case)

    drawn = {"case": networks().strategy(Refnet.scope, FLOAT64, Conventions())}
    questions = ask_small_first if more else ask
    questions(keep, drawn, examples=examples, seed=seed, **more)
    return [case.literal() for case in found], list(map(size, found))


def test_the_questions_are_the_same_and_only_their_order_is_another(clock: Clock) -> None:
    usual, _ = cases(25)
    ordered, sizes = cases(25, ends=1e9)
    assert sizes == sorted(sizes)
    assert usual != ordered
    assert sorted(map(str, usual)) == sorted(map(str, ordered))


@pytest.mark.parametrize("bound", ["memory", "time"])
def test_what_cannot_be_held_or_drawn_in_time_comes_after_the_others(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    if bound == "memory":
        monkeypatch.setattr(slowness, "largest", lambda: 2**11)
    usual, _ = cases(25)
    ordered, sizes = cases(25, ends=clock.now + (4 * 12e-6 if bound == "time" else 1e9))
    assert sizes != sorted(sizes)
    assert sizes[:5] == sorted(sizes[:5])
    assert sorted(map(str, usual)) == sorted(map(str, ordered))


def test_the_narrower_scope_is_one_in_which_the_examples_fit_the_time() -> None:
    scope = Refnet.scope
    taken = [Took(0.1, 2, 2), Took(0.3, 4, 2), Took(2.0, 4, 16), Took(9.0, 64, 8)]
    words = "the time limit came after 4 of 10 examples, the smallest first; one with widths to 64 "
    words += "and 8 rows took 9 s: "
    assert too_slow(taken, scope, 10, 8.0) == (
        f"{words}a scope with widths=(1, 16) and rows=(1, 16) asks for less"
    )
    assert "widths=(1, 4) and rows=(1, 4)" in too_slow(taken, scope, 10, 2.0)
    assert too_slow(taken, scope, 10, 0.9) == f"{words}allow more time"
    assert too_slow([], scope, 10, 1.0) == "the time limit came first"


def test_a_scope_that_begins_higher_or_has_architectures_is_named_as_it_is_declared() -> None:
    named: Any = {"activations": ("tanh",), "heads": (("sigmoid", "cross_entropy"),)}
    assert narrower(Scope(**named, rows=(9, None)), 4) == "widths=(1, 4) and rows=(9, 9)"
