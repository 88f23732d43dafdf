"""After a crash or a hang the subject's own lines are shown."""

import os
from pathlib import Path

import numpy as np
import pytest

from backproof.subjects import last_words as module
from backproof.subjects.failures import Died
from backproof.subjects.last_words import ends, last_words
from backproof.subjects.messages import Call
from backproof.subjects.process import Child, Limits
from refnet.architecture import Architecture, Layer

HERE = Path(__file__).parent
OURS = Path(module.__file__).parent
CRASH = f"""malloc(): corrupted top size
Fatal Python error: Aborted

Thread 0x00007f (most recent call first):
  File "/usr/lib/python3/threading.py", line 99999 in wait

Current thread 0x00007e [python] (most recent call first):
  File "/subjects/gone.py", line 12 in deep
  File "{HERE / "hostile.py"}", line 1 in forward
  File "{OURS / "calls.py"}", line 62 in _answer
  File "<frozen runpy>", line 88 in _run_code

Current thread's C stack trace (most recent call first):
  Binary file "/usr/bin/python3.14", at _Py_DumpStack+0x31 [0x5]

Extension modules: numpy._core._multiarray_umath, {"scipy.linalg._fblas, " * 500} (total: 36)
"""


def died(name: str, seconds: float) -> Died:
    """How a subject dies in a forward pass."""
    child = Child(f"{HERE / 'hostile.py'}:{name}", limits=Limits(60.0))
    child.hello()
    child.limits = Limits(seconds, seconds)
    network = Architecture((1, 1), (), "identity", "squared_error")
    layers = [Layer(np.eye(1), np.zeros(1))]
    call = Call(
        capability="forward", architecture=network, parameters=layers, inputs=np.ones((1, 1))
    )
    with pytest.raises(Died) as death:
        child.call(call)
    return death.value


def test_a_crash_shows_what_was_said_and_the_subjects_lines() -> None:
    assert last_words(CRASH).splitlines() == [
        "malloc(): corrupted top size",
        "Fatal Python error: Aborted",
        '  File "/subjects/gone.py", line 12 in deep',
        f'  File "{HERE / "hostile.py"}", line 1 in forward',
        '    """Subjects that do what subjects do: each is the reference engine with one bad habit '
        'in forward."""',
    ]


def test_a_crash_outside_of_the_subject_shows_where() -> None:
    words = (
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n"
    )
    frame = f'  File "{OURS / "absent.py"}", line 7 in main'
    assert last_words(f"{words}{frame}\n").splitlines()[1:] == [frame]


def test_a_line_is_read_of_no_file_that_could_be_read_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    frame = f'  File "{tmp_path / "pipe.py"}", line 1 in forward'
    assert last_words(f"Fatal Python error: no\n\nCurrent thread 0x1\n{frame}\n").endswith(frame)


def test_of_an_end_without_a_crash_the_last_lines_are_shown() -> None:
    assert last_words("\n".join(map(str, range(20)))).split() == [*map(str, range(12, 20))]


def test_of_many_frames_the_first_and_the_last_are_shown() -> None:
    assert ends([*"abcdefgh"]) == [*"abcdefgh"]
    assert ends([*"abcdefghi"]) == [*"abcd", "  ...", *"fghi"]


def test_a_segmentation_fault_names_the_line_that_caused_it() -> None:
    death = died("Crashes", 60.0)
    assert death.message == "forward ended its process (killed by SIGSEGV)"
    assert "return ctypes.string_at(0)  # the last line of Python" in death.detail
    assert "Extension modules" not in death.detail
    assert str(OURS) not in death.detail


def test_a_hang_names_the_line_where_it_hangs() -> None:
    death = died("HoldsTheInterpreter", 0.5)
    assert death.message.startswith("forward gave no answer within 0.5 s")
    assert "it was here:" in death.detail
    assert "return 3 ** (10**9)  # one operation in C" in death.detail
