"""results.json: points for what holds, words for what does not, and nothing that can be forged."""

import json
from pathlib import Path
from typing import Any

import pytest

from backproof.frontends.cli import app
from backproof.frontends.ending import status_of
from backproof.frontends.interrupts import Interrupts
from backproof.reports.gradescope import Grading, gradescope
from backproof.reports.row import Finding
from tests.test_reports import EVERY, EVIL, broken, report, row

FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}
"""What Gradescope's specification names."""


def results(*rows: Any, grading: Grading | None = None) -> Any:
    return json.loads(gradescope(report(*rows), grading or Grading()))


def test_the_document_has_the_fields_of_the_specification() -> None:
    document = json.loads(gradescope(EVERY, Grading()))
    assert {document[key] for key in document if key.endswith("_format")} <= FORMATS
    assert {document["visibility"], document["stdout_visibility"]} <= VISIBLE
    assert document["output_format"] == "text", "a top-level output is HTML unless this is said"
    assert isinstance(document["score"], float)
    for test in document["tests"]:
        assert test["status"] in ("passed", "failed")
        assert {*test} <= {"name", "status", "output", "tags", "score", "max_score"}


def test_what_was_judged_counts_and_what_is_undecided_does_not() -> None:
    document = json.loads(gradescope(EVERY, Grading(70)))
    points = {
        test["name"].rpartition(" ")[2]: (test["score"], test["max_score"])
        for test in document["tests"]
        if "score" in test
    }
    won, lost = (10.0, 10.0), (0.0, 10.0)
    assert points == {
        "holds": won, "known": won,
        "broken": lost, "error": lost, "vacuous": lost, "stale": lost, "unfinished": lost,
    }  # fmt: skip
    assert document["score"] == 20
    assert "2 of the 7 laws that count hold" in document["output"]
    assert "backproof itself has failed in a law" in document["output"]
    outputs = {test["name"].rpartition(" ")[2]: test["output"] for test in document["tests"]}
    assert "unsupported, which does not count: the reason of unsupported" in outputs["unsupported"]


def test_with_a_solution_what_is_left_out_wins_nothing() -> None:
    """A student who leaves out what is wrong does not better the score."""
    law = "law_0_of_unsupported", "law_0_of_weak", "law_0_of_holds", "elsewhere"
    solution = report(*(row("holds") for _ in law))
    for made, name in zip(solution.laws, law, strict=True):
        made.law = name
    grading = Grading(30, solution.document())
    rows = [row("holds"), row("unsupported"), row("weak"), row("broken", findings=[broken()])]
    document = results(*rows, grading=grading)
    assert document["score"] == 10
    assert [test.get("score") for test in document["tests"]] == [10, 0, 0, None]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("precision", "float32", "precision is float32, not float64"),
        ("declared", ["a=1"], "what it declares of conventions is a=1, not the default"),
        ("scope", {"widths": "(1, 1)"}, "scope.widths is (1, 1), not (1, None)"),
    ],
)
def test_with_a_solution_less_or_laxer_is_worth_nothing(field: str, value: Any, words: str) -> None:
    solution, made = report(row("holds")), report(row("holds"))
    for one in (solution, made):
        one.subject.scope = {"widths": "(1, None)"}
    grading = Grading(30, solution.document())
    assert json.loads(gradescope(made, grading))["score"] == 30
    setattr(made.subject, field, value)
    document = json.loads(gradescope(made, grading))
    first, second = document["tests"]
    assert (document["score"], first["max_score"], first["output"]) == (0, 30, words)
    assert "score" not in second


def test_the_score_is_exact_where_the_shares_are_no_decimals() -> None:
    assert results(*(row("holds", number) for number in range(3)))["score"] == 100


def test_a_finding_is_told_where_it_shows_best_and_the_others_name_it() -> None:
    first, second = row("broken", 0), row("broken", 1)
    first.findings, second.findings = [broken()], [broken()]
    for made in (first, second):
        made.findings[0].calls = ["gradient"]
    one, other = (test["output"] for test in results(first, second)["tests"])
    assert "expected 2.0" in one
    assert "run it again: backproof check made.py:Made" in one
    assert other.endswith("broken, likely for one cause with this, which shows it: law 0 of broken")


def test_what_fails_everywhere_for_one_reason_is_one_test() -> None:
    finding = Finding(kind="error", what="it cannot be loaded", detail="  line 3")
    rows = [row("error", n, reason=finding.what, findings=[finding]) for n in range(9)]
    document = results(*rows)
    (test,) = document["tests"]
    assert (document["score"], test["score"], test["max_score"]) == (0, 0, 100)
    assert test["output"] == "error in all 9 laws:\n  it cannot be loaded\n      line 3"


def test_nothing_that_a_submission_says_is_a_field() -> None:
    text = '", "score": 100, "x": "' + EVIL.replace("\ud800", "")
    document = results(row("error", reason=text, findings=[broken(text)]), row("holds"))
    assert document["score"] == 50
    assert len(document["tests"]) == 2


@pytest.mark.parametrize(("text", "words"), [("1 / 0\n", "division by zero"), ("x = 1", "no Net")])
def test_what_cannot_be_loaded_wins_nothing_and_is_told_why(
    tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.py").write_text(text)
    place = tmp_path / "results.json"
    command = ["check", f"{tmp_path / 'net.py'}:Net", "--gradescope", str(place), "--points", "10"]
    assert status_of(lambda: app(command, obj=Interrupts())) == 1
    document = json.loads(place.read_text())
    (test,) = document["tests"]
    assert (document["score"], test["score"], test["max_score"]) == (0, 0, 10)
    assert words in test["output"]
    assert words in capsys.readouterr().out
