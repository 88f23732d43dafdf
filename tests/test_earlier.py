"""What has broken a law once is tried first by every later run, and costs nobody a verdict."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import fakeredis
import pytest
import redis
from hypothesis.database import InMemoryExampleDatabase

import backproof
from backproof.adapters.refnet import Refnet
from backproof.frontends.cli import app
from backproof.judging.earlier import FOUND, Earlier
from backproof.judging.kept import Kept, kept_in
from backproof.judging.trial import Trial
from backproof.laws.catalogue import laws
from backproof.mutants.meaning import BiasesForgotten
from backproof.reports.row import Row
from backproof.subjects.local import Local
from backproof.subjects.subject import Subject
from tests.test_verdicts import made, right, verdict

FINDS, MISSES = 0, 2
"""Seeds: of a run of few examples that meets the fault below, and of one that does not."""

LAW = "softmax_outputs_are_probabilities"


class Rare(Refnet):
    """Wrong where seven inputs meet a softmax."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        wrong = architecture.widths[0] == 7 and architecture.output == "softmax"
        return super().forward(architecture, parameters, inputs) * (1 + 1e-3 * wrong)


def judged(kept: Kept | None, seed: int, subject: Any = Rare) -> Row:
    return verdict(made(right), subject, profile="quick", seed=seed, kept=kept)


def entries(database: InMemoryExampleDatabase) -> list[bytes]:
    return [entry for found in database.data.values() for entry in found]


def test_what_one_seed_has_found_another_tries_first_until_it_is_mended(tmp_path: Path) -> None:
    assert judged(None, MISSES).status == "holds"
    first = judged(kept_in(str(tmp_path)), FINDS)
    assert FOUND not in first.findings[0].special
    again = judged(kept_in(str(tmp_path)), MISSES)
    assert (again.status, again.examples) == ("broken", 1)
    assert FOUND in again.findings[0].special
    assert again.findings[0].arguments == first.findings[0].arguments
    mended = judged(kept_in(str(tmp_path)), MISSES, Refnet)
    assert (mended.status, mended.examples) == ("holds", 26)
    assert mended.notes[-1] == "kept examples that break it no more, and are taken out: 1"
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_fault_keeps_one_example_however_often_it_is_found() -> None:
    database = InMemoryExampleDatabase()
    for seed in (FINDS, MISSES, FINDS + 1):
        judged(kept_in(database), seed)
        assert len(entries(database)) == 1


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 5000,
        b"{}",
        b'{"case": 3}',
        b'{"case": {"type": "Nothing"}}',
        b'{"case": {"array": "float64", "shape": [99], "numbers": []}}',
        b" " * (2**20 + 1),
    ],
    ids=lambda entry: entry[:20],
)
def test_an_entry_that_is_none_is_passed_over_with_a_note(entry: bytes) -> None:
    database, trial = InMemoryExampleDatabase(), Trial(made(right), Subject(Local(Refnet)))
    kept = kept_in(database)
    database.save(Earlier(trial, kept).key, entry)
    row = judged(kept, MISSES, Refnet)
    assert (row.status, row.examples) == ("holds", 25)
    assert row.notes[-1] == "kept examples that cannot be read, and are passed over: 1"


def test_the_key_is_the_same_in_every_process_and_says_what_examples_are_drawn_from() -> None:
    def key(law: Any, precision: str = "float64") -> bytes:
        return Earlier(Trial(law, Subject(Local(Refnet(precision)))), None).key

    keys = {key(law) for law in laws()}
    assert len(keys | {key(laws()[0], "float32")}) == len(laws()) + 1
    program = (
        "from backproof.adapters.refnet import Refnet\n"
        "from backproof.judging.earlier import Earlier\n"
        "from backproof.judging.trial import Trial\n"
        "from backproof.laws.catalogue import laws\n"
        "from backproof.subjects.local import Local\n"
        "from backproof.subjects.subject import Subject\n"
        "for law in laws(): print(Earlier(Trial(law, Subject(Local(Refnet))), None).key.decode())"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert {line.encode() for line in elsewhere.stdout.splitlines()} == keys


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> fakeredis.FakeServer:
    """A server of Redis in this process, whatever address is given."""
    made = fakeredis.FakeServer()
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_, **__: fakeredis.FakeRedis(server=made))
    return made


def test_redis_keeps_them_too_and_a_password_is_shown_to_nobody(
    server: fakeredis.FakeServer,
) -> None:
    place = "redis://me:secret@host:6379/0?password=secret"
    assert judged(kept_in(place), FINDS).status == "broken"
    assert judged(kept_in(place), MISSES).examples == 1
    report = backproof.check(BiasesForgotten, laws=LAW, profile="quick", examples=place)
    assert report.examples == "redis://host:6379/0"
    assert "examples='redis://host:6379/0'" in report.again()
    assert "secret" not in report.to_json() + str(report)


def test_a_server_that_goes_away_is_said_once_and_touches_no_verdict(
    server: fakeredis.FakeServer,
) -> None:
    kept = kept_in("redis://host")
    server.connected = False
    row = judged(kept, FINDS)
    assert row.status == "broken"
    assert row.notes[-1].startswith("from here on no example is kept or tried first: ")
    assert judged(kept, FINDS).notes == []
    with pytest.raises(ValueError, match="examples redis://host: "):
        kept_in("redis://host")


def test_a_place_that_cannot_be_used_is_a_wrong_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for place, words in (
        (str(tmp_path / "file"), "exist"),
        ("https://host/folder", "give a folder, or redis://HOST:PORT/NUMBER"),
        ("redis://host:port", "'port'"),
    ):
        with pytest.raises(ValueError, match=words) as refused:
            kept_in(place)
        assert str(refused.value).startswith(f"examples {place}: ")
    monkeypatch.setattr("backproof.judging.kept.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"python -m pip install 'backproof\[redis\]'"):
        kept_in("redis://host")


def test_a_command_with_such_a_place_ends_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "examples http://x: give a folder, or redis://HOST:PORT/NUMBER"
    with pytest.raises(SystemExit, match="2"):
        app(["check", "--examples", "http://x"])
    assert capsys.readouterr().err == f"backproof: {words}\n"
    options = ["--backproof", "refnet", "--backproof-examples", "http://x"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, words in done.stderr) == (4, True)
