"""Whatever an implementation does in a call becomes an outcome with a name."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backproof.adapters.refnet import Refnet
from backproof.judging import law as laws_module
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.subjects.calls import perform
from backproof.subjects.handed import Handed
from backproof.subjects.messages import Call, Outcome
from backproof.subjects.named import Named
from refnet.architecture import Architecture, Layer

NETWORK = Architecture((2, 2, 1), "tanh", "sigmoid", "cross_entropy")
PARAMETERS = [Layer(np.eye(2), np.zeros(2)), Layer(np.ones((2, 1)), np.zeros(1))]
CALL = Call(
    capability="forward", architecture=NETWORK, parameters=PARAMETERS, inputs=np.ones((1, 2))
)


def outcome_of(habit: Callable[..., Any]) -> Outcome:
    """What comes of a forward pass with a habit, which is given outputs, parameters and inputs."""

    class Habitual(Refnet):
        def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
            outputs = super().forward(architecture, parameters, inputs)
            found = habit(outputs, parameters, inputs)
            return outputs if found is None else found

    return perform(Habitual(), CALL, Handed())


def reshape(outputs: Any, parameters: Any, inputs: Any) -> None:
    inputs.shape = (2, 1)


def retype(outputs: Any, parameters: Any, inputs: Any) -> None:
    inputs.dtype = np.int64


def write(outputs: Any, parameters: Any, inputs: Any) -> None:
    inputs[0, 0] = 7.0


def replace(outputs: Any, parameters: Any, inputs: Any) -> None:
    parameters[0] = Layer(7.0, 7.0)


def listed(outputs: Any, parameters: Any, inputs: Any) -> None:
    parameters[0] = ([[7.0, 7.0], [7.0, 7.0]], [7.0, 7.0])


def nothing(outputs: Any, parameters: Any, inputs: Any) -> None:
    parameters[0] = None


def shorten(outputs: Any, parameters: Any, inputs: Any) -> None:
    parameters[0] = parameters[0][:1]


def turn(outputs: Any, parameters: Any, inputs: Any) -> None:
    parameters.reverse()


def lose(outputs: Any, parameters: Any, inputs: Any) -> None:
    parameters.pop()


@pytest.mark.parametrize(
    ("habit", "name"),
    [
        (reshape, "inputs"), (retype, "inputs"), (write, "inputs"), (replace, "parameters"),
        (listed, "parameters"), (nothing, "parameters"), (shorten, "parameters"),
        (turn, "parameters"), (lose, "parameters"),
    ],
)  # fmt: skip
def test_an_argument_that_is_changed_in_any_way_is_named(
    habit: Callable[..., None], name: str
) -> None:
    failure = outcome_of(habit).failure
    words = f"forward changed its argument {name}; a call leaves its arguments alone"
    assert failure is not None
    assert (failure.kind, failure.message) == ("changed", words)


def test_a_list_in_which_nothing_has_changed_is_no_change() -> None:
    def remade(outputs: Any, parameters: Any, inputs: Any) -> None:
        parameters[:] = [Layer(*layer) for layer in parameters]

    assert outcome_of(remade).failure is None


@pytest.mark.parametrize("inside", ["alone", "in a list"])
@pytest.mark.parametrize("mask", [True, [[True]]])
def test_a_masked_answer_is_nonsense_whatever_lies_beneath(inside: str, mask: Any) -> None:
    def masked(outputs: Any, parameters: Any, inputs: Any) -> Any:
        found = np.ma.array(outputs, mask=mask)
        return found if inside == "alone" else [found[0]]

    failure = outcome_of(masked).failure
    words = "forward returned a masked array; give a number for each entry"
    assert failure is not None
    assert (failure.kind, failure.message) == ("nonsense", words)


def test_a_masked_array_that_masks_nothing_is_an_answer() -> None:
    outcome = outcome_of(lambda outputs, parameters, inputs: np.ma.array(outputs))
    assert outcome.failure is None
    assert type(outcome.answer) is np.ndarray


def test_an_answer_that_is_an_array_once_is_an_answer() -> None:
    class Once:
        def __init__(self, array: Any) -> None:
            self.arrays = [array]

        def __array__(self, *types: Any, **more: Any) -> Any:
            return self.arrays.pop()

    outcome = outcome_of(lambda outputs, parameters, inputs: Once(outputs))
    assert outcome.failure is None


def test_what_is_printed_anywhere_and_at_any_time_is_noted(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import os, sys, warnings\n"
        "from backproof.adapters.refnet import Refnet\n\n"
        "print('hello')\n"
        "warnings.warn('it is old')\n\n"
        "class Loud(Refnet):\n"
        "    def forward(self, *arguments):\n"
        "        os.write(2, b'\\n\\x1b[1mslow\\n')\n"
        "        return super().forward(*arguments)\n"
    )
    judgement = Judgement(Named(f"{tmp_path / 'mine.py'}:Loud"), chosen("xor"), Settings())
    judgement.load()
    judgement.subject.conversation.ask(CALL)
    judgement.note()
    judgement.close()
    output, error, forward = judgement.report.notes
    assert output == "loading prints to standard output: 'hello'"
    assert error.startswith("loading prints to standard error: '")
    assert error.endswith("mine.py:5: UserWarning: it is old'")
    assert forward == r"forward prints to standard error: '\x1b[1mslow'"


def test_an_interpreter_without_docstrings_is_told_that_laws_are_written_in_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(laws_module, "sys", SimpleNamespace(flags=SimpleNamespace(optimize=2)))
    with pytest.raises(ValueError, match="leave out docstrings, in which the laws are written"):
        laws_module.law(needs="forward")
