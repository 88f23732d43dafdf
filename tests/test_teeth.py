"""The kill matrix: who is killed, by which law, for the right reason."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from backproof.adapters.refnet import Refnet
from backproof.cases.networks import networks
from backproof.judging import search
from backproof.judging.judge import near
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.judging.trial import Trial
from backproof.laws.catalogue import laws
from backproof.mutants import Mutant, mutants
from backproof.mutants.bites import bites
from backproof.mutants.open import by_value, own
from backproof.reports.matrix import complaints, matrix, totals
from backproof.reports.row import Finding
from backproof.reports.teeth import Bite, Bug, Teeth
from backproof.subjects.calls import perform
from backproof.subjects.handed import Handed
from backproof.subjects.local import Local
from backproof.subjects.messages import Call
from backproof.subjects.subject import Subject
from refnet.conventions import Conventions
from refnet.rounding.precision import FLOAT64
from refnet.training.optimizers import Optimizer
from tests.started import started

ROUNDING = "outputs_are_right_within_rounding"
BATCH = "outputs_of_a_row_do_not_depend_on_the_batch"
QUICK = Settings("quick")
BY_NAME = {bug.name: bug for bug in mutants()}


def backproof(*words: str, **more: Any) -> Any:
    command = [sys.executable, "-P", "-m", "backproof", "teeth", *words]
    environment = os.environ | {"COLUMNS": "100"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=120, check=False, **more
    )


def test_there_are_120_mutants_and_those_that_are_no_fault_say_why() -> None:
    harmless = [bug for bug in mutants() if bug.equivalent]
    assert len(mutants()) - len(harmless) >= 120
    assert harmless
    assert all(bug.killers == () and len(bug.equivalent) > 20 for bug in harmless)


@pytest.mark.parametrize("law", [ROUNDING, "every_call_stands_alone"])
def test_the_matrix_says_what_check_finds(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SHRINK_SECONDS", 0.0)
    [judge] = laws(law)
    bugs = [BY_NAME[name] for name in ("LastRowRepeated", "DropoutLeftOn", "TanhClippedAtFifteen")]
    found = {bite.mutant: bite for bite in bites(judge, bugs, QUICK)}
    assert found
    for bug in bugs:
        looked = search.Search(Trial(judge, Subject(Local(bug.implementation()))), QUICK)
        looked.run()
        if looked.failing is None:
            assert bug.name not in found
        else:
            bite = found[bug.name]
            assert (bite.outcome, bite.example) == (looked.failing[1].kind, looked.examples)


def test_a_capability_that_runs_no_code_of_a_mutant_answers_as_the_engine_does() -> None:
    asked: list[Any] = []
    recipe = networks().strategy(Refnet.scope, FLOAT64, Conventions())
    ask(lambda case: asked.append(case), {"case": recipe}, examples=8, seed=5)
    parts = ("architecture", "parameters", "inputs", "targets", "sample_weights")
    given: dict[str, Any] = {name: getattr(asked[-1], name) for name in parts}
    given |= {"batch_size": 2, "optimizer": Optimizer("adam", 0.1), "initializer": "he_normal"}
    asked_for = ("forward", "hidden", "loss", "gradient", "evaluate", "train", "initialize")
    calls = [Call(capability=name, **given) for name in asked_for]
    engine = [perform(Refnet(), call, Handed()) for call in calls]
    differing = 0
    for bug in mutants():
        made = bug.implementation()
        for call, outcome in zip(calls, engine, strict=True):
            same = bytes_of(perform(made, call, Handed()).answer) == bytes_of(outcome.answer)
            assert same or call.capability in own(made), f"{bug.name}: {call.capability}"
            differing += not same
    assert differing > 50


def bytes_of(answer: Any) -> Any:
    if isinstance(answer, np.ndarray):
        return answer.tobytes()
    return [bytes_of(part) for part in answer] if isinstance(answer, list | tuple) else answer


class Raises(Refnet):
    def forward(self, *arguments: Any) -> Any:
        raise RuntimeError("not today")


class Infinite(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return np.full_like(super().forward(*arguments), np.inf)


@pytest.mark.parametrize("made", [Raises, Infinite])
def test_who_raises_or_gives_no_number_is_not_killed(made: type[Refnet]) -> None:
    [law] = laws(ROUNDING)
    bug = Mutant("Planted", "It is wrong.", made, (ROUNDING,))
    [bite] = bites(law, [bug], QUICK)
    assert (bite.outcome, bite.verb) == ("error", "")
    found = teeth(bites=[bite])
    assert found.survivors == found.mutants
    assert found.exit_status == 1
    assert f"not killed by the law that must: Planted by {ROUNDING}: " in complaints(found)[-1]


@pytest.mark.parametrize(
    ("kind", "observed", "kills"),
    [
        ("broken", 1.0, True),
        ("broken", np.nan, False),
        ("broken", np.inf, False),
        ("error", 1.0, False),
    ],
)
def test_only_a_number_kills(kind: str, observed: float, kills: bool) -> None:
    assert by_value(Finding(kind=kind, what="outputs", observed=observed)) == kills
    assert not by_value(None)


def test_a_law_that_the_engine_breaks_shows_nothing_of_mutants() -> None:
    [law] = laws(ROUNDING)
    false = replace(law, check=lambda subject, case: near(2.0, 1.0, 0.5, what="one"))
    with pytest.raises(AssertionError, match=r"one: observed 2.0, expected 1.0"):
        bites(false, mutants(), QUICK)


def teeth(**changed: Any) -> Teeth:
    bug = Bug(mutant="Planted", mistake="It is wrong.", killers=[ROUNDING])
    parts: dict[str, Any] = {
        "laws": [ROUNDING, BATCH],
        "mutants": [bug],
        "whole": False,
        "seconds": {ROUNDING: 1.0, BATCH: 1.0},
    }
    return Teeth(backproof="0", profile="quick", seed=0, **(parts | changed))


def kill(law: str, example: int = 3) -> Bite:
    return Bite(mutant="Planted", law=law, outcome="broken", example=example, verb="near")


LEGAL = Bug(mutant="Planted", mistake="It is another.", killers=[], equivalent="it is the same")


@pytest.mark.parametrize(
    ("found", "status", "complaint"),
    [
        (teeth(bites=[kill(ROUNDING)]), 0, ""),
        (teeth(bites=[kill(ROUNDING), kill(BATCH)], whole=True), 0, ""),
        (teeth(), 1, "survives: Planted: It is wrong."),
        (teeth(bites=[kill(BATCH)]), 1, f"not killed by the law that must: Planted by {ROUNDING}"),
        (teeth(bites=[kill(ROUNDING)], whole=True), 1, f"kills nothing: {BATCH}"),
        (teeth(mutants=[LEGAL], bites=[kill(BATCH)]), 1, "accused, and no fault: Planted by "),
        (teeth(mutants=[LEGAL]), 0, ""),
        (teeth(bites=[kill(ROUNDING)], faults={BATCH: "raised"}), 1, "the engine breaks"),
        (teeth(bites=[kill(ROUNDING)], seconds={ROUNDING: 1.0}), 1, ""),
        (teeth(bites=[kill(ROUNDING)], interrupted=True), 130, ""),
    ],
)  # fmt: skip
def test_every_tooth_must_bite(found: Teeth, status: int, complaint: str) -> None:
    assert found.exit_status == status
    assert complaint in "\n".join(complaints(found))
    assert complaint or not complaints(found)


def test_the_matrix_shows_each_kind_of_bite() -> None:
    other = Bug(mutant="Other", mistake="Wrong, too.", killers=[BATCH])
    error = Bite(mutant="Other", law=ROUNDING, example=1, what="forward raised")
    found = teeth(mutants=[*teeth().mutants, other], bites=[kill(ROUNDING, 4), error])
    lines = matrix(found)
    assert lines[:3] == ["         12  examples", "Planted  #.  4", "Other    e!"]
    assert "1 of 2 mutants killed; 4.0 examples until the first kill" in totals(found)


def test_what_is_no_fault_keeps_the_laws_on_its_matter() -> None:
    harmless = [bug for bug in mutants() if bug.equivalent]
    names = (ROUNDING, "softmax_is*", "momentum_steps*", "rmsprop*")
    for law in laws(",".join(names)):
        assert bites(law, harmless, QUICK) == []


def test_the_command_prints_the_matrix_and_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "teeth.json"
    words = (BATCH, "--mutants", "LastRowRepeated,BatchMean*", "--jobs", "1", "--json", str(file))
    done = backproof(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BatchMeanLeaks   #  " in done.stdout
    assert "2 of 2 mutants killed" in done.stdout
    found = msgspec.json.decode(file.read_bytes(), type=Teeth)
    assert found.kills(BATCH)[0].verb == "near"
    assert {bug.mutant for bug in found.planted} == {"BatchMeanLeaks", "LastRowRepeated"}
    assert json.loads(file.read_text())["schema"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("qqq",), "no law or chapter fits 'qqq'"),
        (("--mutants", "SoftmaxOverRows"), "no mutant fits 'SoftmaxOverRows'; did you mean"),
        (("--profile", "slow"), "choose one of quick, default, thorough"),
        (("--json", "absent/teeth.json"), "there is no folder"),
    ],
)
def test_wrong_arguments_get_one_sentence(words: tuple[str, ...], message: str) -> None:
    done = backproof(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupted_run_shows_what_is_there() -> None:
    two = "integer_networks_have_exact_outputs,every_call_stands_alone"  # a short one, a long one
    command = [sys.executable, "-P", "-m", "backproof", "teeth", two, "--jobs", "1"]
    with started(*command) as running:
        assert running.stdout is not None
        while "kills" not in running.stdout.readline():
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        printed, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "1 of 2 laws run" in printed
    assert errors == ""
