"""A folder of submissions: each is a row, whatever it does, and has its reports."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backproof.frontends.cli import app
from backproof.frontends.ending import status_of
from backproof.frontends.patterns import expanded, is_pattern, names
from backproof.reports.overview import COLUMNS, Submission, overview_csv, overview_html
from tests.test_html import Read
from tests.test_reports import EVERY, EVIL, report, row

LAW = "no_hidden_layer_is_logistic_regression"

CLASS = {
    "alpha": "from backproof.adapters.refnet import Refnet as Net\n",
    "beta": "from backproof.mutants.meaning import BiasesForgotten as Net\n",
    "crash": "import os\nos._exit(7)\n",
    "endless": "while True:\n    pass\n",
    "index": "class Network:\n    pass\n",
    "missing": "import nothing_of_this_name\n",
    "raises": "1 / 0\n",
    "syntax": "class Net(:\n",
}
"""Eight submissions, of which one is right, one is wrong, and six cannot be loaded."""


def check(folder: Path, *words: str) -> Any:
    command = [sys.executable, "-P", "-m", "backproof", "check", *words, "--profile", "quick"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder in which a class was judged, and what the command printed."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "handed-in").mkdir()
    for name, text in CLASS.items():
        (folder / "handed-in" / f"{name}.py").write_text(text)
    words = ["handed-in/*.py:Net", "--laws", LAW, "--call-seconds", "0.4"]
    for form in ("json", "html", "gradescope"):
        words += [f"--{form}", form]
    return folder, check(folder, *words)


def test_each_submission_is_a_row_and_the_others_go_on(judged: Any) -> None:
    _, done = judged
    lines = done.stdout.splitlines()
    assert done.returncode == 1, done.stderr
    assert [line.split()[0] for line in lines[1:]] == [
        "alpha", "beta", "crash", "endless", "index_", "missing", "raises", "syntax",
    ]  # fmt: skip
    counts = [line.split()[1:5] for line in lines[1:]]
    assert counts == [["1", "0", "0", "0"], ["0", "1", "0", "0"], *[["0", "0", "1", "0"]] * 6]
    for words, line in zip(
        ["", "the outputs are wrong", "exit status 7", "no answer within 2.4 s",
         "defines no Net", "nothing_of_this_name", "division by zero", "is no Python, line 1"],
        lines[1:], strict=True,
    ):  # fmt: skip
        assert words in line


def test_each_submission_has_its_reports_and_each_folder_an_index(judged: Any) -> None:
    folder, _ = judged
    for form, suffix in (("json", "json"), ("html", "html"), ("gradescope", "json")):
        files = {path.name for path in (folder / form).iterdir()}
        own = {f"{name}.{suffix}" for name in {*CLASS, "index_"} - {"index"}}
        index = {"index.csv", "index.html"} if form == "html" else {"index.csv"}
        assert files == own | index
    rows = [*csv.DictReader((folder / "html" / "index.csv").read_text().splitlines())]
    assert [one["report"] for one in rows][4] == "index_.html"
    assert [one["holds"] for one in rows] == ["1", *"0" * 7]
    page = Read((folder / "html" / "index.html").read_text())
    links = [value for name, value in page.attributes if name == "href"]
    assert links == [one["report"] for one in rows]
    assert page.texts["h1"] == ["8 submissions, 1 without a finding"]
    report = json.loads((folder / "json" / "raises.json").read_text())
    assert report["summary"]["error"] == len(report["laws"]) == 1
    assert 'raises.py", line 1' in report["laws"][0]["findings"][0]["detail"]


def test_a_score_is_given_to_each(judged: Any) -> None:
    folder, _ = judged
    scores = {
        path.stem: json.loads(path.read_text())["score"]
        for path in (folder / "gradescope").glob("*.json")
    }
    assert scores == dict.fromkeys(scores, 0) | {"alpha": 100}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["*.txt:Net"], "no file fits '*.txt', as seen from "),
        (["*.py"], "'*.py' names files; say which class in them, as *.py:Net"),
        (["*.py:"], "'*.py:' names files; say which class in them, as *.py:Net"),
        (["*.py:Net", "--json", "a.py"], "--json a.py: it cannot be made: File exists"),
        (["*.py:Net", "refnet", "--gradescope", "-"], "a quoted pattern gives a folder"),
        (["refnet", "refnet", "--gradescope", "x"], "--gradescope x: one place holds one score"),
        (["refnet", "--solution", "x"], "give --gradescope, too"),
        (["refnet", "--gradescope", "s", "--solution", "x"], "--solution x: No such file"),
        (["refnet", "--gradescope", "s", "--solution", "a.py"], "a.py is no report that --json"),
        (["refnet", "--gradescope", "s", "--solution", "none.json"], "none of the laws that are"),
    ],
)
def test_a_wrong_call_says_so(
    tmp_path: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("")
    (tmp_path / "none.json").write_text(EVERY.to_json())
    assert status_of(lambda: app(["check", *words])) == 2
    assert message in capsys.readouterr().err


def test_a_pattern_gives_its_files_sorted_and_each_subject_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("b/net.py", "a/net.py", "a/deep/net.py", "[x].py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    assert expanded(["*/net.py:Net"]) == ["a/net.py:Net", "b/net.py:Net"]
    assert expanded(["a/net.py:Net", "**/net.py:Net", "refnet"]) == [
        "a/net.py:Net", "a/deep/net.py:Net", "b/net.py:Net", "refnet",
    ]  # fmt: skip
    assert not is_pattern("[x].py:Net"), "there is a file of this very name"


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        (["s/alpha.py:Net", "s/beta.py:Net"], ["alpha", "beta"]),
        (["s/alpha/net.py:Net", "s/beta/net.py:Net"], ["alpha", "beta"]),
        (["s/alpha/one.py:Net", "s/beta/two.py:Net"], ["alpha/one", "beta/two"]),
        (["s/net.py:Net"], ["net"]),
        (["s/alpha.py:Net", "s/alpha.py:Other"], ["alpha-Net", "alpha-Other"]),
        (["s/index.py:Net", "s/Index.py:Net"], ["index_", "Index__"]),
        (["s/alpha.py:Net", "../s/beta.txt:Net"], ["here/s/alpha", "s/beta.txt"]),
    ],
)
def test_a_name_is_what_tells_a_submission_from_the_others(
    subjects: list[str], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert names(subjects) == expected


def test_no_name_and_no_finding_is_a_formula_or_markup() -> None:
    text = EVIL.replace("\ud800", "\udcff")  # as in the name of a file that is no UTF-8
    evil = report(row("error", reason=f"=1+1 {text}"))
    submissions = [Submission(f"@{text}", evil, 1.0), Submission("-2", EVERY, 0.0)]
    rows = [*csv.reader(overview_csv(submissions, "html").splitlines())]
    assert rows[0] == [*COLUMNS, "report"]
    assert [one[0][:2] for one in rows[1:]] == ["'@", "'-"]
    assert rows[1][6].startswith("'=")
    page = Read(overview_html(submissions, "html"))
    assert "script" not in page.elements
    link = next(value for name, value in page.attributes if name == "href")
    assert link.startswith("%40%3Cscript%3E")
    assert link.endswith("%00%FF.html")


def test_every_law_is_counted_once() -> None:
    assert sum(Submission("alpha", EVERY, 1.0).counts) == len(EVERY.laws)


def test_after_ctrl_c_the_others_are_not_judged_and_the_reports_are_there(tmp_path: Path) -> None:
    stops = (
        "import os, signal, time\nos.kill(int(os.environ['JUDGE']), signal.SIGINT)\ntime.sleep(60)"
    )
    (tmp_path / "a.py").write_text(stops)
    (tmp_path / "b.py").write_text(CLASS["alpha"])
    program = (
        "import os, sys\n"
        "from backproof.__main__ import main\n"
        "os.environ['JUDGE'] = str(os.getpid())\n"
        "sys.argv = ['backproof', 'check', '*.py:Net', '--json', 'r']\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 130
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["a", "b"]
    second = json.loads((tmp_path / "r" / "b.json").read_text())
    assert second["interrupted"]
    assert second["summary"]["unfinished"] == len(second["laws"])
