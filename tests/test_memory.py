"""How large a case may be follows from the memory that there is."""

from dataclasses import replace
from typing import Any

import pytest

from backproof.adapters.refnet import Refnet
from backproof.cases import machine, memory
from backproof.cases.memory import TooLarge, largest, size, usual_size
from backproof.cases.networks import networks
from backproof.cases.space import Space
from backproof.cases.structures import larger
from backproof.contract import Architecture, Scope
from backproof.judging import run
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.subjects.failures import CannotLoad
from backproof.subjects.named import Named
from refnet.rounding.precision import PRESETS

HEADS = (("sigmoid", "cross_entropy"), ("softmax", "cross_entropy"))
HUGE = Architecture((10**6, 10**6, 1), "tanh", "sigmoid", "cross_entropy")


@pytest.fixture(autouse=True)
def _a_machine_of_eight_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory", lambda: 8 * 2**30)


def space(**sizes: Any) -> Space:
    scope = Scope(activations=("tanh",), heads=HEADS, **sizes)
    return networks().space(scope, PRESETS["float64"])


def test_a_scope_without_limits_is_drawn_from_as_if_memory_had_none() -> None:
    usual = space()
    assert (usual.features, usual.rows, usual.hidden_layers) == ((1, 64), (1, 64), (0, 3))
    assert {name: max(sizes) for name, sizes in larger(usual).items()} == {
        "features": 1000, "hidden_widths": 1000, "rows": 1000, "outputs": 12, "hidden_layers": 6,
    }  # fmt: skip


@pytest.mark.parametrize(
    "sizes",
    [
        {"widths": (400, None)},
        {"widths": (1200, None)},
        {"widths": (10**5, 10**5)},
        {"rows": (10**5, None)},
        {"outputs": (3000, None), "softmax_outputs": (3000, None)},
        {"hidden_layers": (3000, None)},
        {"widths": (1000, 1000), "rows": (200, None)},
        {"architectures": (Architecture((900, 900, 1), "tanh", "sigmoid", "cross_entropy"),)},
    ],
)
def test_what_is_drawn_fits_where_the_least_does(sizes: dict[str, Any]) -> None:
    found = space(**sizes)
    if found.architectures is None:
        assert usual_size(found, 1) <= largest()
    for name, large in larger(found).items():
        fixed, instead = found.architectures or (), {name: (large[-1],) * 2}
        assert all(size(a.widths, large[-1]) <= largest() for a in fixed)
        assert fixed or usual_size(replace(found, **instead), 0) <= largest()  # type: ignore


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"widths": (10**7, 10**7)}, "widths=(10000000, 2) with 1 row takes 229 MiB"),
        ({"rows": (10**9, None)}, "widths=(1, 2) with 1,000,000,000 rows takes 22.4 GiB"),
        ({"architectures": (HUGE,)}, "widths=(1000000, 1000000, 1) with 1 row takes 7.28 TiB"),
        ({"hidden_layers": (10**12, None)}, "a network of 1,048,577 layers with 1 row takes"),
    ],
)
def test_a_scope_that_begins_too_large_cannot_be_judged(sizes: dict[str, Any], words: str) -> None:
    class TooLargeForHere(Refnet):
        scope = Scope(activations=("tanh",), heads=HEADS, **sizes)

    with pytest.raises(TooLarge):
        space(**sizes)
    with pytest.raises(CannotLoad) as reason:
        Judgement(Named(TooLargeForHere), chosen("forward"), Settings("quick")).load()
    assert words in str(reason.value)
    assert "let the scope begin with smaller sizes" in str(reason.value)


def test_a_law_that_needs_larger_networks_than_the_others_is_unsupported() -> None:
    with pytest.raises(TooLarge, match="with 1 row takes"):
        networks(hidden_layers=(1, None)).space(
            Scope(activations=("tanh",), heads=HEADS, widths=(10**5, 10**5)), PRESETS["float64"]
        )


def test_memory_that_is_lacking_is_no_fault_of_backproof(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(run, "_judge", full)
    judgement = Judgement(Named(Refnet), chosen("networks_compose"), Settings("quick"))
    judgement.load()
    judgement.judge(0)
    (row,) = judgement.report.laws
    assert (row.status, row.findings) == ("unfinished", [])
    assert "the judge has no more memory for networks of this size" in (row.reason or "")


def test_memory_is_that_of_the_container_if_it_is_less(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1048576\n")
    monkeypatch.setattr(machine, "_CONTAINERS", (str(limit), str(tmp_path / "absent")))
    assert machine.memory.__wrapped__() == 2**20
    limit.write_text("max\n")
    assert machine.memory.__wrapped__() > 2**20
