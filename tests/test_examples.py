"""The examples do what their first lines say."""

import ast
import difflib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
GRADIENT = "the_gradient_is_the_derivative_of_the_loss"


def check(name: str, folder: Path, laws: str = "*") -> tuple[int, Any]:
    subject = f"{EXAMPLES / name}.py:Homework"
    command = [sys.executable, "-P", "-m", "backproof", "check", subject, "--profile", "quick"]
    done = subprocess.run(
        [*command, "--laws", laws, "--json", "-"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"COLUMNS": "100"},
        timeout=120,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_the_homework_keeps_every_law_from_any_folder(tmp_path: Path) -> None:
    status, report = check("homework", tmp_path)
    assert status == 0
    assert {row["status"] for row in report["laws"]} <= {"holds", "weak", "unsupported"}
    assert report["summary"]["holds"] > 0
    assert report["subject"]["declared"] == ["loss_from='probabilities'"]


def test_the_slip_breaks_the_gradient_on_one_hidden_unit_and_no_law_of_the_outputs(
    tmp_path: Path,
) -> None:
    status, report = check("homework_with_a_bug", tmp_path, f"{GRADIENT}, forward, approximation")
    assert status == 1
    rows = {row["law"]: row for row in report["laws"]}
    broken = [law for law, row in rows.items() if row["status"] not in ("holds", "unsupported")]
    assert broken == [GRADIENT]
    assert rows["sums_of_sigmoids_approximate_continuous_functions"]["status"] == "holds"
    case = rows[GRADIENT]["findings"][0]["arguments"]["case"]
    assert case["architecture"].startswith("widths=(1, 1, 1), ")
    assert case["inputs"] in ([[0.0]], [[1.0]])


@pytest.mark.parametrize("name", ["homework", "homework_with_a_bug"])
def test_training_on_xor_succeeds_with_and_without_the_slip(name: str) -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    outputs = [float(word) for word in done.stdout.split("[")[1].rstrip("]\n").split()]
    assert [round(p) for p in outputs] == [0, 1, 1, 0]
    assert max(abs(p - round(p)) for p in outputs) < 0.05


def test_the_two_files_differ_in_their_first_lines_and_in_one_function() -> None:
    one, other = (
        (EXAMPLES / name).read_text().splitlines()
        for name in ("homework.py", "homework_with_a_bug.py")
    )
    changed = [line for line in difflib.ndiff(one, other) if line.startswith("- ")]
    assert [line for line in changed if line.startswith("- def ")] == [
        "- def slope(a: Array) -> Array:"
    ]
    assert len(changed) <= 6


def test_the_adapter_of_the_homework_has_at_most_25_lines() -> None:
    source = (EXAMPLES / "homework.py").read_text()
    (adapter,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == "Homework"
    )
    lines = source.splitlines()[adapter.lineno - 1 : adapter.end_lineno]
    assert len([line for line in lines if line.strip()]) <= 25
