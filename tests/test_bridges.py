"""Each bridge is judged where its language is, and what it is known to break is found."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import backproof
from backproof.laws.catalogue import by_name
from backproof.reports.ledger import read
from backproof.reports.report import Report

ROOT = Path(__file__).parents[1]
BRIDGES, FINDINGS = ROOT / "bridges", ROOT / "examples" / "findings"

COMMANDS = {
    "perl": f"perl {BRIDGES}/perl/bridge.pl",
    "octave": f"octave-cli --quiet --no-init-file {BRIDGES}/octave/bridge.m",
    "node-tfjs": f"node {BRIDGES}/node-tfjs/bridge.js",
    "r-nnet": f"Rscript {BRIDGES}/r-nnet/bridge.R",
}

NEEDS = {
    "perl": ["perl", "-MJSON::PP", "-e", "1"],
    "r-nnet": ["Rscript", "-e", "library(nnet); library(jsonlite)"],
}
"""What ends well where the packages of a bridge are there."""

VALUES = "outputs_are_right,the_loss_is_the_mean,the_gradient_is_the,gradient_descent_subtracts"


def lacks(name: str) -> str:
    """What a bridge needs and is not here."""
    program = COMMANDS[name].split()[0]
    if shutil.which(program) is None:
        return f"there is no {program} here"
    if name == "node-tfjs" and not (BRIDGES / name / "node_modules").is_dir():
        return "npm install was not run in bridges/node-tfjs"
    if name in NEEDS and subprocess.run(NEEDS[name], capture_output=True, check=False).returncode:
        return f"{program} lacks what {' '.join(NEEDS[name])!r} asks for"
    return ""


def judged(name: str, laws: str, **given: Any) -> Report:
    if reason := lacks(name):
        pytest.skip(reason)
    return backproof.check(f"--command={COMMANDS[name]}", laws=laws, profile="quick", **given)


def statuses(report: Report) -> dict[str, str]:
    return {row.law[:12]: row.status for row in report.laws}


@pytest.mark.parametrize(
    ("name", "unsupported"), [("perl", {"gradient_des"}), ("octave", set()), ("node-tfjs", set())]
)
def test_a_bridge_keeps_the_laws(name: str, unsupported: set[str]) -> None:
    found = statuses(judged(name, VALUES))
    assert {law for law, status in found.items() if status != "holds"} == unsupported
    assert len(found) == 4


@pytest.mark.parametrize(
    ("options", "seed", "where"),
    [({}, 3, 15), ({"model": "glm"}, 0, 30)],
    ids=["nnet", "glm"],
)
def test_r_cuts_its_sigmoids_off_and_the_finding_says_where(
    options: dict[str, str], seed: int, where: int
) -> None:
    report = judged("r-nnet", "outputs_are_right", options=options, seed=seed)
    assert report.laws[0].status == "broken"
    said = " ".join(report.laws[0].findings[0].special)
    assert re.search(rf"it begins where the logit of .* reaches -?{where}\.0", said)


def test_the_ledger_of_r_knows_it() -> None:
    report = judged("r-nnet", "outputs_are_right", seed=1, known="examples/ledgers/r.toml")
    assert [row.status for row in report.laws] == ["known"]
    assert report.laws[0].reason is not None
    for entry in read(str(ROOT / "examples" / "ledgers" / "r.toml"), by_name()):
        assert (ROOT / entry.link).is_file()


def test_tensorflow_js_takes_the_seed_0_for_none() -> None:
    report = judged("node-tfjs", "a_seed_decides", known="examples/ledgers/tfjs.toml")
    assert [row.status for row in report.laws] == ["known"]


def test_the_gradient_of_huber_is_asked_for_by_an_option() -> None:
    assert statuses(judged("node-tfjs", "huber"))["huber_is_squ"] == "unsupported"
    report = judged("node-tfjs", "huber", options={"huber": "judged"})
    assert report.laws[0].status == "broken"
    assert report.laws[0].findings[0].what == "gradient of the biases"


def test_what_was_found_in_tensorflow_js_is_shown_without_our_code() -> None:
    if reason := lacks("node-tfjs"):
        pytest.skip(reason)
    shown = {"gelu": "NaN", "huber": "1000000 0", "seed_zero": "glorotNormal 0 false"}
    for name, said in shown.items():
        with (FINDINGS / f"tfjs_{name}.js").open(encoding="utf-8") as script:
            done = subprocess.run(
                ["node", "-"],
                stdin=script,
                cwd=BRIDGES / "node-tfjs",
                capture_output=True,
                text=True,
                check=False,
            )
        assert said in done.stdout.splitlines()


def test_what_was_found_is_shown_without_our_code() -> None:
    shown = {
        "nnet_sigmoid.R": ("Rscript", "1 is 0.99999972320821073"),
        "glm_logit.R": ("Rscript", "0.99999999999999978 is 0.99999999999996558"),
        "octave_jsondecode.m": ("octave-cli", "is read as 0.93507242378776845"),
    }
    assert set(shown) <= {file.name for file in FINDINGS.iterdir()}
    for name, (program, said) in shown.items():
        if shutil.which(program) and not (program == "Rscript" and lacks("r-nnet")):
            done = subprocess.run(
                [program, FINDINGS / name], capture_output=True, text=True, check=False
            )
            assert said in done.stdout


def test_each_bridge_says_how_it_is_run() -> None:
    for folder in BRIDGES.iterdir():
        words = (folder / "README.md").read_text(encoding="utf-8")
        assert f"cd bridges/{folder.name}" in words or f"bridges/{folder.name}/" in words
        assert "backproof check --command" in words
