"""What is drawn covers what a scope declares: large sizes too, and a given network of any size."""

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.cases.case import Case
from backproof.cases.networks import networks
from backproof.cases.parts import apart
from backproof.cases.recipe import Recipe
from backproof.cases.structures import LARGE
from backproof.cases.xor import XorNetworks
from backproof.judging.questions import ask
from refnet import balls
from refnet.architecture import Architecture
from refnet.conventions import STRICT
from refnet.rounding.precision import FLOAT64, PRESETS, Precision

LAWS = "outputs_are_right,the_loss_is_the_mean,the_gradient_is_the_derivative"

GIVEN = [
    Architecture((10, 16, 5), "tanh", "softmax", "cross_entropy"),
    Architecture((65, 8, 3), "relu", "softmax", "cross_entropy"),
    Architecture((4, 8, 10), "relu", "identity", "squared_error"),
    Architecture((784, 128, 10), "relu", "softmax", "cross_entropy"),
    Architecture((3, 4, 4, 1), ("tanh", "relu"), "sigmoid", "cross_entropy"),
    Architecture((3, 4, 1), "tanh", "sigmoid", "cross_entropy", dropout=0.5),
]


@pytest.mark.parametrize("given", GIVEN, ids=lambda a: f"{a.widths}-{a.dropout}")
def test_a_given_network_is_judged_whatever_its_size(given: Architecture) -> None:
    class Frozen(Refnet):
        scope = replace(Refnet.scope, architectures=(given,))

    rows = backproof.check(Frozen, laws=LAWS, profile="quick").laws
    assert [row.status for row in rows] == ["holds"] * 3


def test_no_law_fails_inside_on_a_given_network_of_mixed_units_or_with_dropout() -> None:
    for given in GIVEN[-2:]:

        class Frozen(Refnet):
            scope = replace(Refnet.scope, architectures=(given,))

        report = backproof.check(Frozen, profile="quick")
        assert {row.status for row in report.laws} <= {"holds", "unsupported"}


def test_what_no_given_network_fits_is_said() -> None:
    class Frozen(Refnet):
        scope = replace(Refnet.scope, architectures=(replace(GIVEN[0], l2=0.5),))

    [row] = backproof.check(Frozen, laws="renumbering", profile="quick").laws
    assert row.status == "unsupported"
    assert row.reason == (
        "none of the scope's architectures fits: "
        "its l2 is 0.5, and the law is about networks without a penalty"
    )


def test_each_size_is_large_in_turn_and_the_others_are_small() -> None:
    met: set[tuple[str, int]] = set()

    def look(case: Case) -> None:
        if case.kind != "large":
            return
        a = case.architecture
        sizes = {
            "features": a.widths[0],
            "hidden_widths": max(a.widths[1:-1], default=1),
            "rows": len(case.inputs),
            "outputs": a.widths[-1],
            "hidden_layers": a.hidden_layers,
        }
        large = [(name, size) for name, size in sizes.items() if size in LARGE[name]]
        assert len(large) == 1
        met.update(large)

    strategy = networks().strategy(Refnet.scope, FLOAT64, STRICT)
    ask(look, {"case": strategy}, examples=400, seed=0)
    assert met == {(name, size) for name, sizes in LARGE.items() for size in sizes}


def test_a_scope_with_limits_is_kept() -> None:
    scope = replace(Refnet.scope, widths=(1, 8), rows=(1, 40), outputs=(1, 2), hidden_layers=(0, 1))
    recipe = networks()
    kinds: set[str] = set()

    def look(case: Case) -> None:
        kinds.add(case.kind)
        assert max(case.architecture.widths) <= 8
        assert len(case.inputs) <= 40

    ask(look, {"case": recipe.strategy(scope, FLOAT64, STRICT)}, examples=100, seed=0)
    assert "large" not in kinds
    assert "large" not in recipe.requires(scope, FLOAT64, STRICT)
    assert "large" in recipe.requires(Refnet.scope, FLOAT64, STRICT)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"exp_error": 1e13}, "precision.exp_error=10000000000000.0"),
        ({"underflow": 1e-6}, "precision.underflow=1e-06"),
        ({"largest": 40.0}, "precision.largest=40.0"),
        ({"sums": 2.0**-24}, "precision.sums=5.960464477539063e-08"),
        ({"relative": ("tanh",)}, "precision.relative=('tanh',)"),
        ({"name": "float64 summed in float32", "accumulation": 2.0**-24}, "precision.accumulation"),
    ],
)
def test_every_promise_that_is_not_the_presets_is_printed(
    changed: dict[str, Any], said: str
) -> None:
    class Promises(Refnet):
        def __init__(self) -> None:
            super().__init__()
            self.precision = replace(FLOAT64, **changed)

    [found] = backproof.check(Promises, laws="xor", profile="quick").subject.declared
    assert found.startswith(said)


def test_a_preset_declares_nothing() -> None:
    assert backproof.check(Refnet, laws="xor", profile="quick").subject.declared == []


@pytest.mark.parametrize("seed", range(30))
def test_the_kinds_of_xor_come_up_in_a_short_run(seed: int) -> None:
    """Half of its cases are solutions, so that few are left for twelve kinds."""
    recipe, kinds = XorNetworks(), list[str]()
    strategy = recipe.strategy(Refnet.scope, FLOAT64, STRICT)
    ask(lambda points: kinds.append(points.case.kind), {"points": strategy}, examples=25, seed=seed)
    assert {*kinds} >= {*recipe.kinds, "two hidden units"}


GRADIENT = networks(mixed=True, sweep=True)
"""The recipe of the law on the gradient."""

KINDS = ("zeros", "small integers", "general position", "large", "sweep")
"""Those that it requires where no weights are given."""


def drawn(examples: int, seed: int, recipe: Recipe = GRADIENT, **scope: Any) -> list[Case]:
    cases: list[Case] = []
    declared = replace(Refnet.scope, **scope), FLOAT64, STRICT
    strategy = recipe.strategy(*declared)
    ask(lambda case: cases.append(case), {"case": strategy}, examples=examples, seed=seed)
    return cases


def pairs(cases: list[Case]) -> set[tuple[str, str]]:
    return {(case.kind, name) for case in cases for name in case.architecture.activations}


@pytest.mark.parametrize("seed", range(4))
def test_a_short_run_meets_each_activation_head_and_required_kind(seed: int) -> None:
    met = {name for case in drawn(25, seed) for name in case.met}
    assert met >= {*GRADIENT.requires(Refnet.scope, FLOAT64, STRICT)}


@pytest.mark.parametrize("seed", range(4))
def test_a_run_meets_each_activation_with_each_required_kind_and_each_name_five_times(
    seed: int,
) -> None:
    times = Counter(name for case in drawn(100, seed) for name in case.met)
    assert all(times[name] >= 5 for name in GRADIENT.requires(Refnet.scope, FLOAT64, STRICT))
    assert pairs(drawn(100, seed)) >= set(product(KINDS, Refnet.scope.activations))


def test_each_head_and_each_activation_is_swept_once() -> None:
    swept = [case.architecture for case in drawn(100, 0) if case.kind == "sweep"]
    bare = {a.head for a in swept if not a.hidden_layers}
    assert bare == set(Refnet.scope.heads)
    assert {name for a in swept for name in a.activations} == set(Refnet.scope.activations)
    assert len(swept) <= len(Refnet.scope.heads) + len(Refnet.scope.activations) + 1


@pytest.mark.parametrize("seed", range(3))
def test_the_laws_that_take_networks_apart_meet_as_much(seed: int) -> None:
    recipe = apart(hidden_layers=(1, None))
    met = pairs(drawn(100, seed, recipe))
    assert met >= set(product(KINDS[:4], Refnet.scope.activations))


@pytest.mark.parametrize("precision", PRESETS.values(), ids=lambda p: p.name)
def test_a_sweep_has_exact_logits_and_a_bound_everywhere(precision: Precision) -> None:
    def look(case: Case) -> None:
        a, z = case.architecture, case.inputs[:, 0]
        assert np.array_equal(precision.round(z), z)
        assert np.count_nonzero(case.parameters[0].weights) == 1
        assert case.parameters[0].weights[0, 0] == 1
        assert np.all(np.isfinite(balls.forward(a, case.parameters, case.inputs, precision).radius))
        for layer in balls.gradient(case.problem(STRICT), precision):
            assert all(np.all(np.isfinite(part.radius)) for part in layer)

    strategy = networks(kinds=("sweep",)).strategy(Refnet.scope, precision, STRICT)
    ask(look, {"case": strategy}, examples=40, seed=0)


def test_few_rows_get_the_grid_in_parts() -> None:
    whole, parts = (
        [case.inputs for case in drawn(40, 0, networks(kinds=("sweep",)), rows=rows)]
        for rows in ((1, None), (1, 30))
    )
    assert max(map(len, parts)) == 30
    assert set(np.abs(np.concatenate(parts)).flat) == set(np.abs(np.concatenate(whole)).flat)


def test_uneven_weights_have_a_zero_and_a_row_that_outweighs_all_others() -> None:
    cases = drawn(60, 0, networks(kinds=("uneven weights",)))
    for weights in (case.sample_weights for case in cases):
        assert weights is not None
        heaviest = weights.max()
        assert heaviest > weights.sum() - heaviest
        assert 0 in weights or len(weights) == 1


def test_no_simpler_case_has_weights_that_are_all_0() -> None:
    """There is no mean of rows that do not count, and the engine refuses to take one."""
    cases = drawn(6, 0, networks(kinds=("uneven weights",)))
    simpler = [one for case in cases for one in case.simpler() if one.sample_weights is not None]
    assert len(simpler) > 100
    assert all(np.any(one.sample_weights) for one in simpler)


def test_soft_targets_lie_between_0_and_1_and_those_of_a_softmax_sum_to_1() -> None:
    cases = drawn(60, 0, networks(kinds=("soft targets",)))
    assert {case.architecture.output for case in cases} == {"sigmoid", "softmax"}
    for case in cases:
        assert np.all((case.targets >= 0) & (case.targets <= 1))
        if case.architecture.output == "softmax":
            assert np.all(case.targets.sum(axis=1) == 1)
    between = [case for case in cases if np.any((case.targets > 0) & (case.targets < 1))]
    assert len(between) > len(cases) / 2


def test_kinds_that_a_scope_has_no_room_for_are_not_drawn() -> None:
    narrow = {"soft_targets": False, "sample_weights": False, "hidden_layers": (0, 0)}
    cases = drawn(100, 0, GRADIENT, **narrow)
    kinds = {case.kind for case in cases}
    assert not kinds & {"soft targets", "uneven weights", "saturated units"}
    for case in cases:
        hard = case.architecture.output in ("sigmoid", "softmax")
        assert not hard or {*case.targets.flat} <= {0.0, 1.0}


def test_a_given_network_is_swept_too() -> None:
    kinds = {case.kind for case in drawn(100, 0, architectures=tuple(GIVEN[:2]))}
    assert "sweep" in kinds
