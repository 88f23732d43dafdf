"""What is drawn covers what a scope declares: large sizes too, and a given network of any size."""

from dataclasses import replace
from typing import Any

import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.cases.case import Case
from backproof.cases.networks import networks
from backproof.cases.structures import LARGE
from backproof.cases.xor import XorNetworks
from backproof.judging.questions import ask
from refnet.architecture import Architecture
from refnet.conventions import STRICT
from refnet.rounding.precision import FLOAT64

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
    """Half of its cases are solutions, so that few are left for eleven kinds."""
    recipe, kinds = XorNetworks(), list[str]()
    strategy = recipe.strategy(Refnet.scope, FLOAT64, STRICT)
    ask(lambda points: kinds.append(points.case.kind), {"points": strategy}, examples=25, seed=seed)
    assert {*kinds} >= {*recipe.kinds, "two hidden units"}
