"""What a newcomer mistypes: one sentence that says what is wrong, and the way out."""

import subprocess
import sys
from pathlib import Path

import pytest

from backproof.adapters.refnet import Refnet
from backproof.contract import Implementation, Scope
from backproof.subjects.failures import CannotLoad
from backproof.subjects.loading import load
from backproof.subjects.local import Local
from backproof.subjects.subject import Subject
from backproof.subjects.ways_out import misspelt, uninstalled

READY = "from backproof.adapters.refnet import Refnet\nclass Net(Refnet):\n    pass\n"
FILES = {
    "net.py": READY + "class Other:\n    def forward(self):\n        pass\n",
    "plain.py": "class Net:\n    def forward(self):\n        pass\n",
    "empty.py": "",
    "wrong.py": "x = 1\nclass Net(:\n",
    "importing.py": "import wrong\n",
    "inside.py": "from .layers import dense\n",
    "missing.py": "import no_such_library\n",
    "arguments.py": READY.replace("pass", "def __init__(self, size): pass"),
    "slip.py": READY.replace("(Refnet)", "").replace(
        "pass", "scope = Refnet.scope\n    def foward(self): pass"
    ),
    "raised.py": "raise SyntaxError('mine')\n",
    "book.ipynb": "{}",
}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("net.py::Net", "net.py::Net has two colons: write net.py:Net"),
        ("net.py:", "net.py names a file; say which class in it, as net.py:Name"),
        ("net.py:Nett", "net.py defines no Nett; it has Net"),
        ("plain.py:Nett", "plain.py defines no Nett; it has Net, without the scope of an adapter"),
        ("empty.py:Net", "no other class to judge: backproof new FILE writes one"),
        ("wrong.py:Net", "wrong.py is no Python, line 2: invalid syntax"),
        ("importing.py:Net", "importing.py imports wrong.py, which is no Python, line 2: invalid"),
        ("inside.py:Net", "leave the point out, for what stands beside a file is found, or name"),
        ("missing.py:Net", "missing.py imports no_such_library, which is not installed: mend the"),
        ("arguments.py:Net", "missing a required argument: 'size'; --option NAME=VALUE gives"),
        ("slip.py:Net", "offers nothing to judge: it has foward, and no forward, as the contract"),
        ("raised.py:Net", "raised.py failed while it was imported: SyntaxError: mine"),
        ("nett.py:Net", "there is no file nett.py; did you mean net.py?"),
        ("far.py:Net", "there is no file far.py, as seen from "),
        ("book.ipynb:Net", "book.ipynb is a notebook: jupyter nbconvert --to script book.ipynb"),
        ("book.ipynb", "book.ipynb is a notebook: jupyter nbconvert --to script book.ipynb"),
        ("folder", "folder is a folder: name a file in it, or with quotes all: 'folder/*.py:Name'"),
        ("folder:Net", "folder is a folder: name a file in it, or with quotes all: 'folder/"),
        ("sklern", "); did you mean sklearn? give path/to/file.py:Name or"),
    ],
)
def test_a_slip_in_a_subject_is_named_with_the_way_out(
    words: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in FILES:
        monkeypatch.delitem(sys.modules, Path(name).stem, raising=False)
    with pytest.raises(CannotLoad) as reason:
        load(words)
    assert message in reason.value.message
    for name in FILES:
        sys.modules.pop(Path(name).stem, None)


def test_where_a_line_is_no_python_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(FILES["wrong.py"])
    with pytest.raises(CannotLoad) as reason:
        load(f"{tmp_path / 'wrong.py'}:Net")
    assert "class Net(:\n" in reason.value.detail


@pytest.mark.parametrize("precision", ["flaot32", "double"])
def test_a_precision_that_is_none_names_those_that_are(precision: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(READY.replace("pass", "def __init__(self): pass"))
    with pytest.raises(CannotLoad, match="choose one of float64, float32, float16"):
        load(f"{tmp_path / 'net.py'}:Net", precision)


def test_a_library_that_is_missing_names_the_extra() -> None:
    error = ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
    words = uninstalled(error, "backproof.adapters.sklearn", "sklearn-logistic", True)
    assert words == (
        "sklearn-logistic needs scikit-learn, which is not installed: "
        "pip install scikit-learn, or backproof with its extra, 'backproof[sklearn]'"
    )
    error = ModuleNotFoundError("No module named 'optax'", name="optax")
    words = uninstalled(error, "backproof.adapters.jax", "jax", True)
    assert words.endswith("pip install optax, or backproof with its extra, 'backproof[jax]'")


def test_a_method_that_is_nearly_a_call_is_noted_where_the_call_is_missing() -> None:
    class Slip(Implementation):
        scope = Scope(activations=("relu",), heads=(("sigmoid", "cross_entropy"),))

        def foward(self) -> None: ...
        def gradients(self) -> None: ...
        def hidden(self) -> None: ...
        def hiden(self) -> None: ...

    assert misspelt(Slip()) == [
        "it has foward, and no forward, as the contract says",
        "it has gradients, and no gradient, as the contract says",
    ]
    assert Subject(Local(Slip)).misspelt == misspelt(Slip())
    assert misspelt(Refnet()) == []


def test_a_report_has_the_note(tmp_path: Path) -> None:
    text = FILES["slip.py"] + "    def loss(self, *_):\n        return 0.0\n"
    (tmp_path / "slip.py").write_text(text)
    words = ["check", "slip.py:Net", "--laws", "softmax_outputs*", "--profile", "quick"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "backproof", *words],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert "note: it has foward, and no forward, as the contract says" in done.stdout
