"""Each status is given where it should be, in the order of precedence."""

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from backproof.adapters.refnet import Refnet
from backproof.cases.case import Case
from backproof.cases.kinds import KINDS
from backproof.cases.networks import networks
from backproof.contract import NotSupported, Scope
from backproof.judging.judge import near
from backproof.judging.judgement import Judgement
from backproof.judging.law import Law, law
from backproof.judging.settings import Settings
from backproof.reports.report import Document, Report, Row, exit_status, json_schema
from backproof.subjects.named import Named
from backproof.subjects.subject import Subject
from refnet.architecture import ACTIVATIONS, HEADS

DOCUMENTED = """A statement.

    Why:       because.
    Tolerance: none.
    Catches:   nothing.
    Source:    none.
    """


def made(check: Any, **recipes: Any) -> Law:
    check.__doc__ = DOCUMENTED
    check.__name__ = "a_law_of_the_test"
    return law(needs="forward", **(recipes or {"case": networks()}))(check)


def verdict(made: Law, subject: Any = Refnet, **more: Any) -> Row:
    judgement = Judgement(Named(subject), [made], Settings(**more))
    judgement.load()
    judgement.judge(0)
    judgement.close()
    return judgement.report.laws[0]


def right(subject: Subject, case: Case) -> None:
    answer = subject.forward(case)
    near(answer.value, answer.expected, answer.radius)


def test_holds() -> None:
    row = verdict(made(right))
    assert row.status == "holds"
    assert row.judged > 100
    assert set(row.kinds) >= {"zeros", "small integers", "general position"}


def test_broken_with_the_smallest_case() -> None:
    def wrong(subject: Subject, case: Case) -> None:
        near(np.abs(case.inputs).max(), 0.0, 2.0)

    row = verdict(made(wrong))
    assert row.status == "broken"
    shown = row.findings[0].arguments["case"]
    assert np.abs(shown["inputs"]).tolist() == [[3.0]]
    assert shown["parameters"] == [{"weights": [[0.0]], "biases": [0.0]}]


def test_unsupported_when_a_capability_is_missing() -> None:
    class Gradient:
        scope = Refnet.scope

        def gradient(self, *arguments: Any) -> Any:
            return None

    row = verdict(made(right), Gradient)
    assert (row.status, row.reason) == ("unsupported", "the subject has no forward")


def test_unsupported_when_the_scope_has_no_such_case() -> None:
    class Shallow(Refnet):
        scope = Scope(activations=(), heads=Refnet.scope.heads, hidden_layers=(0, 0))

    row = verdict(made(right, case=networks(hidden_layers=(2, 2))), Shallow)
    assert row.status == "unsupported"
    assert row.reason == "the law needs hidden layers 2, the scope has 0"


def test_vacuous_when_every_bound_is_infinite() -> None:
    def boundless(subject: Subject, case: Case) -> None:
        near(subject.forward(case).value, 0.0, np.inf)

    row = verdict(made(boundless))
    assert row.status == "vacuous"
    assert row.reason == "no entry could be judged: any value is legal in this precision"


def test_vacuous_when_a_required_kind_is_never_met() -> None:
    recipe = networks(kinds=("ones",), required=("zeros",))
    row = verdict(made(right, case=recipe))
    assert (row.status, row.reason) == ("vacuous", "never met: zeros")


def test_a_short_run_meets_every_kind_head_and_activation_in_turn() -> None:
    row = verdict(made(right), profile="quick")
    met = {*KINDS, *ACTIVATIONS, *(" with ".join(head) for head in HEADS)}
    assert {name for name in met if not row.kinds.get(name)} == set()


def test_weak_when_the_bounds_leave_nothing_to_see() -> None:
    def blind(subject: Subject, case: Case) -> None:
        outputs = np.nan_to_num(subject.forward(case).value)
        near(outputs, 0.0, np.abs(outputs) + 1)

    row = verdict(made(blind))
    assert row.status == "weak"
    assert "0% of the entries have power" in (row.reason or "")


def test_internal_is_never_laid_at_the_subjects_door() -> None:
    def faulty(subject: Subject, case: Case) -> None:
        raise KeyError("a fault of ours")

    row = verdict(made(faulty))
    assert (row.status, row.reason) == ("internal", "a fault of backproof itself")
    assert "a fault of ours" in row.findings[0].what


def test_a_refused_case_is_counted_and_shown() -> None:
    class Even(Refnet):
        def forward(self, architecture: Any, *arguments: Any) -> Any:
            if architecture.widths[0] % 2:
                raise NotSupported("an odd number of features")
            return super().forward(architecture, *arguments)

    row = verdict(made(right), Even)
    assert row.status == "holds"
    assert list(row.refused) == ["forward: an odd number of features"]


def test_a_law_without_its_sections_does_not_register() -> None:
    def silent(subject: Subject, case: Case) -> None:
        """A statement."""

    with pytest.raises(ValueError, match="has no Why, Tolerance, Catches, Source"):
        law(needs="forward", case=networks())(silent)


def test_a_capability_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="needs=\\['forwards'\\]: choose from forward"):
        law(needs="forwards")(right)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("holds", "weak", "unsupported", "known", "unfinished"), 0),
        (("holds", "broken"), 1),
        (("error",), 1),
        (("vacuous",), 1),
        (("stale",), 1),
        (("internal", "broken"), 3),
        ((), 1),
        (("unsupported",), 1),
    ],
)
def test_the_exit_status(statuses: tuple[Any, ...], expected: int) -> None:
    report = backproof_report(*statuses)
    assert report.exit_status == expected
    assert exit_status([backproof_report("holds"), report]) == expected


def backproof_report(*statuses: Any) -> Report:
    rows = [
        Row(
            law=f"l{i}",
            chapter="c",
            statement="",
            needs=[],
            status=s,
            judged=int(s not in ("unsupported",)),
        )
        for i, s in enumerate(statuses)
    ]
    return Report(subject=Judgement(Named(Refnet), [], Settings()).report.subject, laws=rows)


def test_the_json_report_fits_its_published_schema_and_has_no_infinity() -> None:
    def wrong(subject: Subject, case: Case) -> None:
        near(1.0, 0.0, 0.0)

    judgement = Judgement(Named(Refnet), [made(wrong)], Settings("quick"))
    judgement.load()
    judgement.judge(0)
    text = judgement.report.to_json()
    assert json.loads(text)["laws"][0]["worst_ratio"] == 1.7976931348623157e308
    msgspec.json.decode(text, type=Document)
    definitions = json_schema()["$defs"]
    promised = "schema backproof seed profile isolated environment subject summary laws"
    assert set(promised.split()) <= set(definitions["Document"]["properties"])
    promised = "law chapter needs status examples judged kinds worst_ratio power seconds reason"
    assert {*promised.split(), "findings", "doc"} <= set(definitions["Row"]["properties"])
