"""A counterexample that is kept: a script that shows it alone, and the law that judges it again."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backproof.adapters.refnet import Refnet
from backproof.cases.data import decode, encode
from backproof.frontends.replay import read, run
from backproof.frontends.saved import check_folder, save_all
from backproof.frontends.script import MARK
from backproof.judging.judgement import Judgement
from backproof.judging.law import Law
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.judging.trial import Arguments, Trial
from backproof.laws.catalogue import chosen, laws
from backproof.reports.row import Finding, Row
from backproof.reports.terminal import console
from backproof.subjects.local import Local
from backproof.subjects.messages import encode as in_bytes
from backproof.subjects.named import Named
from backproof.subjects.process import Limits
from backproof.subjects.subject import Subject

LAW = "outputs_are_right_within_rounding"

WRONG = """\
import numpy as np
from backproof.adapters.refnet import Refnet

class Net(Refnet):
    def __init__(self, precision="float64", off="0.5"):
        super().__init__(precision=precision)
        self.off = np.float64(off)

    def forward(self, *given):
        return super().forward(*given) * (1 + self.off)
"""


@pytest.fixture(scope="module")
def refnet() -> Subject:
    """The reference engine in this process."""
    return Subject(Local(Refnet))


@pytest.mark.parametrize("law", laws(), ids=lambda law: law.name)
def test_the_arguments_of_a_law_are_the_same_after_they_were_data(
    law: Law, refnet: Subject
) -> None:
    trial, drawn = Trial(law, refnet), list[Arguments]()
    ask(lambda **given: drawn.append(given), trial.strategies(), examples=1, seed=0)
    data = {name: encode(value) for name, value in drawn[0].items()}
    again = {name: decode(value) for name, value in json.loads(json.dumps(data)).items()}
    assert asked(trial, drawn[0]) == asked(trial, again) != []


def asked(trial: Trial, arguments: Arguments) -> list[bytes]:
    """The bytes of all that a law asks."""
    assert trial.failure(arguments) is None
    return [in_bytes(call) for call in trial.subject.conversation.calls]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script of a subject that is wrong, beside its file."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "my-net.py").write_text(WRONG)
    words = f"{folder / 'my-net.py'}:Net"
    judgement = Judgement(Named(words, "float32", {"off": "0.25"}), chosen(LAW), Settings("quick"))
    judgement.load()
    judgement.judge(0)
    judgement.close()
    save_all(str(folder), [judgement.report], console())
    return folder / f"{LAW}.py"


def replayed(file: Path) -> tuple[Row, str]:
    """The row of a case that is judged again, and why it is not, if so."""
    case = read(str(file))
    judgement = case.judgement(Limits())
    judgement.load()
    try:
        return judgement.report.laws[0], run(case, judgement)
    finally:
        judgement.close()


def test_a_script_alone_shows_the_fault_until_it_is_mended(saved: Path) -> None:
    def status() -> tuple[int, str]:
        done = subprocess.run([sys.executable, saved], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()[-1] if done.stdout else done.stderr

    net = saved.with_name("my-net.py")
    assert "dtype=np.float32" in saved.read_text()
    assert status() == (1, "broken")
    row, _ = replayed(saved)
    assert (row.status, row.findings[0].ratio is not None) == ("broken", True)
    net.write_text(WRONG.replace("1 + self.off", "1"))
    assert status() == (0, "legal")
    row, words = replayed(saved)
    assert (row.findings, words, row.judged > 0) == ([], "", True)
    net.write_text(WRONG)


def test_an_older_file_of_the_folder_stays_and_none_is_left_beside(saved: Path) -> None:
    assert sorted(file.name for file in saved.parent.iterdir()) == ["my-net.py", saved.name]


def test_arguments_that_the_law_cannot_have_drawn_are_refused(saved: Path, tmp_path: Path) -> None:
    other = {"arguments": {"case": 3}, "subject": "refnet", "options": {}}
    file = changed(saved, tmp_path / "other.py", **other)
    with pytest.raises(ValueError, match="or it was changed: AttributeError"):
        replayed(file)


def changed(saved: Path, file: Path, **other: object) -> Path:
    """The script with other data."""
    *lines, last = saved.read_text().splitlines()
    data = json.loads(last.removeprefix(MARK)) | other
    file.write_text("\n".join([*lines, MARK + json.dumps(data)]))
    return file


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"backproof": "0.0.9"}, "it was written by backproof 0.0.9, and this is"),
        ({"law": "all_is_well"}, "there is no law 'all_is_well'; `backproof laws` lists them"),
        ({"arguments": {}}, f"{LAW} takes case, not "),
        ({"arguments": {"case": {"type": "Popen"}}}, "it was changed: KeyError: 'Popen'"),
        ({"arguments": {"case": {}}}, "it was changed: "),
        ({"arguments": {"case": {"array": "O", "numbers": [], "shape": [0]}}}, "holds numbers"),
        ({"options": 3}, "it was changed: TypeError"),
    ],
)
def test_data_that_are_no_case_are_refused(
    saved: Path, tmp_path: Path, other: dict[str, object], words: str
) -> None:
    file = changed(saved, tmp_path / "other.py", **other)
    with pytest.raises(ValueError, match=re.escape(words)):
        read(str(file))


@pytest.mark.parametrize("text", ["", "print(1)\n", f"{MARK}[1]", f"{MARK}{{", "\xff"])
def test_a_file_that_is_no_case_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "none.py"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="this is no case that backproof check --save has written"):
        read(str(file))
    with pytest.raises(ValueError, match="No such file"):
        read(str(tmp_path / "nowhere.py"))


def test_what_is_too_long_is_not_kept(refnet: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, finding = Trial(chosen(LAW)[0], refnet), Finding(kind="error", what="nothing")
    assert trial.shown(finding, {}).case
    monkeypatch.setattr("backproof.judging.record.LARGEST", 1)
    assert not trial.shown(finding, {}).case


def test_a_command_saves_a_case_and_another_says_that_it_is_mended(tmp_path: Path) -> None:
    def backproof(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "backproof", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        return done.returncode, done.stdout + done.stderr

    (tmp_path / "net.py").write_text(WRONG)
    check = "check", "net.py:Net", "--laws", LAW, "--profile", "quick", "--save"
    status, shown = backproof(*check, "kept/here")
    assert (status, f"saved: backproof replay kept/here/{LAW}.py" in shown) == (1, True)
    (tmp_path / "net.py").write_text(WRONG.replace("1 + self.off", "1"))
    status, shown = backproof("replay", f"kept/here/{LAW}.py")
    assert (status, f"no longer broken: {LAW} holds at this case" in shown) == (0, True)


def test_a_folder_that_cannot_be_made_is_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(SystemExit, match="2"):
            check_folder(str(folder))
        words = f"backproof: --save {folder}: it cannot be made: "
        assert capsys.readouterr().err.startswith(words)
