"""Networks that came with weights are judged there, and frozen ones nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.subjects.failures import CannotLoad
from backproof.subjects.named import Named
from refnet import Layer
from tests import narrow

AT_ITS_OWN = [
    "no_hidden_layer_is_logistic_regression",
    "outputs_are_right_within_rounding",
    "outputs_of_a_row_do_not_depend_on_the_batch",
    "every_call_stands_alone",
    "the_loss_is_the_mean_over_the_rows_plus_the_penalty",
    "the_gradient_is_the_derivative_of_the_loss",
    "gradient_descent_subtracts_the_rate_times_the_gradient",
    "the_losses_of_batches_average_to_the_loss_of_all_rows",
    "an_epoch_takes_one_step_on_each_batch_in_order",
    "evaluation_does_not_depend_on_the_batch_size",
]
"""The laws that need no other parameters than those that a network came with."""


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_frozen_network_breaks_no_law_and_is_asked_at_its_own_weights_alone(
    precision: str,
) -> None:
    report = backproof.check(narrow.Frozen(precision), profile="quick")
    assert {row.status for row in report.laws} == {"holds", "unsupported"}
    assert {row.law for row in report.laws if row.status == "holds"} >= {*AT_ITS_OWN}
    for row in report.laws:
        assert row.status == "unsupported" or row.kinds.get("own weights"), row.law


def test_a_law_that_moves_the_parameters_says_that_these_are_frozen() -> None:
    [row] = backproof.check(narrow.Frozen, laws="renumbering", profile="quick").laws
    assert row.reason == "the law needs other parameters than those that are frozen"


@pytest.mark.parametrize(
    "law",
    [
        "outputs_are_right_within_rounding",
        "the_loss_is_the_mean_over_the_rows_plus_the_penalty",
        "the_gradient_is_the_derivative_of_the_loss",
    ],
)
def test_what_is_wrong_in_a_frozen_network_is_found(law: str) -> None:
    [row] = backproof.check(narrow.FrozenWithAWrongTanh, laws=law, profile="quick").laws
    assert row.status == "broken"
    shown = row.findings[0].arguments["case"]["parameters"]
    weights = [layers[0].weights.tolist() for layers in narrow.numbers("float64")]
    assert shown[0]["weights"] in weights


def test_a_network_in_its_own_process_sends_its_weights_along() -> None:
    named = Named(f"{Path(__file__).with_name('narrow.py')}:Frozen", precision="float32")
    judgement = Judgement(named, chosen("outputs_are_right"), Settings("quick"))
    judgement.load()
    judgement.judge(0)
    judgement.close()
    [row] = judgement.report.laws
    assert row.status == "holds"
    assert row.kinds["own weights"] >= 3


def test_a_network_that_takes_any_parameters_is_judged_at_its_own_too() -> None:
    rows = backproof.check(narrow.HasItsOwnWeights, profile="quick").laws
    assert {row.status for row in rows} == {"holds", "unsupported"}
    law = "outputs_are_right_within_rounding"
    [row] = backproof.check(narrow.HasItsOwnWeights, laws=law).laws
    assert row.kinds["own weights"] >= 3
    assert row.kinds["general position"] >= 3
    [row] = backproof.check(narrow.ForgetsABiasAtItsOwn, laws=law).laws
    assert row.status == "broken"


def having(**changes: Any) -> narrow.Frozen:
    """A frozen network with other declarations."""
    found = narrow.Frozen("float32")
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def _without(layers: Any) -> Any:
    return [[*layers[0][:1]], *layers[1:]]


def _turned(layers: Any) -> Any:
    return [[Layer(w.T, b) for w, b in layers[0]], *layers[1:]]


def _finer(layers: Any) -> Any:
    return [[Layer(w + np.float64(1e-12), b) for w, b in layers[0]], *layers[1:]]


def _infinite(layers: Any) -> Any:
    return [[Layer(w * np.inf, b) for w, b in layers[0]], *layers[1:]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: None, "has a frozen scope and no weights: give it `weights`, a list of layers"),
        (lambda w: w[:2], "has weights for 3 architectures, and gives 2 of them"),
        (lambda _: 7, "has weights for 3 architectures, and gives 7"),
        (
            _without,
            "weights[0]: parameters has 1 layers; widths=(3, 4, 2) need 2; give Layer(weights,",
        ),
        (_turned, "weights[0]: parameters[0].weights has shape (4, 3); widths=(3, 4, 2) need"),
        (_infinite, "weights[0]: parameters[0].weights[0, 0] is "),
        (_finer, "weights[0][0] has more digits than float32; give the numbers that the network"),
    ],
)
def test_weights_that_fit_no_architecture_are_refused(
    change: Callable[[Any], Any], said: str
) -> None:
    with pytest.raises(CannotLoad) as reason:
        backproof.check(having(weights=change(narrow.numbers("float32"))))
    assert said in str(reason.value)


def test_weights_without_architectures_are_refused() -> None:
    scope = replace(narrow.Frozen.scope, frozen=False, architectures=None)
    with pytest.raises(CannotLoad, match="has weights, and its scope no architectures"):
        backproof.check(having(scope=scope))


def test_weights_of_a_network_without_biases_may_have_none() -> None:
    bare = tuple(replace(a, biases=False) for a in narrow.FROZEN)

    class BareAndFrozen(narrow.Bare):
        scope = replace(narrow.Bare.scope, architectures=bare[:1], frozen=True)
        weights = ([Layer(w, None) for w, _ in narrow.numbers("float64")[0]],)

    laws = "outputs_are_right,the_gradient_is_the"
    rows = backproof.check(BareAndFrozen, laws=laws, profile="quick").laws
    assert [row.status for row in rows] == ["holds", "holds"]
