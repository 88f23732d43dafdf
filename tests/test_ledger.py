"""The ledger: what is known and no worse does not fail, and every other entry does."""

import datetime
import subprocess
import sys
from pathlib import Path

import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.mutants.gradient import SlopeForgotten
from backproof.reports.ledger import Known, compare, entries, read
from backproof.reports.report import Described, Report
from backproof.reports.row import Row, Status

LAW = "the_gradient_is_the_derivative_of_the_loss"
ENTRY = f'law = "{LAW}"\nsubject = "SlopeForgotten"\nreason = "left for now"\n'
TODAY = datetime.date(2026, 7, 1)


def ledger(folder: Path, *entries: str, table: str = "known", name: str = "backproof.toml") -> str:
    file = folder / name
    file.write_text("".join(f"[[{table}]]\n{entry}\n" for entry in entries), encoding="utf-8")
    return str(file)


def entry(**more: object) -> Known:
    return Known(**{"law": LAW, "subject": "made", "reason": "left", **more})  # type: ignore[arg-type]


def test_an_entry_may_be_of_one_precision_alone() -> None:
    names = ("net.py:Net", "made")
    assert entry(ratio=5.0).concerns(LAW, names, "float64")
    assert entry(ratio=5.0, precision="float32").concerns(LAW, names, "float32")
    assert not entry(ratio=5.0, precision="float32").concerns(LAW, names, "float64")
    assert not entry(ratio=5.0).concerns("another", names, "float64")
    assert not entry(ratio=5.0).concerns(LAW, ("other",), "float64")


def compared(status: Status, known: Known, ratio: float = 5.0) -> tuple[str, str]:
    row = Row(law=LAW, chapter="gradient", needs=[], status=status, worst_ratio=ratio)
    compare(row, known, TODAY)
    return row.status, row.reason or ""


@pytest.mark.parametrize(
    ("status", "known", "verdict", "words"),
    [
        ("broken", entry(ratio=5.0), "known", "left"),
        ("broken", entry(ratio=9.0, link="https://x.org"), "known", "left (https://x.org)"),
        ("broken", entry(ratio=4.0), "stale", "ratio 5 is worse than the 4 that is known"),
        (
            "broken",
            entry(error=True),
            "stale",
            "another way than is known: mend it, or write ratio",
        ),
        ("error", entry(error=True), "known", "left"),
        ("error", entry(ratio=5.0), "stale", "or write error = true"),
        ("holds", entry(ratio=5.0), "stale", "take its entry out"),
        ("broken", entry(ratio=9.0, until=TODAY), "known", "left"),
        (
            "broken",
            entry(ratio=9.0, until=TODAY - datetime.timedelta(1)),
            "stale",
            "to be mended until 2026-06-30",
        ),
        ("unfinished", entry(ratio=5.0), "unfinished", ""),
        ("unsupported", entry(ratio=5.0), "unsupported", ""),
    ],
)
def test_an_entry_is_strict_both_ways(
    status: Status, known: Known, verdict: str, words: str
) -> None:
    found, reason = compared(status, known)
    assert found == verdict
    assert words in reason


@pytest.mark.parametrize("known", [entry(error=True), entry(ratio=1.01)])
@pytest.mark.parametrize("ratio", [1.04, 5.44, 9.949e7, float("inf")])
def test_an_entry_that_is_repaired_as_is_said_is_right(known: Known, ratio: float) -> None:
    said = compared("broken", known, ratio)[1]
    written = float(said.split("or write ratio = ")[1].split()[0])
    assert compared("broken", entry(ratio=written), ratio)[0] == "known"


@pytest.mark.parametrize("status", ["broken", "error"])
@pytest.mark.parametrize("ratio", [1.04, 9.949e7, float("inf")])
def test_an_entry_that_a_report_gives_is_right_once_it_has_a_reason(
    tmp_path: Path, status: Status, ratio: float
) -> None:
    row = Row(law=LAW, chapter="gradient", needs=[], status=status, worst_ratio=ratio)
    made = Report(subject=Described(name="x", subject='C:\\a "b".py:Né'), laws=[row])
    (cause,) = made.causes
    file = tmp_path / "backproof.toml"
    file.write_text(entries(made, cause), encoding="utf-8")
    with pytest.raises(ValueError, match="entry 1: reason is empty; say why the break is left"):
        read(str(file), [LAW])
    file.write_text(entries(made, cause).replace('""', '"why"'), encoding="utf-8")
    (known,) = read(str(file), [LAW])
    assert known.subject == made.subject.subject
    compare(row, known, TODAY)
    assert (row.status, row.reason) == ("known", "why")


def test_what_does_not_even_answer_is_offered_no_ledger() -> None:
    rows = [Row(law=f"law {n}", chapter="", needs=[], status="error", reason="-") for n in (1, 2)]
    made = Report(subject=Described(name="x"), laws=rows)
    assert entries(made, made.causes[0]) == ""
    rows[1].status, rows[1].reason = "holds", None
    assert entries(made, made.causes[0]).count("error = true") == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([ENTRY], "entry 1: ratio = 0.0, error = False; give the largest ratio, above 1"),
        ([ENTRY + "ratio = 0.5"], "ratio = 0.5"),
        ([ENTRY + "ratio = nan"], "ratio = nan"),
        ([ENTRY + "ratio = 2.0\nerror = true"], "error = True"),
        ([ENTRY + "rato = 2.0"], "entry 1: Object contains unknown field `rato`"),
        ([ENTRY + "ratio = 2.0\nuntil = 7"], "`$.until`"),
        ([ENTRY.replace(LAW, "all_is_well") + "ratio = 2.0"], "'all_is_well' is none"),
        ([ENTRY.replace("left for now", " ") + "ratio = 2.0"], "reason is empty"),
        ([ENTRY + "ratio = 2.0"] * 2, f"{LAW} is there twice for SlopeForgotten"),
        ([], "has no [[known]]"),
        ([ENTRY + "ratio ="], "Invalid value"),
    ],
)
def test_a_wrong_ledger_is_refused_with_the_entry(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=r"backproof\.toml") as refused:
        read(ledger(tmp_path, *lines), {LAW})
    assert words in str(refused.value)


def test_what_is_known_does_not_fail_and_what_is_mended_does(tmp_path: Path) -> None:
    table = {"table": "tool.backproof.known", "name": "pyproject.toml"}
    file = ledger(tmp_path, ENTRY + "ratio = inf", **table)
    known = backproof.check(SlopeForgotten, laws=LAW, profile="quick", known=file)
    assert (known.count("known"), known.exit_status) == (1, 0)
    assert "left for now" in str(known)
    other = ENTRY.replace("SlopeForgotten", "refnet")
    stale = backproof.check(
        Refnet,
        laws=LAW,
        profile="quick",
        known=ledger(tmp_path, other + "ratio = 2.0"),
    )
    assert (stale.count("stale"), stale.exit_status) == (1, 1)
    assert "take its entry out" in str(stale)


def test_the_command_line_refuses_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    words = ["check", "--laws", LAW, "--known", "absent.toml"]
    done = subprocess.run(
        [sys.executable, "-m", "backproof", *words],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "backproof: absent.toml: No such file or directory\n"
