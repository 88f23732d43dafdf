"""Types, style and the direction of the imports are part of the tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("engine", "properties")


@pytest.mark.parametrize(
    "tool", [["mypy"], ["ruff", "check", "."], ["ruff", "format", "--check", "."]], ids=" ".join
)
def test_the_tool_finds_nothing(tool: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *tool], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imports_point_one_way(folder: Path) -> tuple[bool, str]:
    """What import-linter says of the sources in this folder."""
    words = ["from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    paths = os.pathsep.join(str(folder / source) for source in SOURCES)
    done = subprocess.run(
        [sys.executable, "-c", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths},
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_imports_point_one_way() -> None:
    kept, said = imports_point_one_way(ROOT)
    assert kept, said


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("engine/refnet/rounding/operations.py", "import refnet.functions.softmax"),
        ("engine/refnet/logistic/newton.py", "import refnet.training.steps"),
        ("engine/refnet/network.py", "import backproof.contract"),
        ("engine/refnet/training/steps.py", "import refnet"),
        ("properties/backproof/cases/kinds.py", "import backproof.subjects.subject"),
        ("properties/backproof/cases/kinds.py", "import backproof.reports.report"),
        ("properties/backproof/laws/steps.py", "import backproof.adapters.refnet"),
        ("properties/backproof/subjects/calls.py", "import backproof"),
    ],
)
def test_an_import_the_other_way_is_noticed(tmp_path: Path, file: str, line: str) -> None:
    for source in SOURCES:
        shutil.copytree(ROOT / source, tmp_path / source)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    kept, said = imports_point_one_way(tmp_path)
    assert not kept
    module = Path(file).relative_to(Path(file).parts[0]).with_suffix("")
    assert ".".join(module.parts) in said


def test_files_are_short() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for source in SOURCES
        for path in (ROOT / source).rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > 320} == {}
