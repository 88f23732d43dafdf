"""What the README shows is what is printed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHOWN = re.findall(r"<!-- checked: backproof (.*?) -->\n```\n(.*?)```", README, re.S)


def normal(line: str) -> str:
    """A line without its numbers, which differ from machine to machine in the last bits."""
    return re.sub(r"-?\d[\d,.]*(e[+-]\d+)?", "N", line).rstrip()


@pytest.mark.parametrize(("words", "shown"), SHOWN, ids=[words for words, _ in SHOWN])
def test_the_readme_shows_what_the_command_prints(words: str, shown: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backproof", *shlex.split(words)],
        capture_output=True, text=True, cwd=ROOT, timeout=300, check=False,
    )  # fmt: skip
    printed = iter([normal(line) for line in done.stdout.splitlines()])
    for line in shown.strip().splitlines():
        if line != "...":
            assert any(normal(line) == found for found in printed), line


def test_the_readme_has_the_two_commands_and_three_examples() -> None:
    assert "pip install . && backproof check\n" in README
    assert "pip install -e '.[test]' && pytest -n auto --dist loadfile\n" in README
    assert len(SHOWN) == 3
