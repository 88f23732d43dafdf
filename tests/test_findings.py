"""What is said of a finding: its cause, how special it is, what would mend it, what it is like."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.frontends import conclude
from backproof.frontends.check import before_the_laws
from backproof.judging.explain import steady
from backproof.judging.settings import Settings
from backproof.mutants import mutants
from backproof.reports.row import Finding
from backproof.subjects.messages import Call, Outcome
from backproof.subjects.named import Named
from refnet.architecture import Architecture
from refnet.conventions import STRICT, Conventions
from refnet.functions.cross_entropy import BERNOULLI
from refnet.functions.kinked import RELU
from refnet.functions.smooth import SIGMOID, TANH
from refnet.rounding.arithmetic import Operation
from refnet.rounding.products import BACK, COLUMN_SUM

LOSSES = "no_hidden_layer*,loss,gradients_match*"
DERIVATIVE = "the_gradient_is_the_derivative_of_the_loss"
DEFINITION = "the_loss_is_the_mean_over_the_rows_plus_the_penalty"
OUTPUTS = "outputs_are_right_within_rounding"


class WrongSign(Refnet):
    """The loss subtracts the logarithms of the units that should be off."""

    scope = replace(Refnet.scope, heads=(("sigmoid", "cross_entropy"),))

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is BERNOULLI:
            z, _, y = arguments
            return y * np.logaddexp(0, -z) - (1 - y) * np.logaddexp(0, z)
        return super().apply(operation, *arguments)


PATIENT = pytest.mark.usefixtures("patient")


def first(subject: Any, laws: str, profile: str = "quick") -> Finding:
    """The first finding of a subject."""
    return backproof.check(subject, laws=laws, profile=profile).laws[0].findings[0]


def test_a_fault_of_ours_while_findings_are_explained_loses_no_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: Any) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(conclude, "slips", fails)
    report = backproof.check(WrongSign, laws=DEFINITION, profile="quick")
    broken, fault = report.laws[0].findings
    assert (report.laws[0].status, broken.kind, fault.kind) == ("broken", "broken", "internal")
    assert report.exit_status == 3
    assert "please report it" in str(report)
    assert "a fault of ours" in str(report)


def test_one_wrong_sign_in_the_loss_breaks_nine_laws_and_makes_one_finding() -> None:
    report = backproof.check(WrongSign, laws=LOSSES, profile="quick")
    (cause,) = report.causes
    assert report.count("broken") >= 9
    assert (cause.what, cause.shown) == (
        "the loss is wrong",
        "no_hidden_layer_is_logistic_regression",
    )
    assert len(cause.alike) + len(cause.follows) == report.count("broken") - 1
    assert "gradients_match_finite_differences" in cause.follows


def test_two_mistakes_make_two_findings_the_first_value_first() -> None:
    class Twice(WrongSign):
        def apply(self, operation: Operation, *arguments: Any) -> Any:
            result = super().apply(operation, *arguments)
            return np.where(arguments[0] > 3, 0.0, result) if operation is TANH.value else result

    report = backproof.check(Twice, laws=f"{OUTPUTS},{DEFINITION}", profile="quick")
    assert [cause.what for cause in report.causes] == ["the outputs are wrong", "the loss is wrong"]


def test_a_wrong_step_of_one_optimizer_is_no_wrong_step_of_another() -> None:
    (mutant,) = mutants("BetasExchanged")
    laws = "gradient_descent_subtracts*,momentum*,adam_divides*"
    report = backproof.check(mutant.implementation, laws=laws, profile="quick")
    assert [cause.shown for cause in report.causes] == [
        "adam_divides_a_mean_gradient_by_a_root_mean_square"
    ]


def changed(operation_: Operation, change: Any) -> type[Refnet]:
    """The engine with one operation changed: `change(result, *arguments)`."""

    class Changed(Refnet):
        scope = replace(Refnet.scope, activations=("tanh", "sigmoid", "relu"))

        def apply(self, operation: Operation, *arguments: Any) -> Any:
            result = super().apply(operation, *arguments)
            return change(result, *arguments) if operation is operation_ else result

    return Changed


@PATIENT
@pytest.mark.parametrize(
    ("subject", "law", "words"),
    [
        (changed(BACK, lambda r, *_: -r), DERIVATIVE, "what is wrong is minus the expected"),
        (
            changed(COLUMN_SUM, lambda r, rows, *_: r * len(rows)),
            DERIVATIVE,
            "what is wrong is the expected times the number of rows",
        ),
        (
            changed(RELU.pullback, lambda r, g, z, *_: np.where(z == 0, 2 * g, r)),
            DERIVATIVE,
            "exactly 0",
        ),
        (
            changed(SIGMOID.value, lambda r, z: np.where(z == 0, 0.0, r)),
            OUTPUTS,
            "it fails only where the logit of",
        ),
        (
            changed(TANH.value, lambda r, z: np.where(z > 2.5, 0.5, r)),
            OUTPUTS,
            "it begins where the logit of hidden layer 1 reaches 2.5",
        ),
        (changed(TANH.value, lambda r, z: r * 1.01), OUTPUTS, "at all those with tanh"),
    ],
)
def test_how_special_a_fault_is_is_said(subject: Any, law: str, words: str) -> None:
    finding = first(subject, law)
    assert any(words in sentence for sentence in finding.special), finding.special


@PATIENT
def test_a_fault_in_the_first_row_alone_is_called_that() -> None:
    class FirstRow(Refnet):
        def forward(self, *arguments: Any) -> Any:
            outputs = super().forward(*arguments).copy()
            outputs[0] += 0.25
            return outputs

    assert "only the first row is wrong" in first(FirstRow, OUTPUTS).special


class PenaltyByRow(Refnet):
    """The loss divides the penalty by the rows, and training does not."""

    scope = replace(Refnet.scope, sample_weights=False)

    def loss(self, *arguments: Any) -> Any:
        architecture = arguments[0]
        by_row = replace(architecture, l2=architecture.l2 / len(arguments[2]))
        return super().loss(by_row, *arguments[1:])


@PATIENT
def test_a_convention_that_another_law_contradicts_is_no_hint_but_a_clash() -> None:
    finding = first(PenaltyByRow, f"{DEFINITION},{DERIVATIVE}", "default")
    assert finding.hint == ""
    assert "it would hold under Conventions(penalty_per_row=True)" in finding.clash
    assert f"but {DERIVATIVE} holds as declared: they disagree" in finding.clash
    assert "the penalty in one is n times that in the other" in finding.clash


@PATIENT
def test_a_hint_stands_at_every_law_that_it_mends() -> None:
    class Summed(Refnet):
        def _means(self, architecture: Architecture) -> Conventions:
            return replace(STRICT, reduction="sum")

    report = backproof.check(Summed, laws=f"{DEFINITION},{DERIVATIVE}", profile="quick")
    assert [row.findings[0].hint for row in report.laws] == ["Conventions(reduction='sum')"] * 2


@PATIENT
def test_an_entry_that_is_off_by_a_billionth_is_no_matter_of_precision() -> None:
    (mutant,) = mutants("OneEntryOffByABillionth")
    assert first(mutant.implementation, DERIVATIVE).hint == ""


@PATIENT
def test_what_was_answered_is_not_asked_again_for_a_hint() -> None:
    judgement = before_the_laws(Named(PenaltyByRow), DEFINITION, Settings("quick"))
    judgement.load()
    judgement.judge(0)
    asked, answer = list[Call](), judgement.server.call

    def ask(call: Call) -> Outcome:
        asked.append(call)
        return answer(call)

    judgement.server.call = ask  # type: ignore[method-assign]
    judgement.conclude()
    assert len(asked) <= 8
    judgement.close()


@PATIENT
@pytest.mark.parametrize("name", ["SlopeForgotten", "LogarithmMovedFromZero", "BetasExchanged"])
def test_a_known_mistake_is_recognised_by_its_answers(name: str) -> None:
    (mutant,) = mutants(name)
    laws = ",".join(mutant.killers[:1])
    finding = first(mutant.implementation, laws)
    assert finding.slips[0].startswith(mutant.mistake)


@PATIENT
def test_an_unknown_mistake_is_called_none() -> None:
    subject = changed(TANH.value, lambda r, z: np.where(z > 2.5, 0.5, r))
    assert first(subject, OUTPUTS).slips == []


def test_an_answer_that_is_nan_twice_is_the_same_answer() -> None:
    """Where a training has left the numbers of which a bound is known, nan is compared."""
    lost = Finding(kind="broken", what="weights", ratio=np.inf, observed=np.nan, at=[0, 1])
    assert steady([lost, lost])
    assert not steady([lost, msgspec.structs.replace(lost, at=[1, 0])])
    assert not steady([lost, msgspec.structs.replace(lost, observed=1.0)])
