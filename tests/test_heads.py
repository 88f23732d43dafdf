"""Conventions that differ from head to head: declared, refused, printed, judged and recognised."""

from typing import Any

import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.contract import Declared, Scope, conventions_of
from backproof.subjects.failures import CannotLoad
from backproof.subjects.local import Local
from backproof.subjects.subject import Subject, declared
from refnet.architecture import ACTIVATIONS, Architecture
from refnet.conventions import STRICT, Conventions
from refnet.rounding.precision import FLOAT64

SIGMOID, SOFTMAX = ("sigmoid", "cross_entropy"), ("softmax", "cross_entropy")
REAL, HUBER = ("identity", "squared_error"), ("identity", "huber")
HEADS = (SIGMOID, SOFTMAX, REAL, HUBER)

MEANT = {
    SIGMOID: Conventions(reduction="mean over elements", leaky_slope=0.25),
    SOFTMAX: Conventions(reduction="sum", loss_factor=0.7, leaky_slope=0.25),
    REAL: Conventions(
        reduction="mean over outputs", gradient_reduction="mean", squared_error=1.0,
        leaky_slope=0.25,
    ),
    HUBER: Conventions(leaky_slope=0.25, huber="smooth_l1"),
}  # fmt: skip


class ByHead(Refnet):
    """The engine, which means what it declares, unless `means` says otherwise."""

    scope = Scope(
        activations=ACTIVATIONS,
        heads=HEADS,
        optimizers=("gradient_descent",),
        l2=True,
        sample_weights=True,
        label_smoothing=True,
    )
    means: Declared | None = None

    def __init__(self, conventions: Declared = MEANT) -> None:
        super().__init__()
        self.conventions = conventions

    def _means(self, architecture: Architecture) -> Conventions:
        return conventions_of(self.means or self.conventions, architecture.head)


@pytest.mark.parametrize(
    ("conventions", "words"),
    [
        (
            {head: STRICT for head in HEADS if head != REAL},
            "the conventions of ('identity', 'squared_error') are missing, and it is in the scope; "
            "give Conventions for each head, or once for all of them",
        ),
        (MEANT | {("softmax", "poisson"): STRICT}, "conventions of ('softmax', 'poisson'): choose"),
        (MEANT | {REAL: "sum"}, "the conventions of ('identity', 'squared_error') are 'sum'; give"),
        ("sum", "conventions='sum'; give Conventions, or a mapping with one for each head"),
    ],
)
def test_a_head_without_conventions_is_refused_when_loading(conventions: Any, words: str) -> None:
    with pytest.raises(CannotLoad) as refused:
        Local(ByHead(conventions))
    assert words in str(refused.value)


def test_what_is_the_same_for_all_heads_is_printed_once_and_the_rest_by_head() -> None:
    assert declared(Subject(Local(ByHead())).conventions, FLOAT64) == [
        "leaky_slope=0.25",
        "reduction='mean over elements' of sigmoid with cross_entropy",
        "reduction='sum' of softmax with cross_entropy",
        "loss_factor=0.7 of softmax with cross_entropy",
        "reduction='mean over outputs' of identity with squared_error",
        "squared_error=1.0 of identity with squared_error",
        "gradient_reduction='mean' of identity with squared_error",
        "huber='smooth_l1' of identity with huber",
    ]
    alike = dict.fromkeys(HEADS, Conventions(reduction="sum"))
    assert declared(alike, FLOAT64) == ["reduction='sum'"]
    two = alike | {REAL: STRICT, HUBER: STRICT}
    both = "sigmoid with cross_entropy and softmax with cross_entropy"
    assert declared(two, FLOAT64) == [f"reduction='sum' of {both}"]


def test_no_law_breaks_on_the_engine_under_conventions_of_each_head() -> None:
    report = backproof.check(ByHead, profile="quick")
    assert {row.law: row.reason for row in report.laws if row.status in BROKEN} == {}
    assert report.subject.declared[0] == "leaky_slope=0.25"


BROKEN = ("broken", "error", "internal", "vacuous")


def test_conventions_of_each_head_go_through_a_process() -> None:
    report = backproof.check(f"{__file__}:ByHead", laws="the_gradient_is", profile="quick")
    assert report.laws[0].status == "holds"
    assert "huber='smooth_l1' of identity with huber" in report.subject.declared


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("conventions", "means", "hint"),
    [
        (STRICT, Conventions(reduction="sum"), "Conventions(reduction='sum')"),
        (
            STRICT,
            Conventions(reduction="mean over elements"),
            "Conventions(reduction='mean over elements')",
        ),
        (
            STRICT,
            dict.fromkeys(HEADS, STRICT) | {REAL: Conventions(reduction="mean over outputs")},
            "Conventions(reduction='mean over outputs') of identity with squared_error",
        ),
        (
            MEANT,
            MEANT | {SOFTMAX: Conventions(reduction="mean", loss_factor=0.7, leaky_slope=0.25)},
            "Conventions(reduction='mean') of softmax with cross_entropy",
        ),
    ],
)
def test_an_undeclared_convention_is_named_with_the_head_that_lacks_it(
    conventions: Declared, means: Declared, hint: str
) -> None:
    subject = ByHead(conventions)
    subject.means = means
    row = backproof.check(subject, laws="the_loss_is_the_mean").laws[0]
    assert (row.status, row.findings[0].hint) == ("broken", hint)
