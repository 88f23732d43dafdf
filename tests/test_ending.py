"""However a command ends, it leaves a status and says why in one line."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backproof.frontends import interrupts as interrupts_module
from backproof.frontends.cli import app
from backproof.frontends.ending import check_writable, status_of, write
from backproof.frontends.interrupts import Interrupts


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (SystemExit(1), 1, ""),
        (SystemExit(None), 0, ""),
        (SystemExit("away with you"), 3, "backproof: away with you"),
        (MemoryError(), 3, "backproof: there is not enough memory"),
        (KeyboardInterrupt(), 130, "backproof: interrupted; there is no report"),
        (KeyError("a\nb"), 3, "backproof: a fault of its own, please report it: KeyError: 'a\\nb'"),
        (OSError(errno.EIO, "it is broken"), 3, "backproof: refused: OSError: [Errno 5] it is"),
    ],
)
def test_every_end_has_its_status_and_one_line(
    error: BaseException, status: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status_of(raising(error)) == status
    out, said = capfd.readouterr()
    assert out == ""
    assert said.startswith(words)
    assert said.count("\n") == bool(words)


def test_an_interrupt_that_passes_an_exec_of_text_leaves_the_status(tmp_path: Path) -> None:
    (tmp_path / "run_here.py").write_text(
        "import backproof.__main__ as ours\n"
        "ours.commands = lambda: exec('raise KeyboardInterrupt')\n"
        "ours.main()\n"
    )
    command = [sys.executable, "-m", "run_here"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 130


def shell(command: str, folder: Path) -> Any:
    words = command.replace("backproof", f"{sys.executable} -m backproof")
    return subprocess.run(
        ["sh", "-c", words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ("backproof laws >&-", 3, "standard output is closed: there is nowhere to show anything"),
        ("mkdir gone; cd gone; rmdir ../gone; backproof laws", 3, "the current folder is gone"),
        ("backproof --version >/dev/full", 3, "what was to be shown is lost"),
        ("backproof --help >/dev/full", 3, "what was to be shown is lost"),
        ("backproof --version 2>&- <&- >words; echo $? >&2; exit 0", 0, "0"),
        ("(backproof --help; echo $? >&2) | head -1", 0, "0"),
    ],
)
def test_a_place_that_takes_no_report_is_named(
    tmp_path: Path, command: str, status: int, words: str
) -> None:
    done = shell(command, tmp_path)
    assert done.returncode == status
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_letters_that_an_output_does_not_have_are_shown_as_escapes() -> None:
    command = "import sys; from backproof.frontends.ending import status_of as s;"
    command += "s(lambda: print('r\\xe9seau'))"
    done = subprocess.run(
        [sys.executable, "-c", command], env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "r\\xe9seau\n"


def test_a_wrong_call_leaves_no_report_and_an_older_one_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = tmp_path / "older.json"
    older.write_text("older")
    for name in ("new.json", "older.json"):
        words = ["check", "--laws", "qqq", "--json", str(tmp_path / name)]
        assert status_of(lambda words=words: app(words)) == 2  # type: ignore[misc]
        assert "no law or chapter fits 'qqq'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["older.json"]
    assert older.read_text() == "older"


def test_a_report_takes_the_place_of_the_older_one_at_once_and_alone(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    (tmp_path / "link.json").symlink_to(file)
    file.write_text("older")
    write("--json", str(tmp_path / "link.json"), "newer")
    assert file.read_text() == "newer\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "report.json"]


def test_a_report_that_cannot_be_written_is_shown_and_the_older_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    file.write_text("older")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    write("--json", str(file), "newer")
    assert capsys.readouterr().out == "newer\n"
    assert file.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("absent/report.json", "there is no folder"), ("", "this is a folder; name a file in it")],
)
def test_where_no_report_can_be_written_is_said_before_the_run(
    tmp_path: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        check_writable("--json", str(tmp_path / name))
    assert left.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_each_request_to_end_is_a_wish_at_first_and_then_an_end(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    kept = {number: signal.getsignal(number) for number in numbers}
    clock, left = [0.0], list[str]()
    monkeypatch.setattr(interrupts_module, "_leave", lambda: left.append("at once"))
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    try:
        signal.signal(signal.Signals[name], signal.SIG_DFL)  # under nohup it would be ignored
        interrupts = Interrupts()
        for clock[0] in (1.0, 1.1, 2.0):  # the second follows the first as a wrapper sends it
            assert left == []
            signal.raise_signal(signal.Signals[name])
            assert interrupts.asked
        assert left == ["at once"]
        with pytest.raises(KeyboardInterrupt), interrupts.stoppable():
            pass
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def interrupted(command: str) -> Any:
    command = f"from backproof.frontends import interrupts as i; import signal, time\n{command}"
    words = [sys.executable, "-c", command]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_a_second_interrupt_ends_in_one_line() -> None:
    done = interrupted(
        "i.ONE = -1.0; i.Interrupts(); [signal.raise_signal(signal.SIGINT) for _ in range(2)]"
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "backproof: interrupted a second time; the report is not whole\n"


def test_an_interrupt_after_the_end_changes_no_status() -> None:
    done = interrupted("""
heard = i.Interrupts()
heard.over()
[signal.raise_signal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
raise SystemExit(7)
""")
    assert (done.returncode, done.stderr) == (7, "")


def test_an_interrupt_that_a_finaliser_swallows_comes_again() -> None:
    done = interrupted("""
class Ends:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
try:
    with i.Interrupts().stoppable():
        Ends()
        time.sleep(30)
except KeyboardInterrupt:
    print("stopped")
""")
    assert (done.stdout, done.stderr) == ("stopped\n", "")


@pytest.mark.parametrize(("name", "heard"), [("SIGHUP", False), ("SIGINT", True)])
def test_a_hang_up_that_is_to_be_ignored_is_ignored_and_an_interrupt_never(
    name: str, heard: bool
) -> None:
    """A shell without job control starts what runs in the background with SIGINT ignored."""
    kept = {number: signal.getsignal(number) for number in (2, 15, 1)}
    try:
        signal.signal(signal.Signals[name], signal.SIG_IGN)
        interrupts = Interrupts()
        signal.raise_signal(signal.Signals[name])
        assert interrupts.asked == heard
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
