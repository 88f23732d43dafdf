"""Whatever a subject does, it is named, and the other laws go on."""

from pathlib import Path

import pytest

from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.reports.report import Report
from backproof.subjects.failures import CannotLoad
from backproof.subjects.loading import BUILT_IN
from backproof.subjects.named import Named
from backproof.subjects.process import Child, Limits

HERE = Path(__file__).parent
FORWARD = "no_hidden_layer_is_logistic_regression"
ELSE = "the_gradient_is_the_derivative_of_the_loss"
BOTH = f"{FORWARD},{ELSE}"


def judged(name: str, laws: str = BOTH, memory: int = 2**30) -> Report:
    named = Named(f"{HERE / 'hostile.py'}:{name}", limits=Limits(1.0, 3.0, memory))
    judgement = Judgement(named, chosen(laws), Settings("quick"))
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    judgement.close()
    return judgement.report


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("WrongShape", "forward returned shape (1,); expected (1, 1)"),
        ("Nan", "forward[0, 0] is nan, expected 0."),
        ("Text", "forward returned '0.5' of type <U3; give real numbers"),
        ("Raises", "forward raised ZeroDivisionError: out of luck"),
        ("Sleeps", "forward gave no answer within 3 s"),
        ("HoldsTheInterpreter", "forward gave no answer within 3 s"),
        ("KillsItself", "forward ended its process (killed by SIGKILL)"),
        ("Leaves", "forward ended its process (exit status 7)"),
        ("CallsSysExit", "forward called sys.exit('that is all')"),
        ("UnseededNoise", "the answers of forward"),
        ("EatsMemory", "forward raised"),
        ("WritesIntoInputs", "forward changed its argument inputs; a call leaves its arguments"),
    ],
)
def test_a_bad_habit_is_an_error_with_a_name_and_stops_no_other_law(name: str, words: str) -> None:
    forward, other = judged(name).laws
    assert forward.status == "error"
    assert words in (forward.reason or "")
    assert forward.findings[0].arguments, "the case that shows it"
    assert other.status == "holds"


def test_what_a_fresh_process_does_not_repeat_is_no_counterexample() -> None:
    (row,) = judged("TiresAfterAWhile", FORWARD).laws
    assert row.status == "error"
    assert "the answers of forward" in (row.reason or "")
    assert (row.reason or "").endswith("then no fault")


def test_an_answer_that_a_later_call_overwrites_is_an_error() -> None:
    alone, other = judged("UsesABufferAgain", f"every_call_stands_alone,{ELSE}").laws
    words = "forward changed what forward had answered; an answer is not used again"
    assert (alone.status, other.status) == ("error", "holds")
    assert words in (alone.reason or "")


def test_an_exception_is_shown_with_the_line_that_raised_it() -> None:
    finding = judged("Raises", FORWARD).laws[0].findings[0]
    assert "hostile.py" in finding.detail
    assert "out of luck" in finding.detail


@pytest.mark.parametrize("name", ["ReadOnlyView", "ClosesItsStreams", "Prints"])
def test_a_harmless_habit_changes_no_verdict(name: str) -> None:
    assert [row.status for row in judged(name).laws] == ["holds", "holds"]


def test_what_a_subject_prints_is_noted() -> None:
    report = judged("Prints", FORWARD)
    assert report.notes == ["forward prints to standard output: 'epoch 1, loss 0.25'"]


def test_a_subject_that_hangs_three_times_is_not_asked_again() -> None:
    named = Named(f"{HERE / 'hostile.py'}:Sleeps", limits=Limits(0.3, 3.0))
    judgement = Judgement(named, chosen(FORWARD) * 4, Settings("quick"))
    judgement.load()
    for place in range(4):
        judgement.judge(place)
    judgement.close()
    rows = judgement.report.laws
    assert [row.status for row in rows] == ["error"] * 4
    assert rows[3].reason == "not asked: forward has hung or crashed too often"


def test_a_capability_that_never_answers_is_an_error() -> None:
    report = judged("NeverSupports", FORWARD)
    assert report.laws[0].status == "error"
    assert "forward is offered and has never answered: not on a Monday" in (
        report.laws[0].reason or ""
    )


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (
            "nonsense",
            f"'nonsense' is no built-in adapter ({', '.join(BUILT_IN)}); give path",
        ),
        ("tests/hostile.py", "names a file; say which class in it, as tests/hostile.py:Name"),
        ("no_such_file.py:Net", "there is no file no_such_file.py, as seen from "),
        (f"{HERE / 'hostile.py'}:Absent", "defines no Absent; it has WrongShape, Nan"),
        (f"{HERE / 'hostile.py'}:WithoutScope", "has no scope: say what it can express"),
        (f"{HERE / 'hostile.py'}:ScopeOfWords", "has scope='sigmoid nets', which is no Scope"),
        (f"{HERE / 'hostile.py'}:OffersNothing", "offers nothing to judge: define one of forward"),
        (f"{HERE / 'hostile.py'}:FailsToStart", "failed in its constructor: OSError: the licence"),
        ("no_such_module:Net", "there is no module no_such_module to import"),
    ],
)
def test_a_subject_that_cannot_be_loaded_says_why(subject: str, words: str) -> None:
    with pytest.raises(CannotLoad) as reason:
        Child(subject).hello()
    assert words in str(reason.value)
