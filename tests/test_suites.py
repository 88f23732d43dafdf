"""The laws in suites of one's own: backproof.check in Python, and pytest's options and ids."""

import subprocess
import sys
from pathlib import Path

import pytest

import backproof
from backproof.mutants.meaning import BiasesForgotten

WORDS = "backproof.mutants.meaning:BiasesForgotten"
LAW = "outputs_are_right_within_rounding"
OTHER = "softmax_outputs_are_probabilities"


def judged_by_pytest(folder: Path, *words: str) -> tuple[int, str]:
    """The status of a run of pytest in an empty folder, and what it shows."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--backproof", WORDS, "--backproof-profile", "quick", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_options_choose_laws_seed_and_precision_and_an_id_one_of_them(tmp_path: Path) -> None:
    words = "--backproof-precision", "float32", "--backproof-seed", "7"
    laws = "--backproof-laws", f"{LAW},{OTHER}"
    chosen = f"backproof::BiasesForgotten::{LAW}"
    status, shown = judged_by_pytest(tmp_path, *laws, *words, chosen)
    assert status == 1
    assert f"FAILED {chosen}" in shown
    assert "--precision float32" in shown
    assert f"--laws {LAW} --seed 7" in shown
    assert "1 failed in" in shown


def test_a_wrong_option_is_said_before_any_test(tmp_path: Path) -> None:
    status, shown = judged_by_pytest(tmp_path, "--backproof-seed", "-1")
    assert (status, "--backproof-seed -1: give a whole number, at least 0" in shown) == (4, True)


def test_words_are_judged_as_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    laws = [LAW, OTHER]
    report = backproof.check(
        WORDS, laws=laws, profile="quick", seed=3, precision="float32", progress=True
    )
    assert report.isolated
    assert report.subject.precision == "float32"
    assert [(row.law, row.status) for row in report.laws] == [(LAW, "broken"), (OTHER, "holds")]
    assert capsys.readouterr().err.splitlines() == [
        f"1 of 2: broken {LAW}",
        f"2 of 2: holds {OTHER}",
    ]


def test_a_time_limit_leaves_laws_unfinished() -> None:
    report = backproof.check(BiasesForgotten, laws=[OTHER], time_limit=0)
    assert [row.status for row in report.laws] == ["unfinished"]


def test_an_object_is_constructed_by_whoever_gives_it() -> None:
    with pytest.raises(ValueError, match="precision='float32', options=None: they are for what"):
        backproof.check(BiasesForgotten, precision="float32")
    with pytest.raises(ValueError, match="give an object that was constructed with them"):
        backproof.parametrize(BiasesForgotten, options={"size": "3"})
