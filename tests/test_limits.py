"""Detection limits: how small an error a law finds, and where that is said."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.cases.networks import networks
from backproof.judging.limits import known
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.laws.catalogue import laws
from backproof.mutants import Mutant, mixtures, mutants
from backproof.mutants.mixtures import Mixture, Of, finest, limit
from backproof.mutants.open import Open
from backproof.reports.limits import Limit, Limits
from backproof.subjects.messages import Call
from refnet.conventions import Conventions
from refnet.rounding.precision import PRESETS

ROUNDING = "outputs_are_right_within_rounding"
QUICK = Settings("quick")


class Doubled(Refnet):
    """Every output is twice what it should be, so that a share t is a relative error of t."""

    def forward(self, *arguments: Any) -> Any:
        return 2 * super().forward(*arguments)


class Enormous(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return super().forward(*arguments) + 1e100


def planted(made: type[Refnet]) -> Mutant:
    return Mutant(made.__name__, "It is wrong.", made, (ROUNDING,))


@pytest.mark.parametrize(("precision", "unit"), [("float64", 2.0**-53), ("float32", 2.0**-24)])
def test_an_error_a_little_above_rounding_is_found_and_none_below(
    precision: str, unit: float
) -> None:
    [law] = laws(ROUNDING)
    power = finest(law, Mixture(planted(Doubled), precision, "value"), QUICK)
    assert unit < 10.0**-power < 1000 * unit


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_mixture_lies_a_share_of_the_number_away_at_most(precision: str) -> None:
    mixture, right = Mixture(planted(Enormous), precision, "value"), Open(Refnet(precision))
    asked: list[Any] = []
    recipe = networks().strategy(Refnet.scope, PRESETS[precision], Conventions())
    ask(lambda case: asked.append(case), {"case": recipe}, examples=20, seed=3)
    for case in asked:
        call = Call(capability="forward", architecture=case.architecture,
                    parameters=case.parameters, inputs=case.inputs)  # fmt: skip
        mixture.share = 1e-3
        value, mixed = right.call(call).answer, mixture.call(call).answer
        assert np.array_equal(mixed.astype(precision), mixed, equal_nan=True)
        usual = np.isfinite(value) & (np.abs(value) > 1e-30)
        share = np.abs(mixed[usual] / value[usual] - 1)
        assert np.all((share > 0.999e-3) & (share < 1.001e-3))


def test_no_share_is_the_engine() -> None:
    [law] = laws(ROUNDING)
    assert finest(law, Mixture(planted(Refnet), "float64", "value"), QUICK) == -1


def test_where_0_is_right_any_error_is_found_and_the_mistake_is_not_cut() -> None:
    [law] = laws("a_zero_output_layer_sends_no_gradient_back")
    found = limit(law, "float64", "quick")
    assert found == Limit(share=1e-20, of="mistake", mutant="OutputLayerUpdatedFirst")
    assert "any error where 0 is right" in found.sentence()


def test_a_mutant_that_is_not_found_leaves_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    [law] = laws(ROUNDING)
    monkeypatch.setattr(mixtures, "own_mutant", lambda law: planted(Refnet))
    assert limit(law, "float64", "quick") is None


@pytest.mark.parametrize(
    ("share", "of", "words"),
    [
        (1e-14, "value", "relative errors from 1e-14 on, tried with X"),
        (1.0, "value", "no error smaller than the number itself, tried with X"),
        (1e-20, "mistake", "any error where 0 is right, tried with X"),
        (1e-6, "mistake", "1e-06 of a mistake that is larger than the number itself, tried with X"),
    ],
)
def test_a_limit_in_words(share: float, of: Of, words: str) -> None:
    assert Limit(share=share, of=of, mutant="X").sentence() == words


def test_every_law_has_been_measured() -> None:
    """`backproof teeth NAME --limits --json properties/backproof/judging/limits.json` does it."""
    names = {bug.name: bug.killers for bug in mutants()}
    assert set(known().laws) == {law.name for law in laws()}
    for law, found in known().laws.items():
        assert all(law in names[one.mutant] for one in found.values())


def test_a_default_run_says_what_it_rules_out() -> None:
    row = backproof.check(Refnet(), laws=ROUNDING).laws[0]
    assert row.limit == known().laws[ROUNDING]["float64"]
    row = backproof.check(Refnet("float32"), laws=ROUNDING).laws[0]
    assert row.limit == known().laws[ROUNDING]["float32"]


class Weaker(Refnet):
    def __init__(self) -> None:
        super().__init__()
        self.conventions = Conventions(loss_factor=2.0)


def test_what_was_not_measured_is_not_claimed() -> None:
    assert backproof.check(Refnet(), laws=ROUNDING, profile="quick").laws[0].limit is None
    assert backproof.check(Weaker(), laws=ROUNDING).laws[0].limit is None
    assert backproof.check(Doubled(), laws=ROUNDING).laws[0].limit is None


def command(*words: str) -> str:
    run = [sys.executable, "-P", "-m", "backproof", *words]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_explain_and_a_row_say_how_small_an_error_is_found() -> None:
    share = f"{known().laws[ROUNDING]['float64'].share:.0e}"
    assert f"finds in float64: relative errors from {share} on" in command("explain", ROUNDING)
    assert f"found a planted {share}" in command("check", "--laws", ROUNDING)


def test_limits_are_measured_beside_those_that_are_known(tmp_path: Path) -> None:
    file, law = tmp_path / "limits.json", "integer_networks_have_exact_outputs"
    printed = command("teeth", law, "--limits", "--jobs", "1", "--json", str(file))
    assert f"{law} in float32: relative errors from " in printed
    found = msgspec.json.decode(file.read_bytes(), type=Limits)
    assert found.laws == known().laws
