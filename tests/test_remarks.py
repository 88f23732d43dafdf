"""What a report says besides its verdicts."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from scipy import special

import backproof
import refnet
from backproof.adapters.refnet import Refnet
from backproof.contract import NotSupported
from backproof.judging.settings import EXAMPLES
from backproof.laws.catalogue import laws
from backproof.reports.remarks import remarks
from backproof.reports.report import Described, Report
from backproof.reports.row import Finding, Row
from backproof.reports.terminal import closing, explained
from refnet.conventions import Conventions
from refnet.functions.softmax import SOFTMAX
from refnet.rounding.arithmetic import Operation


def report(*rows: Row) -> Report:
    return Report(subject=Described(name="some"), laws=list(rows))


def row(law: str, **words: Any) -> Row:
    return Row(law=law, chapter="loss", needs=["loss"], **words)


def test_a_reason_to_refuse_is_said_once_for_all_laws_and_capabilities() -> None:
    said = remarks(
        report(
            row("one", refused={"forward: no softmax": 2, "too many digits": 1}),
            row("two", refused={"loss: no softmax": 3}),
        )
    )
    assert said == [
        "refused in 5 examples of 2 laws: forward, loss: no softmax",
        "refused in 1 example of one: too many digits",
    ]


def test_other_numbers_are_no_other_reason_to_refuse() -> None:
    many = {f"forward: widths=({n}, {n + 1}) with -{n}.5e-3 is too much": 1 for n in range(240)}
    said = remarks(report(row("one", refused=many)))
    assert said == [
        "refused in 240 examples of one: forward: widths=(0, 1) with -0.5e-3 is too much "
        "(and 239 times more with other numbers)"
    ]


def test_reasons_without_end_are_counted() -> None:
    many = {f"forward: I dislike {'very ' * n}much": 1 for n in range(240)}
    said = remarks(report(row("one", refused=many)))
    assert len(said) == 9
    assert said[-1] == "refused for 232 more reasons, which --json has"


def test_entries_without_a_bound_are_added_up() -> None:
    said = remarks(report(row("one", judged=8, unbounded=2), row("two", judged=9)))
    assert said == ["2 of 10 entries of one could not be judged: any value is legal there"]


def test_what_is_declared_and_was_not_judged_by_value_stands_in_the_headline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Training with momentum is asked for, and refused."""
    monkeypatch.setitem(EXAMPLES, "quick", 5)

    class NoMomentum(Refnet):
        scope = replace(Refnet.scope, optimizers=("gradient_descent", "momentum"), initializers=())

        def train(self, *arguments: Any) -> Any:
            if arguments[4].name == "momentum":
                raise NotSupported("no momentum")
            return super().train(*arguments)

    whole = backproof.check(NoMomentum, profile="quick")
    assert whole.headline().splitlines()[1:] == ["declared, not judged: momentum"]
    assert whole.document().not_judged == ["momentum"]
    assert "not judged" not in backproof.check(NoMomentum, laws="saturated").headline()


def test_every_law_that_judges_by_value_says_what() -> None:
    asked = "outputs_are_right,no_hidden,a_zero_network,a_fit_ends,a_seed_decides"
    asked += ",every_call,networks_compose,gradients_match"
    rows = backproof.check(Refnet, laws=asked, profile="quick").laws
    by_value = {row.law: row.by_value for row in rows}
    assert by_value["outputs_are_right_within_rounding"] == ["forward", "hidden"]
    assert by_value["no_hidden_layer_is_logistic_regression"] == ["forward", "gradient", "loss"]
    assert by_value["a_zero_network_learns_only_the_base_rate"] == ["gradient_descent"]
    assert by_value["a_fit_ends_at_the_minimiser"] == ["fit"]
    assert by_value["a_seed_decides_the_start_and_units_start_apart"] == ["constant", "zeros"]
    for law in ("every_call_stands_alone", "networks_compose", "gradients_match"):
        assert [names for name, names in by_value.items() if law in name] == [[]]


@pytest.mark.usefixtures("patient")
def test_an_infinite_loss_of_a_textbook_formula_is_told_from_a_fault() -> None:
    class Textbook(Refnet):
        scope = replace(
            Refnet.scope,
            heads=(("sigmoid", "cross_entropy"),),
            l2=False,
            sample_weights=False,
            label_smoothing=False,
            soft_targets=False,
        )

        def loss(self, architecture: Any, parameters: Any, inputs: Any, y: Any, *_: Any) -> Any:
            p = self.forward(architecture, parameters, inputs)
            return -np.mean(np.sum(np.where(y == 1, np.log(p), np.log(1 - p)), axis=1))

    laws = "saturated,the_loss_is_the"
    saturated, definition = backproof.check(Textbook, laws=laws).laws
    assert "is inf, expected" in saturated.findings[0].what
    for row in (saturated, definition):
        assert row.findings[0].hint == "Conventions(loss_from='probabilities')"


def test_layers_of_different_activations_are_drawn_only_where_the_scope_has_them() -> None:
    class OneForAll(Refnet):
        scope = replace(Refnet.scope, mixed_activations=False)

        def forward(self, architecture: Any, *arguments: Any) -> Any:
            assert len(set(architecture.activations)) <= 1
            return super().forward(architecture, *arguments)

    assert backproof.check(OneForAll, laws="outputs_are_right").laws[0].status == "holds"


def test_of_two_networks_each_part_is_shown_with_its_name() -> None:
    law = laws("every_call_stands_alone")[0]
    networks = {"case": {"inputs": [[1.0]]}, "other": {"inputs": [[2.0]]}, "dropout": 0.5}
    finding = Finding(kind="error", what="it raised", arguments=networks)
    shown = explained(report(row(law.name, status="error", findings=[finding])), 0)
    assert "case.inputs = [[1.0]]" in shown
    assert "other.inputs = [[2.0]]" in shown
    assert "\n    dropout = 0.5" in shown


class LookingAhead(Refnet):
    """Nesterov's momentum as Keras has it, its gradient taken at the point ahead."""

    def train(self, *arguments: Any) -> Any:
        training = *arguments, Conventions(nesterov="lookahead")
        return refnet.train(*training)


class SoftmaxByItsLogarithm(Refnet):
    """exp(z - log sum exp z), which is legal and rounds at the size of the logits."""

    def apply(self, operation: Operation, *arguments: Any) -> Any:
        if operation is SOFTMAX.value:
            return np.exp(arguments[0] - special.logsumexp(arguments[0], axis=-1, keepdims=True))
        return super().apply(operation, *arguments)


class LeaksAThousandthOfTheBatch(Refnet):
    """Each output has a thousandth of the batch's mean in it, so that it is wrong alone, too."""

    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments)
        return outputs + np.mean(outputs, axis=0) / 1000


@pytest.mark.parametrize(
    ("subject", "law", "status", "words"),
    [
        (
            LookingAhead,
            "nesterov*",
            "holds",
            "fits nesterov='lookahead', and not nesterov='sutskever' (",
        ),
        (
            SoftmaxByItsLogarithm,
            "softmax_is_unchanged*",
            "holds",
            "the softmax rounds at the size of the",
        ),
        (
            SoftmaxByItsLogarithm,
            "softmax_outputs*",
            "holds",
            "the softmax rounds at the size of the logits",
        ),
        (
            LeaksAThousandthOfTheBatch,
            "outputs_of_a_row*",
            "broken",
            "two answers that should agree are both",
        ),
    ],
)
def test_what_is_worth_knowing_beside_the_verdict_is_remarked(
    subject: Any, law: str, status: str, words: str
) -> None:
    (found,) = backproof.check(subject(), laws=law, profile="quick").laws
    assert found.status == status
    assert any(note.startswith(words) for note in found.notes)
    (usual,) = backproof.check(Refnet(), laws=law, profile="quick").laws
    assert not any(note.startswith(words) for note in usual.notes)


def test_the_budget_of_chance_is_one_and_is_printed() -> None:
    found = backproof.check(Refnet(), laws="weights_start*", profile="quick")
    assert 0 < found.chance == found.laws[0].chance <= 1e-8
    words = io.StringIO()
    closing(found, Console(file=words, width=200))
    assert f"by chance once in {1 / found.chance:.0e} checks" in words.getvalue()
