"""backproof smoke: each capability in a line, whatever the others do, until Ctrl-C."""

import signal
import sys
from pathlib import Path

import pytest

from backproof.adapters.refnet import Refnet
from backproof.contract import CAPABILITIES
from backproof.frontends.smoke import Sign, smoke
from backproof.subjects.local import Local
from backproof.subjects.subject import Subject
from tests import hostile
from tests.started import started

HERE = Path(__file__).parent


def signs(implementation: type) -> dict[str, Sign]:
    return {sign.capability: sign for sign in smoke(Subject(Local(implementation)))}


def test_every_capability_is_called_and_the_same_cases_each_time() -> None:
    first = signs(Refnet)
    assert [*first] == [*CAPABILITIES]
    assert {sign.state for sign in first.values()} == {"answers"}
    assert first["forward"].words == "(7, 3)", "a small case in which a mixed-up axis shows"
    assert first == signs(Refnet)


@pytest.mark.parametrize(
    ("implementation", "state", "words", "detail"),
    [
        (hostile.WrongShape, "fails", "forward returned shape (21,); expected (7, 3)", ""),
        (hostile.Raises, "fails", "forward raised ZeroDivisionError: out of luck", "hostile.py"),
        (hostile.NeverSupports, "refuses", "not on a Monday", ""),
    ],
)
def test_a_capability_that_does_not_answer_says_why_and_the_others_are_called(
    implementation: type, state: str, words: str, detail: str
) -> None:
    first, *others = signs(implementation).values()
    assert (first.state, first.words) == (state, words)
    assert detail in first.detail
    assert {sign.state for sign in others} == {"answers"}


def test_the_first_ctrl_c_ends_it_and_names_what_was_not_called() -> None:
    command = (sys.executable, "-m", "backproof", "smoke", f"{HERE / 'hostile.py'}:Sleeps")
    with started(*command) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("refnet")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert out.startswith("interrupted; not called: forward, hidden, loss")
    assert out.count("\n") == 1
    assert err == ""
