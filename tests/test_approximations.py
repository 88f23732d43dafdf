"""What the laws on approximation draw is what they claim, and a scope that lacks it is told so."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.cases.bottlenecks import BEST, Bottlenecks
from backproof.cases.recipe import Recipe
from backproof.cases.ridges import SumsOfRidges
from backproof.cases.sawtooths import DEEP, KINDS, Sawtooths
from backproof.cases.smooth import SmoothFunctions
from backproof.cases.subsamples import Subsamples
from backproof.contract import Scope
from backproof.judging.questions import ask
from backproof.mutants.approximation import TemperatureOfTwo
from refnet import FLOAT64, forward
from refnet.conventions import STRICT


def drawn(recipe: Recipe, examples: int = 60, scope: Scope = Refnet.scope) -> list[Any]:
    found: list[Any] = []
    strategy = recipe.strategy(scope, FLOAT64, STRICT)
    ask(lambda one: found.append(one), {"one": strategy}, examples=examples, seed=3)
    return found


def test_the_floor_is_what_the_singular_value_decomposition_leaves() -> None:
    for one in drawn(Bottlenecks()):
        points, units = one.case.inputs, one.case.architecture.widths[1]
        values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        assert one.floor == pytest.approx(np.sum(values[units:] ** 2), rel=1e-12)
        assert one.floor > 0
        assert one.best == (one.case.kind == BEST)


def test_every_depth_is_folded_and_no_layer_has_units_enough() -> None:
    cases = drawn(Sawtooths())
    deep = {one.case.architecture.hidden_layers for one in cases if one.case.kind == DEEP}
    assert deep == set(range(1, 9))
    for one in cases:
        if not one.exact:
            assert one.case.architecture.widths[1] < len(one.case.inputs) - 2
            assert set(one.wanted[:, 0]) == {0.0, 1.0}


def test_the_draw_that_is_asked_is_within_twice_the_mean() -> None:
    for one in drawn(Subsamples()):
        outputs = [logits(case) for case in (one.wide, one.few)]
        assert np.mean((outputs[0] - outputs[1]) ** 2) <= 2 * one.mean
        weights = [np.sum(np.abs(case.parameters[1].weights)) for case in (one.wide, one.few)]
        assert weights[0] == weights[1]


def logits(case: Any) -> Any:
    straight = replace(case.architecture, output="identity", loss="squared_error")
    return forward(straight, case.parameters, case.inputs)


@pytest.mark.parametrize("recipe", [SmoothFunctions(), SumsOfRidges()], ids=["smooth", "ridges"])
def test_steep_units_are_dyadic(recipe: Recipe) -> None:
    for one in drawn(recipe):
        for part in one.case.parameters[0]:
            np.testing.assert_array_equal(part * 2.0**12, np.round(part * 2.0**12))


class Narrow(Refnet):
    """The engine with few units and few rows."""

    scope = replace(Refnet.scope, widths=(1, 2), rows=(1, 3), hidden_layers=(0, 1))


NEEDS = {
    "a_bottleneck_of_k_units": "the law needs 4, 5, 8 or 16 rows, and networks of 2 to 4 features",
    "sums_of_ridges": "the law needs two to five features, 8 hidden units and one output",
    "smooth_functions": "the law needs one feature, eight hidden units and one output",
    "a_few_units": "the law needs hidden layers of 4 and of 8 units, and one output",
}


@pytest.mark.parametrize("law", NEEDS)
def test_a_scope_that_has_no_such_network_is_told_so(law: str) -> None:
    [row] = backproof.check(Narrow, laws=law, profile="quick").laws
    assert row.status == "unsupported"
    assert NEEDS[law] in (row.reason or "")


def test_the_deep_sawtooth_is_asked_of_few_rows_and_a_single_layer() -> None:
    [row] = backproof.check(Narrow, laws="depth_doubles", profile="quick").laws
    assert (row.status, set(row.kinds) & set(KINDS)) == ("holds", {DEEP})


class SigmoidsHalfAsSteep(TemperatureOfTwo):
    """The mutant without ReLU units."""

    scope = replace(Refnet.scope, activations=("sigmoid",))


def test_steepness_matters_to_smooth_functions_and_not_to_continuous_ones() -> None:
    laws = "sums_of_sigmoids,smooth_functions"
    report = backproof.check(SigmoidsHalfAsSteep, laws=laws, profile="quick")
    assert [row.status for row in report.laws] == ["holds", "broken"]
