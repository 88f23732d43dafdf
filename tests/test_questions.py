"""What a seed asks: the same everywhere, whatever else is loaded."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.cases.turns import among
from backproof.judging.questions import ask

LAWS = "no_hidden_layer,gradients_match"

FROM_PYTHON = f"""
import loaded_beside, backproof
from backproof.adapters.refnet import Refnet
print(backproof.check(Refnet, laws={LAWS!r}, profile="quick", seed=3).to_json())
"""


def run(folder: Path, *command: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        timeout=120,
        check=True,
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout)["laws"]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_the_same_seed_asks_the_same_questions_from_python_and_from_the_command_line(
    tmp_path: Path,
) -> None:
    """Hypothesis's own provider mixes the constants of a user's modules into what it draws."""
    constants = ", ".join(str(1000 + number) for number in range(500))
    (tmp_path / "loaded_beside.py").write_text(f"CONSTANTS = [{constants}]\n")
    words = ("check", "refnet", "--laws", LAWS, "--profile", "quick", "--seed", "3", "--json", "-")
    assert run(tmp_path, "-c", FROM_PYTHON) == run(tmp_path, "-P", "-m", "backproof", *words)


def test_whole_numbers_are_drawn_whole_though_equal_ones_were_drawn_before() -> None:
    """To a cache 1 and 1.0 are one key, and a number of rows must be no float."""
    drawn: list[Any] = []
    for values in ((1.0,), (1,), (True,)):
        ask(lambda one: drawn.append(one), {"one": among(values)}, examples=1, seed=0)
    assert [type(one) for one in drawn] == [float, int, bool]


def test_a_law_may_be_judged_inside_a_test_of_hypothesis() -> None:
    met: list[int] = []

    def keep(drawn: int) -> None:
        met.append(drawn)

    @given(st.integers(0, 3))
    @settings(max_examples=2, database=None)
    def inside(number: int) -> None:
        ask(keep, {"drawn": st.just(number)}, examples=1, seed=0)

    inside()
    assert len(met) >= 2


def test_what_another_thread_draws_from_random_is_no_slip_of_a_strategy() -> None:
    met: list[float] = []

    def keep(drawn: float) -> None:
        met.append(drawn)

    ask(keep, {"drawn": st.builds(random.random)}, examples=1, seed=0)
    assert len(met) == 1
