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
from tests.controls.odd import AnswersInASubclass, OtherForms, RoundedStarts, TanhMissesZero
from tests.controls.plain import PlainPython
from tests.controls.simulated import Simulated
from tests.effort import THOROUGH

WIDE = [
    replace(p, name=f"{p.name} summed in float32", accumulation=FLOAT32.unit)
    for p in (FLOAT16, BFLOAT16)
]
EVERY, EVEN, ODD = slice(None), slice(0, None, 2), slice(1, None, 2)
"""A control judges every second law, its neighbour the others; in a thorough test each all."""

CONTROLS: list[tuple[str | Precision, str, int, slice]] = [
    ("float64", "pairwise", 1, EVERY),
    ("float32", "sequential", 0, EVEN),
    ("float32", "fused", 1, ODD),
    ("float32", "descending", 2, EVEN),
    ("float32", "flushed", 3, ODD),
    ("float32", "sloppy", 0, EVEN),
    ("float32", "joined", 4, ODD),
    ("tf32", "blocked", 1, EVERY),
    ("float16", "reversed", 0, ODD),
    ("bfloat16", "sequential", 1, EVEN),
    (WIDE[0], "sequential", 2, ODD),
    (WIDE[1], "wide", 0, ODD),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c[0]}-{c[1]}"[:40])
def test_no_law_breaks_on_a_correct_network(
    control: tuple[str | Precision, str, int, slice],
) -> None:
    precision, way, seed, which = control
    assert accused(Simulated(precision, way, seed), which=which) == {}


@pytest.mark.parametrize(("precision", "which"), [("float64", EVEN), ("float32", ODD)])
def test_a_tanh_that_misses_zero_by_roundings_is_legal(precision: str, which: slice) -> None:
    laws = "forward,gradient,steps,batches"
    assert accused(TanhMissesZero(precision), laws, which) == {}


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_starts_that_are_rounded_to_half_precision_are_legal(precision: str) -> None:
    assert accused(RoundedStarts(precision), "initialization") == {}


@pytest.mark.parametrize(
    ("control", "laws", "which"),
    [
        (PlainPython, "*", EVEN),
        (OtherForms, "optimizers,batches", EVERY),
        (AnswersInASubclass, "forward,gradient", ODD),
    ],
)
def test_no_law_breaks_on_a_correct_network_of_another_kind(
    control: Any, laws: str, which: slice
) -> None:
    assert accused(control(), laws, which) == {}


@pytest.mark.parametrize("seed", range(3))
def test_no_target_overflows_in_half_precision_where_hubers_delta_is_large(seed: int) -> None:
    (law,) = chosen("huber_is")
    judgement = Judgement(Named(Simulated("float16", "reversed", 0)), [law], Settings(seed=seed))
    judgement.load()
    judgement.judge(0)
    assert judgement.report.laws[0].status == "holds", judgement.report.laws[0].reason


def accused(subject: Any, laws: str = "*", which: slice = EVERY) -> dict[str, str | None]:
    """The laws that a correct network does not keep, with the reason."""
    found = chosen(laws)[EVERY if THOROUGH else which]
    judgement = Judgement(Named(subject), found, Settings("quick", seed=5))
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    return {row.law: row.reason for row in judgement.report.laws if row.status not in LEGAL}


LEGAL = ("holds", "weak", "unsupported")
