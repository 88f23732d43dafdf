"""No law breaks on a correct network, however it computes."""

from dataclasses import replace
from typing import Any

import pytest

from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.subjects.named import Named
from refnet import BFLOAT16, FLOAT16, FLOAT32
from refnet.rounding.precision import Precision
from tests.controls.odd import AnswersInASubclass, OtherForms, TanhMissesZero
from tests.controls.plain import PlainPython
from tests.controls.simulated import Simulated

WIDE = [
    replace(p, name=f"{p.name} summed in float32", accumulation=FLOAT32.unit)
    for p in (FLOAT16, BFLOAT16)
]
CONTROLS: list[tuple[str | Precision, str, int]] = [
    ("float64", "pairwise", 1),
    ("float32", "sequential", 0),
    ("float32", "fused", 1),
    ("float32", "descending", 2),
    ("float32", "flushed", 3),
    ("float32", "sloppy", 0),
    ("float32", "joined", 4),
    ("tf32", "blocked", 1),
    ("float16", "reversed", 0),
    ("bfloat16", "sequential", 1),
    (WIDE[0], "sequential", 2),
    (WIDE[1], "wide", 0),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c[0]}-{c[1]}"[:40])
def test_no_law_breaks_on_a_correct_network(control: tuple[str | Precision, str, int]) -> None:
    assert accused(Simulated(*control)) == {}


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_tanh_that_misses_zero_by_roundings_is_legal(precision: str) -> None:
    assert accused(TanhMissesZero(precision), "forward,gradient,steps,batches") == {}


@pytest.mark.parametrize(
    ("control", "laws"),
    [
        (PlainPython, "*"),
        (OtherForms, "optimizers,batches"),
        (AnswersInASubclass, "forward,gradient"),
    ],
)
def test_no_law_breaks_on_a_correct_network_of_another_kind(control: Any, laws: str) -> None:
    assert accused(control(), laws) == {}


def accused(subject: Any, laws: str = "*") -> dict[str, str | None]:
    """The laws that a correct network does not keep, with the reason."""
    judgement = Judgement(Named(subject), chosen(laws), Settings("quick", seed=5))
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    return {row.law: row.reason for row in judgement.report.laws if row.status not in LEGAL}


LEGAL = ("holds", "weak", "unsupported")
