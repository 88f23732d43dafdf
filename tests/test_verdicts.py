"""Each status is given where it should be, in the order of precedence."""

import json
import math
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.cases.case import Case
from backproof.cases.kinds import KINDS
from backproof.cases.networks import networks
from backproof.contract import NotSupported, Scope
from backproof.judging.judge import near
from backproof.judging.judgement import Judgement
from backproof.judging.law import Law, law
from backproof.judging.others import to_blame
from backproof.judging.settings import Settings
from backproof.reports.remarks import remarks
from backproof.reports.report import Document, Report, exit_status, json_schema
from backproof.reports.row import Row
from backproof.reports.terminal import explained
from backproof.subjects.named import Named
from backproof.subjects.subject import Subject
from refnet.architecture import ACTIVATIONS, HEADS, Layer
from refnet.conventions import STRICT
from refnet.functions.activations import activation
from refnet.functions.kinked import RELU

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


@pytest.mark.parametrize(("strong", "status"), [(2, "weak"), (3, "holds")])
def test_weak_below_a_quarter_of_power(strong: int, status: str) -> None:
    def uneven(subject: Subject, case: Case) -> None:
        near(np.ones(10), 1.0, np.where(np.arange(10) < strong, 0.01, 1.0))

    row = verdict(made(uneven), profile="quick")
    assert (row.status, row.power) == (status, strong / 10)


@pytest.mark.parametrize(("answered", "status"), [(20, "vacuous"), (5, "holds")])
def test_vacuous_when_the_subject_refuses_nearly_all_of_its_own_scope(
    answered: int, status: str
) -> None:
    class Seldom(Refnet):
        calls = 0

        def forward(self, *arguments: Any) -> Any:
            self.calls += 1
            if self.calls % answered != 1:
                raise NotSupported("not now")
            return super().forward(*arguments)

    row = verdict(made(right, case=networks(kinds=("ones",), required=())), Seldom)
    assert row.status == status
    said = "the subject refused 95 of 100 examples in its own scope"
    assert row.reason == (said if status == "vacuous" else None)


def test_a_required_kind_that_was_refused_by_luck_is_asked_for_again() -> None:
    class LargeOnesLater(Refnet):
        refused = 0

        def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
            sizes = (*architecture.widths, len(inputs))
            large = max(sizes) > 64 or sizes[-2] > 4 or architecture.hidden_layers > 3
            if large and self.refused < 6:
                self.refused += 1
                raise NotSupported("no large network yet")
            return super().forward(architecture, parameters, inputs)

    row = verdict(made(right), LargeOnesLater, profile="quick")
    assert (row.status, row.refused) == ("holds", {"forward: no large network yet": 6})
    assert row.kinds["large"] > 0
    assert row.examples > 25


def test_an_activation_and_a_head_that_are_refused_throughout_are_named() -> None:
    class Choosy(Refnet):
        def forward(self, architecture: Any, *arguments: Any) -> Any:
            if "gelu" in architecture.activations or architecture.loss == "huber":
                raise NotSupported("neither gelu nor huber")
            return super().forward(architecture, *arguments)

    row = verdict(made(right), Choosy, profile="quick")
    assert row.status == "holds"
    assert row.notes == ["never answered: identity with huber, gelu"]


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


def test_a_loss_that_refuses_large_logits_does_not_hold_the_law_on_them() -> None:
    class Timid(Refnet):
        scope = replace(Refnet.scope, hidden_layers=(0, 0))

        def loss(self, architecture: Any, parameters: Any, inputs: Any, *rest: Any) -> Any:
            if np.any(np.abs(inputs @ parameters[0].weights + parameters[0].biases) > 9):
                raise NotSupported("logits beyond 9")
            return super().loss(architecture, parameters, inputs, *rest)

    row = backproof.check(Timid, laws="saturated", profile="quick").laws[0]
    assert row.status == "unsupported"
    words = "every example was refused of saturated logits: loss: logits beyond 9"
    assert row.reason == words


def test_what_a_law_itself_leaves_out_is_said_and_is_no_refusal_of_the_subjects() -> None:
    def careful(subject: Subject, case: Case) -> None:
        if case.kind == "zeros":
            raise NotSupported("zeros promise nothing")
        right(subject, case)

    row = verdict(made(careful), profile="quick")
    assert row.status == "holds"
    assert row.notes[0].startswith("never answered: zeros")


def test_weak_when_a_required_kind_has_no_bound() -> None:
    def blind_to_zeros(subject: Subject, case: Case) -> None:
        answer = subject.forward(case)
        radius = answer.radius if case.kind != "zeros" else np.full(answer.radius.shape, np.inf)
        near(answer, answer.expected, radius)

    row = verdict(made(blind_to_zeros), profile="quick")
    assert (row.status, row.reason) == ("weak", "nothing could be judged of zeros")
    assert "zeros" not in row.kinds


def test_weak_when_most_entries_have_no_bound() -> None:
    def sees_one_row(subject: Subject, case: Case) -> None:
        answer = subject.forward(case)
        later = np.arange(len(case.inputs))[:, None] > 0
        near(answer, answer.expected, np.where(later, np.inf, answer.radius))

    row = verdict(made(sees_one_row), profile="quick")
    assert row.status == "weak"
    assert (row.reason or "").startswith("any value is legal in ")
    assert row.power < 0.25


def test_the_least_power_is_that_of_a_head_or_an_activation() -> None:
    def blind_to_gelu(subject: Subject, case: Case) -> None:
        answer, blind = subject.forward(case), "gelu" in case.architecture.activations
        near(answer, answer.expected, answer.radius + blind * (1 + np.abs(answer.expected)))

    row = verdict(made(blind_to_gelu), profile="quick")
    assert (row.least_power, row.least_power_of) == (0.0, "gelu")
    assert row.power > 0.5
    assert 0 < row.median_allowed < 1e-6


class ReluMoved(Refnet):
    """A wrong activation in an otherwise consistent network."""

    scope = replace(Refnet.scope, activations=("relu",), hidden_layers=(1, 2))

    def apply(self, operation: Any, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result + 1.0 if operation is RELU.value else result


def test_two_wrong_answers_that_agree_are_for_the_law_on_the_value() -> None:
    names = "renumbering,outputs_are_right"
    renumbered, outputs = (report := backproof.check(ReluMoved, laws=names)).laws
    assert (renumbered.status, outputs.status) == ("weak", "broken")
    assert (renumbered.reason or "").startswith("the value itself is wrong in ")
    assert renumbered.by_value == []
    assert renumbered.astray > renumbered.judged
    assert remarks(report)[0].endswith(f"see {outputs.law}")
    alone = backproof.check(ReluMoved, laws="renumbering")
    assert alone.exit_status == 0
    assert remarks(alone)[0].endswith("a law on the value says how")


WRONG = {activation(name, STRICT).value for name in ("gelu", "elu")}


class TwoActivationsOff(Refnet):
    """GELU and ELU are a thousandth too large."""

    def apply(self, operation: Any, *arguments: Any) -> Any:
        result = super().apply(operation, *arguments)
        return result * 1.001 if operation in WRONG else result


def test_one_wrong_activation_does_not_hide_another() -> None:
    report = backproof.check(TwoActivationsOff, laws="outputs_are_right,renumbering")
    outputs, renumbered = report.laws
    shown = [finding.sent[0].parts["architecture"] for finding in outputs.findings]
    assert ["gelu" in words for words in shown].count(True) == 1
    assert ["'elu'" in words for words in shown].count(True) == 1
    assert len(shown) == 2
    assert "broken in another way, too:" in explained(report, 0)
    assert renumbered.status == "holds"


def test_a_fault_of_every_activation_is_one_fault() -> None:
    outcomes = [({name}, True) for name in ("relu", "tanh", "gelu")]
    assert to_blame(outcomes, {"relu"}) == []
    assert to_blame([*outcomes, *[({"elu"}, False)] * 4], {"relu"}) == ["relu", "gelu", "tanh"]
    assert to_blame([*outcomes[:2], ({"relu"}, False), ({"relu"}, False)], {"relu"}) == []
    assert to_blame([], set()) == []


class PlainPython(Refnet):
    """Exponentials by math.exp, which raises where an array would overflow."""

    scope = replace(Refnet.scope, heads=(("exp", "poisson"),), hidden_layers=(0, 0))

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        logits = inputs @ parameters[0].weights + parameters[0].biases
        return np.array([[math.exp(z) for z in row] for row in logits])


def test_an_exception_of_arithmetic_where_any_value_is_legal_refuses_the_case() -> None:
    def large_inputs(subject: Subject, case: Case) -> None:
        right(subject, replace(case, inputs=1e3 * case.inputs))

    row = verdict(made(large_inputs, case=networks(required=())), PlainPython, profile="quick")
    assert row.status == "holds"
    words = "forward: it raised OverflowError: math range error, where any value is legal"
    assert list(row.refused) == [words]


def test_an_exception_of_arithmetic_where_there_is_a_bound_is_an_error() -> None:
    class Careless(PlainPython):
        scope = replace(PlainPython.scope, heads=(("sigmoid", "cross_entropy"),))

        def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
            negated = [Layer(-parameters[0].weights, -parameters[0].biases)]
            return 1 / (1 + super().forward(architecture, negated, inputs))

    row = backproof.check(Careless, laws="outputs_are_right", seed=1).laws[0]
    assert (row.status, row.reason) == (
        "error",
        "forward raised OverflowError: math range error",
    )


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
