"""Each form of the report says what the report says, is well-formed, and cannot be forged."""

import inspect
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from importlib.metadata import version
from pathlib import Path
from textwrap import indent
from typing import Any

import jsonschema
import msgspec
import pytest
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from rich.console import Console

import backproof
from backproof.frontends import written
from backproof.mutants.meaning import BiasesForgotten
from backproof.reports.badge import GREEN, RED, YELLOW, badge
from backproof.reports.junit import junit
from backproof.reports.ledger import entries
from backproof.reports.markdown import MOST, markdown
from backproof.reports.report import Described, Document, Report
from backproof.reports.row import STATUSES, Finding, Row, Status
from backproof.reports.schema import schema_text
from backproof.reports.terminal import closing
from backproof.reports.text import fenced, in_markdown

SCHEMA = Path(__file__).parents[1] / "docs" / "report.schema.json"
EVIL = "<script>|`a_b*\n| holds | [x](y) @who #1 \\| ```\n</details>\x00\ud800"


def row(status: Status, number: int = 0, **more: Any) -> Row:
    law = f"law_{number}_of_{status}"
    return Row(law=law, chapter="made", needs=["forward"], status=status, judged=9, **more)


def report(*rows: Row, **more: Any) -> Report:
    return Report(subject=Described(name="Made", subject="made.py:Made"), laws=[*rows], **more)


def broken(what: str = "outputs") -> Finding:
    numbers = {"observed": 1.0, "expected": 2.0, "allowed": 0.5, "ratio": 2.0}
    return Finding(kind="broken", what=what, at=[0, 1], verb="near", **numbers)  # type: ignore[arg-type]


EVERY = report(
    *(
        row(
            status,
            reason=None if status == "holds" else f"the reason of {status}",
            findings=[broken()] if status in ("broken", "stale") else [],
        )
        for status in STATUSES
    )
)


def test_junit_has_a_suite_for_each_subject_and_a_case_for_each_law() -> None:
    text = junit([EVERY, report(row("holds"))])
    found = JUnitXml.fromstring(text.encode())
    first, second = found
    assert (found.tests, first.tests, second.tests) == (len(STATUSES) + 1, len(STATUSES), 1)
    assert (first.failures, first.errors, first.skipped) == (3, 2, 3)
    kinds = {case.name: [type(result).__name__ for result in case.result] for case in first}
    assert kinds == {
        "law_0_of_holds": [],
        "law_0_of_weak": [],
        "law_0_of_broken": ["Failure"],
        "law_0_of_stale": ["Failure"],
        "law_0_of_vacuous": ["Failure"],
        "law_0_of_error": ["Error"],
        "law_0_of_internal": ["Error"],
        "law_0_of_unsupported": ["Skipped"],
        "law_0_of_unfinished": ["Skipped"],
        "law_0_of_known": ["Skipped"],
    }
    by_name = {case.name: case for case in first}
    assert by_name["law_0_of_weak"].system_out == "the reason of weak"
    assert by_name["law_0_of_unsupported"].result[0].message == (
        "unsupported: the reason of unsupported"
    )
    shown = by_name["law_0_of_broken"].result[0]
    assert shown.message.startswith("outputs at [0, 1]: observed 1.0, expected 2.0, allowed 0.5")
    assert "    allowed  0.5, the largest error that is legal here" in shown.text
    assert "run it again: backproof check made.py:Made --laws law_0_of_broken" in shown.text


def test_markdown_says_first_how_many_hold_and_then_what_does_not() -> None:
    lines = markdown([EVERY]).splitlines()
    counts = EVERY.headline()
    assert lines[0] == f"### backproof: {counts}"
    table = [line for line in lines if line.startswith("| ")]
    started = "| broken | `law_0_of_broken` | <code>outputs at &#91;0, 1&#93;&#58; observed 1.0, "
    assert any(line.startswith(started) for line in table)
    assert {line.split(" | ")[0] for line in table[1:]} == {f"| {s}" for s in STATUSES[1:]}
    assert markdown([EVERY]).count("<details>") == markdown([EVERY]).count("</details>") == 5
    assert "law_0_of_holds" not in markdown([EVERY])


def test_markdown_puts_laws_that_are_left_out_for_one_reason_in_one_line_and_stays_short() -> None:
    left_out = [row("unsupported", n, reason="the subject has no forward") for n in range(3)]
    many = [row("broken", n, findings=[broken()]) for n in range(MOST + 7)]
    text = markdown([report(*left_out, *many)])
    names = ", ".join(f"`{one.law}`" for one in left_out)
    assert f"| unsupported | {names} | <code>the subject has no forward</code> |" in text
    assert text.count("<details>") == MOST
    assert "7 more findings; `--json` has them all." in text
    about, again = markdown([report(row("holds"))]).split("\n\n")[1:]
    assert about == "<code>Made in float64</code>"
    assert again.startswith("Run all of it again: <code>backproof check made")


@pytest.mark.parametrize(
    ("laws", "counts", "colour"),
    [
        ([row("holds"), row("unsupported")], "1 of 2 hold", GREEN),
        ([row("holds"), row("weak")], "1 of 2 hold", YELLOW),
        ([row("holds"), row("broken")], "1 of 2 hold", RED),
        ([row("internal")], "0 of 1 hold", RED),
        ([], "0 of 0 hold", RED),
        ([row("holds")] * 1234, "1234 of 1234 hold", GREEN),
    ],
)
def test_a_badge_counts_what_holds_and_asks_nobody(
    laws: list[Row], counts: str, colour: str
) -> None:
    text = badge([report(*laws)])
    image = ElementTree.fromstring(text)
    assert image.get("aria-label") == f"backproof: {counts}"
    assert [t.text for t in image.iter("{http://www.w3.org/2000/svg}text")] == ["backproof", counts]
    assert colour in text
    assert text.count("http") == 1  # the name of SVG itself


def test_the_badge_of_several_subjects_counts_the_laws_of_all() -> None:
    assert "backproof: 2 of 4 hold" in badge([report(row("holds"), row("weak"))] * 2)


def contrast(colour: str) -> float:
    """That of white letters, by WCAG 2.1."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_the_letters_of_a_badge_can_be_read() -> None:
    assert min(map(contrast, (GREEN, YELLOW, RED))) >= 4.5


def test_what_a_subject_says_means_nothing_in_markdown_or_xml() -> None:
    described = Described(name=EVIL, version=EVIL, declared=[EVIL], options={EVIL: EVIL})
    rows = [row("broken", findings=[broken(EVIL)]), row("unsupported", reason=EVIL)]
    forged = Report(subject=described, laws=rows, not_judged=[EVIL])
    ElementTree.fromstring(junit([forged]).encode())
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown([forged]))
    assert html.count("<tr>") == 3
    assert html.count("<td>") == 6
    assert html.count("<details>") == html.count("</details>") == 1
    assert "<script" not in html
    assert "<a " not in html
    assert html.count("<h") == 1
    assert in_markdown("a.b 1.5 @c") == "<code>a&#46;b 1.5 &#64;c</code>"
    assert fenced("````").splitlines() == ["`````text", "````", "`````"]


def test_a_report_prints_as_the_command_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = str(EVERY).splitlines()
    assert lines[0] == "Made in float64, offering "
    assert [line.split()[0] for line in lines[1 : 1 + len(STATUSES)]] == [*STATUSES]
    assert "    allowed  0.5, the largest error that is legal here" in lines
    assert lines[-1] == EVERY.headline()
    assert "\x1b" not in str(EVERY)


def test_the_call_that_judges_again_says_all_that_was_given() -> None:
    made = report(row("broken"), seed=7, profile="quick", pattern="a b,*c", known="known.toml")
    made.subject.options = {"precision": "float32", "path": "x y"}
    given = "--seed 7 --profile quick"
    options = "--precision float32 --option 'path=x y'"
    law = f"backproof check made.py:Made --laws law_0_of_broken {given} {options}"
    assert made.again("law_0_of_broken") == law
    whole = f"--laws 'a b,*c' {given} --known known.toml {options}"
    assert made.again() == f"backproof check made.py:Made {whole}"
    assert json.loads(made.to_json())["command"] == made.again()
    assert report().again() == "backproof check made.py:Made --seed 0"
    held = Report(subject=Described(name="Net"), known="k")
    assert held.again() == "backproof.check(Net, laws='*', seed=0, profile='default', known='k')"


def test_more_is_shown_where_it_is_asked_for() -> None:
    stream = io.StringIO()
    closing(EVERY, Console(file=stream, width=999, markup=False), verbose=True)
    (entry,) = (
        part for cause in EVERY.causes if (part := entries(EVERY, cause)) and "ratio" in part
    )
    assert indent(entry, "    ") in stream.getvalue()
    assert f"run all of it again: {EVERY.again()}" in str(EVERY)
    assert "[[known]]" not in str(EVERY)


def test_the_published_schema_is_generated_from_the_types() -> None:
    write_anew = "python -m backproof.reports.schema > docs/report.schema.json"
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), write_anew


@pytest.mark.parametrize("made", [Document, Row, Finding], ids=lambda made: made.__name__)
def test_every_field_is_explained_on_the_page(made: Any) -> None:
    page = SCHEMA.with_name("report.md").read_text(encoding="utf-8")
    heading = {Document: "The report", Row: "A row", Finding: "A finding"}[made]
    section = page.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    told = set(re.findall(r"`(\w+)`", section))
    told |= set(re.findall(r"(\w+): ", inspect.getdoc(made) or ""))
    assert {field.name for field in msgspec.structs.fields(made)} - told == set()


def test_real_reports_fit_the_published_schema_and_a_changed_one_does_not() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema)
    judged = backproof.check(BiasesForgotten, laws="no_hidden, dropout", profile="quick")
    assert judged.count("broken") == 1
    for one in (judged, EVERY, report()):
        valid.validate(json.loads(one.to_json()))
    document = json.loads(judged.to_json())
    assert document["backproof"] == version("backproof")
    for key, value in (("seed", "zero"), ("laws", [{}]), ("schema", 2)):
        assert not valid.is_valid(document | {key: value}), key


def test_every_form_is_an_option_of_check(capsys: pytest.CaptureFixture[str]) -> None:
    for form, text in written.FORMS.items():
        written.write_all({form: "-"}, [report(row("holds"))])
        assert capsys.readouterr().out == text([report(row("holds"))]) + "\n"


def test_two_forms_in_one_place_are_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, same = str(tmp_path / "report"), str(tmp_path / "." / "report")
    for places in (("-", "-"), (one, same)):
        with pytest.raises(SystemExit) as left:
            written.check_places(dict(zip(("json", "junit"), places, strict=True)))
        assert left.value.code == 2
        said = f"--json {places[0]} and --junit {places[1]}: one place holds one of them"
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        written.check_places({"badge": str(tmp_path / "absent" / "badge.svg")})
    assert "--badge " in capsys.readouterr().err
    (tmp_path / "-").mkdir()
    monkeypatch.chdir(tmp_path)
    written.check_places({"json": "-", "junit": one, "markdown": None})
