"""Networks as different people write them: each slip is found, and nothing else is."""

import pytest

from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.subjects.named import Named
from tests.written import Written
from tests.written.held import HELD
from tests.written.learn import LEARN

WRITTEN = pytest.mark.parametrize("written", [*LEARN, *HELD], ids=lambda w: w.name)

STAGES = {
    "forward": "outputs_are_right_within_rounding",
    "hidden": "outputs_are_right_within_rounding",
    "loss": "the_loss_is_the_mean_over_the_rows,saturated_logits",
    "gradient": "the_gradient_is_the_derivative_of_the_loss",
    "train": "gradient_descent_subtracts,an_epoch_takes,nesterov,adam,weight_decay",
    "evaluate": "evaluation",
    "fit": "a_fit",
    "initialize": "weights_start",
}
"""The laws that judge each stage by value."""


@WRITTEN
def test_without_its_slip_a_network_keeps_the_laws(written: Written) -> None:
    assert accused(written, f"{STAGES[written.stage]},{STAGES['gradient']}", slip=False) == {}


@WRITTEN
def test_a_slip_breaks_a_law_of_its_stage(written: Written) -> None:
    assert accused(written, STAGES[written.stage], slip=True) != {}


def test_the_networks_are_ten_and_ten_with_names_and_slips_of_their_own() -> None:
    both = [*LEARN, *HELD]
    assert len(LEARN) == len(HELD) == 10
    for field in ("name", "implementation", "slip"):
        assert len({getattr(written, field) for written in both}) == len(both)


def accused(written: Written, laws: str, slip: bool) -> dict[str, str | None]:
    """The laws that the network does not keep, with the reason."""
    subject = Named(written.implementation(slip=slip))
    judgement = Judgement(subject, chosen(laws), Settings("quick", seed=3))
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    rows = judgement.report.laws
    return {row.law: row.reason for row in rows if row.status in ("broken", "error", "internal")}
