"""What the site keeps of a build is used again, and never once a file has changed."""

import sys
from pathlib import Path

import pytest

HOOKS = Path(__file__).resolve().parent.parent / "docs" / "_hooks"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [*sys.path, str(HOOKS)])
    import kept

    monkeypatch.setattr(kept, "ROOT", tmp_path)
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "sum.py").write_text("print(1 + 1)\n")
    return tmp_path


def ask(words: str, asked: list[str]) -> str:
    """As a new build would: the files are looked at anew."""
    import kept

    def made() -> str:
        asked.append(words)
        return f"made {len(asked)}"

    kept.state.cache_clear()
    return str(kept.kept(words, made))


def test_an_unchanged_example_is_not_run_again(root: Path) -> None:
    asked: list[str] = []
    assert [ask("one", asked), ask("one", asked)] == ["made 1", "made 1"]
    assert ask("two", asked) == "made 2"


@pytest.mark.parametrize("place", ["engine/sum.py", "examples/new.py", "pyproject.toml"])
def test_a_changed_file_runs_the_example_again(root: Path, place: str) -> None:
    asked: list[str] = []
    ask("one", asked)
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).write_text("print(1 + 2)\n")
    assert ask("one", asked) == "made 2"


def test_another_version_runs_the_example_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kept

    asked: list[str] = []
    ask("one", asked)
    monkeypatch.setattr(kept, "distributions", list)
    assert ask("one", asked) == "made 2"
