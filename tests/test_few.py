"""Where every new shape is dear, a run asks for few: whole networks, from a pool of a dozen."""

from dataclasses import replace
from typing import Any

import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.cases.networks import networks
from backproof.cases.pool import Shape, made
from backproof.contract import Scope
from refnet.architecture import Architecture
from refnet.functions.gated import GELU_ERF
from refnet.rounding.precision import FLOAT64

ORDINARY = replace(
    Refnet.scope,
    activations=("tanh", "relu"),
    heads=(
        ("sigmoid", "cross_entropy"),
        ("softmax", "cross_entropy"),
        ("identity", "squared_error"),
    ),
    mixed_activations=False,
    shapes="few",
)


class Compiles(Refnet):
    """The engine, which remembers every shape that it has been asked for."""

    def __init__(self, scope: Scope = ORDINARY) -> None:
        super().__init__()
        self.scope, self.shapes = scope, set[tuple[Architecture, int]]()

    def _trace(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        self.shapes.add((architecture, len(inputs)))
        return super()._trace(architecture, parameters, inputs)

    def _problem(self, architecture: Any, parameters: Any, inputs: Any, *rest: Any) -> Any:
        self.shapes.add((architecture, len(inputs)))
        return super()._problem(architecture, parameters, inputs, *rest)

    def train(self, architecture: Any, parameters: Any, inputs: Any, *rest: Any) -> Any:
        self.shapes.add((architecture, len(inputs)))
        return super().train(architecture, parameters, inputs, *rest)

    def fit(self, architecture: Any, inputs: Any, *rest: Any) -> Any:
        self.shapes.add((architecture, len(inputs)))
        return super().fit(architecture, inputs, *rest)


class WrongGelu(Compiles):
    """Every gelu is a thousandth too large."""

    def apply(self, operation: Any, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result * 1.001 if operation is GELU_ERF.value else result


def pool(scope: Scope, seed: int) -> tuple[Shape, ...]:
    """The pool of a run."""
    return made(networks(mixed=True).space(replace(scope, shapes="any"), FLOAT64), seed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scope", [ORDINARY, replace(Refnet.scope, shapes="few")])
def test_a_pool_has_every_head_activation_and_a_few_depths(scope: Scope, seed: int) -> None:
    shapes = pool(scope, seed)
    assert 12 <= len(shapes) <= 26
    assert {s.architecture.head for s in shapes} == {*scope.heads}
    assert {name for s in shapes for name in s.architecture.activations} == {*scope.activations}
    assert {s.architecture.hidden_layers for s in shapes} == {0, 1, 2, 3}
    assert any(s.architecture.l2 for s in shapes)
    assert {s.architecture.label_smoothing for s in shapes} == {0, 0.125}
    assert [s.large for s in shapes].count(True) == 2


def test_the_seed_and_the_scope_decide_the_pool() -> None:
    assert pool(ORDINARY, 3) == pool(ORDINARY, 3)
    assert pool(ORDINARY, 3) != pool(ORDINARY, 4)


def test_a_whole_run_asks_for_few_shapes_and_breaks_no_law() -> None:
    subject = Compiles()
    report = backproof.check(subject, profile="quick")
    assert {row.status for row in report.laws} == {"holds", "unsupported"}
    assert report.count("holds") >= 44
    assert len(subject.shapes) <= 60


def test_laws_that_need_no_shape_of_their_own_draw_from_the_pool_alone() -> None:
    subject = Compiles()
    laws = "outputs_are_right,the_gradient_is_the,gradients_match,every_call,descent_subtracts"
    assert backproof.check(subject, laws=laws, profile="quick", seed=2).count("holds") == 5
    assert subject.shapes == {(s.architecture, s.rows) for s in pool(ORDINARY, 2)}


@pytest.mark.parametrize("seed", range(5))
def test_a_fault_is_found_among_few_shapes_and_explained_by_no_other(seed: int) -> None:
    scope = replace(Refnet.scope, shapes="few")
    subject = WrongGelu(scope)
    [row] = backproof.check(subject, laws="outputs_are_right", seed=seed).laws
    assert row.status == "broken"
    assert subject.shapes <= {(s.architecture, s.rows) for s in pool(scope, seed)}


def test_a_given_network_is_given_few_numbers_of_rows() -> None:
    given = Architecture((3, 4, 2), "tanh", "softmax", "cross_entropy")
    subject = Compiles(replace(ORDINARY, architectures=(given,)))
    laws = "outputs_are_right,the_gradient_is_the"
    assert backproof.check(subject, laws=laws, profile="quick").count("holds") == 2
    assert subject.shapes == {(given, 4), (given, 128)}


def test_narrow_ranges_are_kept() -> None:
    scope = replace(ORDINARY, widths=(6, 7), rows=(3, 3), outputs=(6, 6), hidden_layers=(1, 2))
    for shape in pool(scope, 0):
        assert {*shape.architecture.widths} <= {6, 7}
        assert shape.rows == 3
        assert shape.architecture.hidden_layers in (1, 2)
