"""Slips of real training, in a network that shares no line with the engine, are found by value."""

from contextlib import suppress
from typing import Any

import pytest

from backproof.frontends import conclude
from backproof.frontends.check import check
from backproof.judging.judge import Broken
from backproof.judging.law import Law
from backproof.judging.questions import ask
from backproof.judging.settings import EXAMPLES
from backproof.judging.slowness import Enough
from backproof.judging.trial import Trial
from backproof.laws.catalogue import chosen
from backproof.subjects.local import Local
from backproof.subjects.subject import Subject
from tests.controls import slips
from tests.hostile import WrongShape

FOUND_BY: dict[Any, str] = {
    slips.NoCorrection: "adam_divides",
    slips.OneStepsExponent: "adam_divides",
    slips.CounterForEachTensor: "adam_divides",
    slips.NothingKept: "momentum_steps",
    slips.MomentumForNesterov: "nesterov",
    slips.FirstVelocityWithoutTheRate: "momentum_steps",
    slips.DecaysAfterTheStep: "weight_decay",
    slips.DecaysWithoutTheRate: "weight_decay",
    slips.DecaysWithMomentumAlone: "weight_decay",
    slips.MeanOfMeans: "evaluation_does_not",
    slips.LastBatchDropped: "an_epoch",
    slips.DropoutScaledByTheOtherShare: "dropout_drops",
    slips.GlorotByOneFan: "weights_start",
    slips.TruncatedUncorrected: "weights_start",
    slips.LayersShareOneDraw: "weights_start",
}


def examples_until_broken(law: Law, subject: Subject, seed: int = 0) -> int | None:
    """How many examples of a default run the law takes to break, or None."""
    trial, count, broken = Trial(law, subject), 0, False

    def example(**arguments: Any) -> None:
        nonlocal count, broken
        count += 1
        try:
            trial.check(arguments)
        except Broken:
            broken = True
            raise Enough from None

    with suppress(Enough):
        ask(example, trial.strategies(), examples=EXAMPLES["default"], seed=seed)
    return count if broken else None


@pytest.mark.parametrize("slip", FOUND_BY, ids=lambda slip: slip.__name__)
def test_a_slip_is_found_by_its_law(slip: Any) -> None:
    (law,) = chosen(FOUND_BY[slip])
    assert examples_until_broken(law, Subject(Local(slip()))) is not None


def test_no_mistake_is_named_for_an_answer_that_could_not_be_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conclude, "slips", lambda survey: ["a mistake"])
    for subject, named in ((WrongShape(), []), (slips.NothingKept(), ["a mistake"])):
        laws = "momentum_steps" if named else "outputs_are"
        report = check(subject, laws=laws, profile="quick")
        assert report.laws[0].findings[0].slips == named
