"""A convention that was not declared is recognised, and said."""

import math
from dataclasses import fields, replace
from typing import Any

import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.judging import recognition
from backproof.mutants.loss import SoftmaxShiftedByTheBatch
from backproof.mutants.meaning import OutputLearnsFromLogits
from backproof.reports.row import Finding
from refnet import Layer
from refnet.architecture import Architecture
from refnet.conventions import STRICT, Conventions
from refnet.legal import rules

LOGISTIC = "no_hidden_layer_is_logistic_regression"
DERIVATIVE = "the_gradient_is_the_derivative_of_the_loss"
LOSS = "the_loss_is_the_mean_over_the_rows_plus_the_penalty"
OUTPUTS = "outputs_are_right_within_rounding"
APART = "a_seed_decides_the_start_and_units_start_apart"


pytestmark = pytest.mark.usefixtures("patient")


class Undeclared(Refnet):
    """The engine under other conventions than it declares."""

    def __init__(self, **meant: Any) -> None:
        super().__init__()
        self._meant = replace(STRICT, **meant)

    def _means(self, architecture: Architecture) -> Conventions:
        return self._meant


@pytest.mark.parametrize(
    ("law", "meant"),
    [
        (LOGISTIC, {"reduction": "sum"}),
        (DERIVATIVE, {"reduction": "sum"}),
        (DERIVATIVE, {"squared_error": 1.0}),
        (DERIVATIVE, {"penalty_factor": 1.0}),
        (DERIVATIVE, {"penalty_per_row": True}),
        (DERIVATIVE, {"gradient_factor": 2.0}),
        (DERIVATIVE, {"gradient_reduction": "sum"}),
        (DERIVATIVE, {"gradient_reduction": "mean over elements"}),
        (LOSS, {"reduction": "mean over elements"}),
        (LOSS, {"loss_factor": 3.0}),
        (LOGISTIC, {"loss_factor": 1 / math.log(2)}),
        (OUTPUTS, {"outputs": "logits"}),
        (APART, {"initial_biases": "fan_in_uniform"}),
        (OUTPUTS, {"softplus_threshold": 20.0}),
        ("momentum_steps_along_a_fading", {"dampening": "as momentum"}),
        ("an_epoch_takes_one_step_on_each_batch", {"penalty_per_row": "data set"}),
        (DERIVATIVE, {"penalty_factor": 1.0, "penalty_per_row": True}),
        (DERIVATIVE, {"penalty_factor": 1.0, "penalty_on_biases": True}),
    ],
)
def test_an_undeclared_convention_is_named(law: str, meant: dict[str, Any]) -> None:
    report = backproof.check(Undeclared(**meant), laws=law)
    assert report.laws[0].status == "broken"
    words = ", ".join(f"{name}={value!r}" for name, value in meant.items())
    assert report.laws[0].findings[0].hint == f"Conventions({words})"


@pytest.mark.parametrize(("declared", "right"), [(2.0, 1.0), (2.0, 3.0), (0.3, 1.0), (0.5, 0.25)])
def test_a_factor_is_recognised_beside_the_one_that_is_declared(
    declared: float, right: float
) -> None:
    subject = Undeclared(gradient_factor=right)
    subject.conventions = Conventions(gradient_factor=declared)
    finding = backproof.check(subject, laws=DERIVATIVE).laws[0].findings[0]
    assert finding.hint == f"Conventions(gradient_factor={right!r})"


def test_a_factor_that_nobody_means_is_not_tried() -> None:
    for observed in (1e300, math.inf, math.nan, 1e-300):
        finding = Finding(kind="broken", what="the loss", observed=observed, expected=1e-9)
        assert not list(recognition._factors(STRICT, finding))


@pytest.mark.parametrize("name", [field.name for field in fields(Conventions)])
def test_every_convention_is_recognised_or_has_a_reason_not_to_be(name: str) -> None:
    tried = {tried for tried, _ in recognition.alternatives(STRICT)}
    reason = recognition.NOT_TRIED.get(name, "")
    if len(rules(Conventions)[name].words) == 1 and not rules(Conventions)[name].legal:
        assert not reason, f"{name}: there is no other word to try"
    elif rules(Conventions)[name].legal:
        assert bool(recognition.NUMBERS.get(name)) != bool(reason), f"{name}: NUMBERS or NOT_TRIED"
    else:
        assert (name in tried) != bool(reason), f"{name}: in NOT_TRIED without a reason"


@pytest.mark.parametrize(
    "name", [*recognition.COMMONEST, *recognition.NUMBERS, *recognition.NOT_TRIED]
)
def test_recognition_speaks_of_no_convention_that_there_is_not(name: str) -> None:
    assert name in {field.name for field in fields(Conventions)}
    assert name not in recognition.NUMBERS or rules(Conventions)[name].legal


def test_what_is_tried_is_legal_and_differs_from_what_is_declared() -> None:
    declared = Conventions(reduction="sum", penalty_per_row=True, squared_error=1.0)
    for name, value in recognition.alternatives(declared):
        assert replace(declared, **{name: value}) != declared
    first = next(recognition.alternatives(declared))
    assert first == ("reduction", "mean")


class ThroughFloat32(Refnet):
    """Weights that are stored in single precision on the way."""

    def _trace(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        coarse = [Layer(w.astype("f4").astype("f8"), b) for w, b in parameters]
        return super()._trace(architecture, coarse, inputs)


def test_what_passes_through_a_coarser_precision_is_said() -> None:
    laws = "outputs_are_right_within_rounding"
    finding = backproof.check(ThroughFloat32, laws=laws).laws[0].findings[0]
    assert finding.hint == "precision='float32'"


def test_a_precision_in_which_the_failing_example_cannot_be_judged_explains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recognition, "MOST_SECONDS", 1.0)  # the search for conventions finds none
    law = "the_output_layer_is_a_linear_model_of_the_features"
    assert backproof.check(OutputLearnsFromLogits, laws=law).laws[0].findings[0].hint == ""


def test_the_search_for_a_convention_ends_in_time_however_slow_the_subject(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Conventions] = []
    slow = Finding(kind="broken", what="loss")
    monkeypatch.setattr(recognition, "MOST_SECONDS", 0.0)

    def finds(conventions: Conventions) -> Finding:
        asked.append(conventions)
        return slow

    assert [*recognition.fitting(STRICT, slow, finds, {"": lambda conventions: True})] == []
    assert len(asked) == 1


def test_what_is_refused_under_a_supposed_convention_is_not_reported() -> None:
    row = backproof.check(SoftmaxShiftedByTheBatch, laws="saturated").laws[0]
    assert not any("declared" in reason for reason in row.refused)
    assert sum(row.refused.values()) <= row.examples


def test_a_bug_is_no_convention() -> None:
    from backproof.mutants.gradient import SlopeForgotten

    finding = backproof.check(SlopeForgotten, laws=DERIVATIVE).laws[0].findings[0]
    assert finding.hint == ""
