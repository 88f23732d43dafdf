"""Every law has teeth, and every planted bug is caught."""

import pytest

from backproof.judging import edges, run, search, survey
from backproof.judging.judgement import Judgement
from backproof.judging.law import Law
from backproof.judging.settings import Settings
from backproof.laws.catalogue import laws
from backproof.mutants import Mutant, mutants
from backproof.reports.row import Row
from backproof.reports.terminal import explained
from backproof.subjects.named import Named


@pytest.fixture(autouse=True)
def _to_the_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant has one fault: nobody looks for more of it."""
    monkeypatch.setattr(run, "other_faults", lambda search: ())
    monkeypatch.setattr(search, "SHRINK_SECONDS", 1.0)
    monkeypatch.setattr(survey, "EXAMPLES", 1)
    monkeypatch.setattr(edges, "MOST_SECONDS", 0.0)


def verdict(mutant: Mutant, law: Law) -> tuple[Row, str]:
    judgement = Judgement(Named(mutant.implementation()), [law], Settings("default", seed=1))
    judgement.load()
    judgement.judge(0)
    return judgement.report.laws[0], explained(judgement.report, 0)


KILLS = [
    pytest.param(mutant, law, id=f"{mutant.name}-{law.name}")
    for mutant in mutants()
    for law in laws()
    if law.name in mutant.killers
]


@pytest.mark.parametrize(("mutant", "law"), KILLS)
def test_a_law_kills_the_mutant_that_names_it(mutant: Mutant, law: Law) -> None:
    row, shown = verdict(mutant, law)
    assert row.status == "broken", row.reason
    assert row.findings[0].arguments
    assert "the smallest case:" in shown
    assert "observed" in shown


def test_every_law_kills_a_mutant() -> None:
    killers = {name for mutant in mutants() for name in mutant.killers}
    assert killers == {law.name for law in laws()}


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_says_its_mistake_in_one_sentence_and_names_a_killer(mutant: Mutant) -> None:
    assert mutant.mistake.endswith(".")
    assert ". " not in mutant.mistake
    assert bool(mutant.killers) != bool(mutant.equivalent)
