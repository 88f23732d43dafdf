"""The board keeps every whole run, goes on where it was, and a page is made of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backproof.adapters.refnet import Refnet
from backproof.frontends.board import judge_all
from backproof.frontends.interrupts import Interrupts
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import laws
from backproof.reports.board import Absent, Board, Entry, entry, read, whole
from backproof.reports.ledger import Known
from backproof.reports.report import Report
from backproof.reports.row import FAILING, Finding, Row
from backproof.subjects.named import Named

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "docs" / "data" / "board.json"

UNIT = """
import numpy as np
from backproof.contract import Scope

class Unit:
    scope = Scope(activations=(), heads=(("sigmoid", "cross_entropy"),), hidden_layers=(0, 0))

    def __init__(self, precision="float64"):
        if precision != "float64":
            raise ValueError(f"precision={precision!r}: the unit has float64 alone")

    def forward(self, architecture, parameters, inputs):
        (layer,) = parameters
        z = inputs @ layer.weights + layer.biases
        return np.where(z < 0, np.exp(z), 1) / (1 + np.exp(-abs(z)))
"""


def board(folder: Path, *words: str) -> Any:
    command = [sys.executable, "-P", "-m", "backproof", "board", "--profile", "quick", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_board_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "unit.py").write_text(UNIT)
    first = board(tmp_path, "unit.py:Unit", "no.py:Net", "--jobs", "1")
    assert (first.returncode, first.stderr) == (0, "")
    judged, *absent, nothing, last = first.stdout.splitlines()
    assert judged.startswith("unit.py:Unit in float64: judged: ")
    assert [line.split(": ")[0] for line in absent] == [
        f"unit.py:Unit {precision}" for precision in ("float32", "bfloat16", "float16")
    ]
    assert nothing.startswith("no.py:Net: absent: ")
    assert last == "board.json: 1 run"
    found = read(tmp_path / "board.json")
    assert found.entries[0].counts["holds"] >= 3
    assert {one.precision for one in found.absent} == {"", "float32", "bfloat16", "float16"}
    again = board(tmp_path, "unit.py:Unit", "--precision", "float64")
    assert again.stdout.splitlines()[0].startswith("unit.py:Unit in float64: kept: ")
    assert read(tmp_path / "board.json") == found
    anew = board(tmp_path, "unit.py:Unit", "--precision", "float64", "--anew")
    assert anew.stdout.splitlines()[0].startswith("unit.py:Unit in float64: judged: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--file", "other.json"], "--file other.json is no board: "),
        (["--file", "gone/board.json"], "--file gone/board.json: there is no folder"),
        (["--known", "other.json"], "--known other.json: "),
        (["--option", "model"], "--option model: give key=value"),
        (["--profile", "slow"], "profile='slow'"),
    ],
)
def test_a_wrong_call_ends_with_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "other.json").write_text("[]")
    done = board(tmp_path, "refnet", *words)
    assert done.returncode == 2
    assert done.stderr.startswith("backproof: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "other.json").read_text() == "[]"


def judgement(*status: str) -> Judgement:
    """The engine before two laws, as if they had been judged so."""
    made = Judgement(Named("refnet"), laws("integer_networks"), Settings("quick"))
    for row, one in zip(made.report.laws, status, strict=False):
        row.status, row.judged, row.worst_ratio = one, 5, 0.5  # type: ignore[assignment]
    return made


def judged(found: Board, made: Judgement, *, anew: bool = True, stop: bool = False) -> str:
    def run(one: Judgement) -> None:
        one.report.interrupted = stop

    ((_, words, _),) = judge_all(found, [made], Interrupts(), run, anew)
    return words


def test_a_run_that_is_not_whole_never_takes_the_place_of_an_older_one() -> None:
    found = Board()
    assert judged(found, judgement("holds", "holds")) == "judged"
    older = found.entries[0]
    for status, stop in (("unfinished", True), ("unfinished", False), ("internal", False)):
        words = judged(found, judgement("holds", status), stop=stop)
        assert words.startswith("not whole, and left out: 1 holds, 1 ")
        assert found.entries == [older]
    assert judged(found, judgement("broken", "holds"), anew=False) == "kept"
    assert judged(found, judgement("broken", "holds")) == "judged"
    assert [cell.status for cell in found.entries[0].laws.values()] == ["broken", "holds"]


def report(row: Row) -> Report:
    made = Judgement(Named(Refnet()), [], Settings("quick"))
    made.load()
    made.report.laws = [row]
    return made.report


def test_what_breaks_says_what_was_found_and_what_is_known_where_it_is_shown() -> None:
    finding = Finding(
        kind="broken", what="loss", ratio=9.0, observed=2.0, expected=1.0, allowed=0.1
    )
    broken = Row(law="a", chapter="b", needs=[], status="broken", findings=[finding])
    (cell,) = entry(report(broken), []).laws.values()
    assert cell.reason == "loss: observed 2.0, expected 1.0, allowed 0.1, ratio 9"
    known = Row(law="a", chapter="b", needs=[], status="known", reason="a table (x.py)")
    ledger = [Known(law="a", subject="refnet", reason="a table", ratio=10.0, link="x.py")]
    (cell,) = entry(report(known), ledger).laws.values()
    assert (cell.reason, cell.link) == ("a table", "x.py")


def test_what_was_found_once_is_not_absent_where_it_is_missing_today() -> None:
    found, gone = Board(), Absent(subject="refnet", reason="not installed")
    found.miss(gone)
    found.miss(gone)
    assert found.absent == [gone]
    assert judged(found, judgement("holds", "holds")) == "judged"
    assert found.absent == []
    found.miss(gone)
    assert found.absent == []


def test_a_run_of_another_version_profile_or_law_is_another_run() -> None:
    found = Board()
    judged(found, judgement("holds", "holds"))
    (one,) = found.entries
    names = [*one.laws]
    assert one.same(one.subject, "quick", 0, names)
    assert not one.same(one.subject, "default", 0, names)
    assert not one.same(one.subject, "quick", 1, names)
    assert not one.same(one.subject, "quick", 0, names[:1])
    other = msgspec.structs.replace(one.subject, version="0")
    assert not one.same(other, "quick", 0, names)
    assert whole(Report(subject=one.subject, laws=[Row(law="a", chapter="b", needs=[])])) is False


def committed() -> list[Entry]:
    return read(COMMITTED).entries


def test_the_board_of_the_site_has_ten_subjects_in_python_and_four_in_other_languages() -> None:
    names = {found.subject.subject for found in committed()}
    programs = {name for name in names if name.startswith("--command=")}
    assert len(names - programs) >= 10
    assert len(programs) >= 4
    assert {law.name for law in laws()} == {*committed()[0].laws}


def test_every_break_on_the_board_of_the_site_is_shown_without_our_code() -> None:
    for found in committed():
        for law, cell in found.laws.items():
            assert cell.status not in FAILING, (found.key, law, cell.reason)
            if cell.status == "known":
                assert "://" in cell.link or (ROOT / cell.link).is_file(), (found.key, law)
                assert "://" in cell.link or "backproof" not in (ROOT / cell.link).read_text()


def test_the_file_is_json_that_names_its_schema() -> None:
    assert json.loads(COMMITTED.read_text())["schema"] == 1
