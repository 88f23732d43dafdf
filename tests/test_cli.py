"""The command line, as a newcomer runs it."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from backproof.laws.catalogue import laws
from tests.started import started

HERE = Path(__file__).parent
LAW = "no_hidden_layer_is_logistic_regression"


def backproof(*words: str, cwd: Path | None = None, **more: str) -> Any:
    command = [sys.executable, "-P", "-m", "backproof", *words]
    environment = os.environ | {"COLUMNS": "100"} | more
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A whole run on the reference engine, which others are compared with, and its rows."""
    folder = tmp_path_factory.mktemp("friendly")
    words = ("check", "--profile", "quick", "--seed", "7", "--json", "report.json")
    done = backproof(*words, cwd=folder)
    return done, rows((folder / "report.json").read_text())


def rows(report: str) -> dict[str, Any]:
    """All that a report says of each law, but the seconds."""
    return {law["law"]: law | {"seconds": None} for law in json.loads(report)["laws"]}


def some(found: dict[str, Any], pattern: str) -> dict[str, Any]:
    """The rows of the laws that a pattern chooses."""
    return {law.name: found[law.name] for law in laws(pattern)}


def test_the_reference_engine_keeps_every_law(quick: Any) -> None:
    done, found = quick
    assert done.returncode == 0
    assert f"{len(laws())} hold" in done.stdout
    assert done.stderr == ""
    assert list(found) == [law.name for law in laws()]


def test_a_broken_law_shows_its_claim_the_smallest_case_and_how_to_run_it_again() -> None:
    subject = "backproof.mutants.meaning:BiasesForgotten"
    done = backproof("check", subject, "--laws", LAW, "--profile", "quick")
    assert done.returncode == 1
    for words in (
        "A network without a hidden layer and with a sigmoid output is a logistic regression.",
        "parameters[0].weights = [[",
        "observed ",
        "expected ",
        "allowed ",
        "ratio ",
        f"backproof check {subject} --laws {LAW} --seed 0",
    ):
        assert words in done.stdout
    assert "% )" not in done.stdout  # no power of a head or an activation that has none


def test_several_subjects_give_a_table() -> None:
    done = backproof(
        "check", "refnet", f"{HERE / 'hostile.py'}:Raises", "--laws", LAW, "--profile", "quick"
    )
    assert done.returncode == 1
    table = done.stdout[done.stdout.rindex("law ") :]
    assert "holds" in table
    assert "error" in table


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "nonsense"), "'nonsense' is no built-in adapter"),
        (("check", "refnet", "nonsense"), "'nonsense' is no built-in adapter"),
        (("check", f"{HERE / 'hostile.py'}:WithoutScope"), "has no scope: say what"),
        (
            ("check", "--laws", "qqq"),
            "no law or chapter fits 'qqq'; `backproof laws` lists them",
        ),
        (("check", "--profile", "slow"), "choose one of quick, default, thorough"),
        (("check", "--option", "colour"), "--option colour: give key=value"),
        (("check", "--option", "colour=red"), "cannot be constructed with colour=red"),
        (("check", "--precision", "float8"), "precision='float8': the engine runs in float64"),
        (("check", "--json", "absent/report.json"), "there is no folder"),
        (("check", "--junit", "absent/report.xml"), "--junit absent/report.xml: there is no"),
        (("check", "--json", "-", "--badge", "-"), "--json - and --badge -: one place holds one"),
        (("check", "--seed", "minus one"), "seed"),
        (("check", "--seed", f"{2**64}"), "18446744073709551615"),
        (("check", "--call-seconds", "inf"), "'--call-seconds': Input should be less than"),
        (("check", "--memory", "1e30"), "'--memory': Input should be less than"),
        (("check", "builtins:dict"), "it needs an adapter: backproof new FILE writes one"),
        (("check", "--laws", "softmx"), "did you mean 'softmax'?"),
        (("check", "--laws", "xor, softmx"), "fits 'softmx'; did you mean 'softmax'?"),
        (("refnet",), "To judge a subject: backproof check refnet"),
        (("explain", "nothing"), "no law or chapter fits 'nothing'"),
        (("chek",), "chek"),
    ],
)
def test_a_wrong_call_says_so_and_exits_with_2(words: tuple[str, ...], message: str) -> None:
    done = backproof(*words)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "examples" not in done.stdout, "nothing was judged"


def test_json_on_standard_output_is_all_that_is_there() -> None:
    done = backproof("check", "--laws", LAW, "--profile", "quick", "--json", "-")
    report = json.loads(done.stdout)
    assert report["schema"] == 1
    assert report["summary"]["holds"] == 1
    assert report["laws"][0]["law"] == LAW
    assert "1 holds" in done.stderr


def test_the_report_of_several_subjects_is_a_list_in_every_form(tmp_path: Path) -> None:
    words = ["check", "refnet", "refnet", "--laws", LAW, "--profile", "quick"]
    for form in ("json", "junit", "markdown", "html", "badge"):
        words += [f"--{form}", form]
    assert backproof(*words, cwd=tmp_path).returncode == 0
    text = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert [report["subject"]["name"] for report in json.loads(text["json"])] == ["refnet"] * 2
    assert text["junit"].count("<testsuite ") == text["junit"].count("<testcase ") == 2
    assert text["markdown"].count("### backproof: 1 holds") == 2
    assert text["html"].count("<h1>1 holds") == 2
    assert "backproof: 2 of 2 hold" in text["badge"]


def test_the_same_seed_gives_the_same_report_whatever_else_is_asked(quick: Any) -> None:
    words = ("--laws", "dropout, initialization", "--profile", "quick", "--seed", "7")
    done = backproof("check", *words, "--json", "-")
    assert rows(done.stdout) == some(quick[1], "dropout, initialization")


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\npython_files = none\n")
    profile = "import hypothesis as h\nh.settings.register_profile('x', max_examples=1)\n"
    (tmp_path / "conftest.py").write_text(profile + "h.settings.load_profile('x')\nraise OSError\n")
    for name in ("engine.py", "refnet.py", "numpy.py", "hypothesis.py"):
        (tmp_path / name).write_text("raise OSError('the wrong module was imported')\n")
    return tmp_path


@pytest.mark.parametrize(
    ("how", "pattern"),
    [(["-P", "-m", "backproof"], "forward, steps"), (["-m", "backproof"], "meaning, batches")],
)
def test_a_hostile_folder_changes_nothing_and_gets_nothing(
    hostile_folder: Path, how: list[str], pattern: str, quick: Any
) -> None:
    before = sorted(path.name for path in hostile_folder.iterdir())
    words = ["check", "--laws", pattern, "--profile", "quick", "--seed", "7", "--json", "-"]
    environment = os.environ | {"PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "nonsense"}
    hostile_folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    done = subprocess.run(
        [sys.executable, *how, *words],
        capture_output=True, text=True, cwd=hostile_folder, env=environment, check=False,
    )  # fmt: skip
    hostile_folder.chmod(stat.S_IRWXU)
    assert done.returncode == 0
    assert rows(done.stdout) == some(quick[1], pattern)
    assert sorted(path.name for path in hostile_folder.iterdir()) == before


def test_nothing_is_written_beside_a_subject_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import friend\nfrom hostile import Prints\n")
    (tmp_path / "friend.py").write_text("")
    (tmp_path / "hostile.py").write_text((HERE / "hostile.py").read_text())
    done = backproof("check", "mine.py:Prints", "--laws", LAW, "--profile", "quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["friend.py", "hostile.py", "mine.py"]


@pytest.mark.parametrize("seconds", [0.4, 0.9, 1.6, 2.4])
def test_an_interrupted_run_gives_a_whole_report(tmp_path: Path, seconds: float) -> None:
    file = tmp_path / "report.json"
    words = ["check", "--profile", "thorough", "--json", str(file)]
    with started(sys.executable, "-m", "backproof", *words) as running:
        time.sleep(seconds)
        running.send_signal(signal.SIGINT)
        printed, _ = running.communicate(timeout=30)
    report = json.loads(file.read_text())
    assert running.returncode == 130
    assert report["interrupted"]
    assert len(report["laws"]) == len(laws())
    assert report["summary"]["unfinished"] > 0
    assert "unfinished" in printed


def test_every_law_can_be_explained() -> None:
    listed = backproof("laws").stdout
    explained = backproof("explain", "*").stdout
    lines = [line for line in listed.splitlines() if line.startswith("  ")]
    names = [line.strip() for line in lines if not line.startswith("    ")]
    assert len(names) == len(laws())
    for name in names:
        assert f"{name}\n" in explained
        assert f"\npage: docs/laws/{name}.md\n" in explained
    for law in laws():
        assert f"  {law.name}\n    {law.claim}\n    needs " in listed
    for title in ("Why:", "Tolerance:", "Catches:", "Source:"):
        assert explained.count(title) == len(laws())


def test_pytest_judges_a_subject_as_one_test_for_each_law(tmp_path: Path) -> None:
    subject = "backproof.mutants.gradient:SlopeForgotten"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--backproof", subject]
    command += ["-q", "-k", "derivative_of or no_hidden"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "broken: the_gradient_is_the_derivative_of_the_loss" in done.stdout


def test_the_time_limit_leaves_laws_unfinished_and_fails_nothing() -> None:
    given = ("--laws", "no_hidden*,outputs_are*", "--profile", "thorough", "--time-limit", "1")
    done = backproof("check", *given, "--json", "-")
    report = json.loads(done.stdout)
    assert done.returncode == (report["summary"]["examples"] == 0), "nothing judged is no success"
    assert report["summary"]["unfinished"] == 2
    for law in report["laws"]:
        assert re.match(r"the time limit came (first|after \d+ of 1000 examples)", law["reason"])
    assert done.stderr.count("unfinished  ") == 2, "each has one line, at the end"


def test_several_jobs_give_the_verdicts_of_one(quick: Any) -> None:
    words = ("--laws", "gradient", "--profile", "quick", "--seed", "7", "--jobs", "2")
    done = backproof("check", *words, "--json", "-")
    assert done.returncode == 0
    assert rows(done.stdout) == some(quick[1], "gradient")


def test_smoke_calls_each_capability_once() -> None:
    alive = backproof("smoke", "refnet")
    assert alive.returncode == 0
    assert alive.stdout.count("answers ") + alive.stdout.count("refuses ") == 9
    dead = backproof("smoke", f"{HERE / 'hostile.py'}:Raises")
    assert dead.returncode == 1
    assert "forward raised ZeroDivisionError: out of luck" in dead.stdout


def test_a_new_adapter_runs_as_it_is_and_keeps_every_law_that_it_is_asked(tmp_path: Path) -> None:
    made = backproof("new", "mine.py", cwd=tmp_path)
    assert made.returncode == 0
    assert "backproof check mine.py:MyNetwork" in made.stdout
    words = ("check", "mine.py:MyNetwork", "--profile", "quick", "--json", "-")
    done = backproof(*words, cwd=tmp_path)
    statuses = {law["status"] for law in json.loads(done.stdout)["laws"]}
    assert statuses <= {"holds", "unsupported"}
    again = backproof("new", "mine.py", cwd=tmp_path)
    assert again.returncode == 2
    assert "it exists already" in again.stderr


def test_a_suite_of_ones_own_has_one_test_for_each_law(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import backproof\n"
        "from backproof.mutants.gradient import SlopeForgotten\n\n"
        "@backproof.parametrize(SlopeForgotten, laws='the_gradient_is*, no_hidden*')\n"
        "def test_mine(law):\n    law()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout
    assert "broken: the_gradient_is_the_derivative_of_the_loss" in done.stdout
    assert "test_mine[no_hidden_layer" not in done.stdout


def test_the_version_is_said() -> None:
    assert backproof("--version").stdout == f"backproof {version('backproof')}\n"


def test_several_tests_of_one_file_may_be_parametrized(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import backproof\n"
        "from backproof import parametrize\n\n"
        "@parametrize('refnet', laws='xor*')\n"
        "def test_one(law): law()\n\n"
        "@backproof.parametrize('refnet', laws='the_link*, xor*')\n"
        "def test_other(law): law()\n"
    )
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "test_mine.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ids = re.findall(r"::(\w+)\[(\w+)\] PASSED", done.stdout)
    assert [(test, law[:8]) for test, law in ids] == [
        ("test_one", "xor_need"),
        ("test_other", "the_link"),
        ("test_other", "xor_need"),
    ]


def test_a_safe_path_keeps_its_first_folder(tmp_path: Path) -> None:
    (tmp_path / "refnet.py").write_text("raise SystemExit('found on the path')\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    assert "found on the path" in backproof("laws", PYTHONPATH=path).stderr
