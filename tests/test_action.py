"""The action and the pre-commit hook say what `backproof check` understands, and end as it does."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from backproof.frontends.cli import app

ROOT = Path(__file__).resolve().parent.parent


def text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


ACTION: dict[str, Any] = msgspec.yaml.decode(text_of("action.yml"))
(HOOK,) = msgspec.yaml.decode(text_of(".pre-commit-hooks.yaml"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
RUN = [step for step in STEPS if "run" in step]
(JUDGE,) = (step for step in STEPS if step.get("id") == "judge")
OPTIONS = {
    word
    for parameter in typer.main.get_command(app).commands["check"].params  # type: ignore[attr-defined]
    for word in parameter.opts
}


def judged(folder: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """The status of the step that judges, what it says, its outputs and its summary."""
    given = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | inputs
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = os.environ | {name: str(file) for name, file in files.items()}
    environment |= {"RUNNER_TEMP": str(folder), "GITHUB_ACTION_PATH": str(ROOT)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for name, value in JUDGE["env"].items():
        environment[name] = re.sub(r"\$\{\{ inputs\.(\S+) }}", lambda m: given[m[1]], value)
    bash = shutil.which("bash")
    assert bash is not None
    command = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", JUDGE["run"]]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    said, summary = (file.read_text() if file.exists() else "" for file in files.values())
    outputs = dict(line.split("=", 1) for line in said.splitlines())
    return done.returncode, done.stdout + done.stderr, outputs, summary


@pytest.mark.parametrize("step", RUN, ids=lambda step: step["name"])
def test_what_a_user_gives_is_no_part_of_a_line_of_the_shell(step: dict[str, Any]) -> None:
    assert "${{" not in step["run"]
    for name in step["env"]:
        assert f"${name}" in step["run"] or f"${{{name}" in step["run"], name


def test_each_input_goes_somewhere_and_each_output_comes_from_a_step() -> None:
    assert {*re.findall(r"inputs\.([a-z-]+)", text_of("action.yml"))} == {*ACTION["inputs"]}
    written = {*re.findall(r'"(\w+)=\$', JUDGE["run"]), "holds", "broken"}
    assert {*ACTION["outputs"]} <= written


def test_each_option_that_the_action_and_the_hook_pass_is_one_of_the_command() -> None:
    program, command, *words = shlex.split(HOOK["entry"])
    assert (program, command) == ("backproof", "check")
    passed = re.findall(r'"(--[a-z]+)=', JUDGE["run"])
    assert len(passed) > 10
    assert {*passed, *(word for word in words if word.startswith("--"))} <= OPTIONS


def test_the_page_shows_the_action_with_all_its_inputs_and_the_hook() -> None:
    workflow, hooks = re.findall(
        r"^```yaml\n((?:.|\n)*?)^```$", text_of("docs/ci.md"), re.MULTILINE
    )
    (*_, judge) = msgspec.yaml.decode(workflow)["jobs"]["laws"]["steps"]
    table = {*re.findall(r"^\| `([a-z-]+)` \|", text_of("docs/ci.md"), re.MULTILINE)}
    assert {*judge["with"]} <= table == {*ACTION["inputs"]}
    (repository,) = msgspec.yaml.decode(hooks)["repos"]
    assert repository["hooks"][0]["id"] == HOOK["id"]


def test_a_law_that_does_not_hold_ends_the_step_with_its_status_and_leaves_every_report(
    tmp_path: Path,
) -> None:
    status, said, outputs, summary = judged(
        tmp_path,
        subject="tests/hostile.py:Raises",
        laws="no_hidden_layer_is_logistic_regression",
        profile="quick",
        arguments="--verbose\n",
    )
    assert (status, outputs["status"], outputs["holds"], outputs["broken"]) == (1, "1", "0", "1")
    assert "error: no_hidden_layer_is_logistic_regression" in said
    assert summary.startswith("### backproof: 1 error")
    forms = {"badge.svg", "report.html", "report.json", "report.md", "report.xml", "errors.txt"}
    assert {file.name for file in Path(outputs["report"]).iterdir()} == forms


def test_a_subject_that_cannot_be_loaded_is_said_where_the_run_is_read(tmp_path: Path) -> None:
    there = tmp_path / "there"
    subject = f"nowhere.py:Net\n'; touch '{there}' #\n$(touch '{there}')"
    status, said, outputs, summary = judged(tmp_path, subject=subject)
    assert (status, outputs["status"]) == (2, "2")
    assert "there is no file nowhere.py" in said
    assert "there is no file nowhere.py" in summary
    assert not there.exists()


def test_without_a_subject_nothing_is_judged(tmp_path: Path) -> None:
    status, said, outputs, _ = judged(tmp_path, subject=" \n")
    assert (status, outputs) == (2, {})
    assert "::error::backproof has no subject: give one, such as path/to/file.py:Name" in said
