"""Text of a subject is plain text, from whatever source it comes and on whatever face it is shown.

A new way in which a subject gives text joins `SOURCES`, a new report `FACES`.
"""

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from backproof.adapters.refnet import Refnet
from backproof.contract import Conventions, NotSupported
from backproof.frontends.check import before_the_laws
from backproof.frontends.outcome import LawFailed, put_to_the_test
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.reports.badge import badge
from backproof.reports.gradescope import Grading, gradescope
from backproof.reports.html import html
from backproof.reports.junit import junit
from backproof.reports.lines import line
from backproof.reports.markdown import markdown
from backproof.reports.overview import Submission, overview_csv, overview_html
from backproof.reports.terminal import closing, heading
from backproof.subjects.border import LINE, LINES, plain, plain_lines
from backproof.subjects.failures import CannotLoad
from backproof.subjects.loading import load
from backproof.subjects.messages import Hello, Outcome, decoder
from backproof.subjects.named import Named
from refnet.rounding.precision import PRESETS, Precision

LAW = "no_hidden_layer_is_logistic_regression"
FORGERY = (
    "so\n35 hold (3,500 examples)\x1b[2J\x1b]0;title\x07\x9b31m\x00\r\u2028\u202e\u2066\u200b\ud800"
)
LONG = FORGERY + "and on " * 150_000 + "in the end"


class Dark(str):
    """A text that gives itself out as printable."""

    def isprintable(self) -> bool:
        return True

    def split(self, *separators: Any) -> Any:
        return [self]


class Shown:
    """What shows a text wherever it is asked for one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __array__(self, *types: Any, **more: Any) -> Any:
        raise ValueError(self.text)


class Nameless(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("35 hold")


class Unshowable(Exception, metaclass=Nameless):  # noqa: N818 (what it is)
    def __str__(self) -> str:
        raise Unshowable


def answering(forward: Callable[[], Any]) -> type[Refnet]:
    return type("Answering", (Refnet,), {"forward": lambda *arguments: forward()})


def raising(error: BaseException) -> type[Refnet]:
    def forward() -> Any:
        raise error

    return answering(forward)


def precise(precision: Precision) -> type[Refnet]:
    class Precise(Refnet):
        def __init__(self) -> None:
            super().__init__()
            self.precision = precision

    return Precise


def error_named(text: str) -> BaseException:
    error: BaseException = type(text.replace("\0", "").replace("\ud800", ""), (Exception,), {})()
    return error


SOURCES: dict[str, Callable[[str], type[Refnet]]] = {
    "name": lambda text: type("Named", (Refnet,), {"name": text}),
    "version": lambda text: type("Versioned", (Refnet,), {"version": text}),
    "str": lambda text: type("Versioned", (Refnet,), {"version": Shown(text)}),
    "precision": lambda text: precise(replace(PRESETS["float64"], name=text)),
    "exception": lambda text: raising(OSError(text)),
    "exception's name": lambda text: raising(error_named(text)),
    "exit": lambda text: raising(SystemExit(text)),
    "refusal": lambda text: raising(NotSupported(text)),
    "repr": lambda text: answering(lambda: {text}),
    "dtype": lambda text: answering(lambda: np.zeros(1, [(text.replace("\ud800", ""), float)])),
    "array": lambda text: answering(lambda: Shown(text)),
    "own kind of text": lambda text: type("Named", (Refnet,), {"name": Dark(text)}),
}


def terminal(judgement: Judgement) -> Iterator[str]:
    stream = io.StringIO()
    console = Console(file=stream, highlight=False, markup=False, width=100)
    heading(judgement.report, console)
    line(judgement.report.laws[0], console)
    closing(judgement.report, console)
    yield stream.getvalue()


def as_json(judgement: Judgement) -> Iterator[str]:
    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            value = [*value, *value.values()]
        if isinstance(value, list):
            for part in value:
                yield from texts(part)
        elif isinstance(value, str):
            yield value

    return texts(json.loads(judgement.report.to_json()))


def in_pytest(judgement: Judgement) -> Iterator[str]:
    yield judgement.subject.name  # of which the names of its tests are made
    try:
        put_to_the_test(judgement, 0)
    except (LawFailed, pytest.skip.Exception) as shown:
        yield str(shown)


def as_markdown(judgement: Judgement) -> Iterator[str]:
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(
        markdown([judgement.report])
    )
    assert page.count("<h3>") == 1
    assert page.count("<table>") <= 1
    yield unescape(re.sub(r"</?[a-z][^>]*>", "", page))


def as_junit(judgement: Judgement) -> Iterator[str]:
    for element in ElementTree.fromstring(junit([judgement.report]).encode()).iter():
        yield from filter(None, (element.text, *element.attrib.values()))


def as_html(judgement: Judgement) -> Iterator[str]:
    page = html([judgement.report])
    assert page.count("<section>") == page.count("<h1>") == 1
    yield from map(unescape, re.split(r"<[^>]*>", page.partition("</style>")[2]))


def as_badge(judgement: Judgement) -> Iterator[str]:
    yield from ElementTree.fromstring(badge([judgement.report])).itertext()


def as_gradescope(judgement: Judgement) -> Iterator[str]:
    document = json.loads(gradescope(judgement.report, Grading()))
    yield document["output"]
    yield from (test["output"] for test in document["tests"])


def in_a_class(judgement: Judgement) -> Iterator[str]:
    submission = Submission("alpha", judgement.report, 1.0)
    yield from submission.cells
    yield overview_csv([submission], "html")
    page = overview_html([submission], "html").partition("</style>")[2]
    yield from map(unescape, re.split(r"<[^>]*>", page))


FACES = {
    "pytest": in_pytest,
    "terminal": terminal,
    "json": as_json,
    "markdown": as_markdown,
    "junit": as_junit,
    "html": as_html,
    "badge": as_badge,
    "gradescope": as_gradescope,
    "class": in_a_class,
}
"""What is shown of a judgement; pytest comes first, for there it is judged."""


def harmless(text: str) -> bool:
    lines = text.split("\n")
    plain = all(line.isprintable() and not line.startswith("35 hold") for line in lines)
    return plain and len(text) < 10_000


@pytest.mark.parametrize("source", SOURCES)
def test_text_of_a_subject_is_plain_on_every_face(source: str) -> None:
    judgement = before_the_laws(Named(SOURCES[source](LONG)), LAW, Settings("quick"))
    judgement.load()
    shown = {face: [*show(judgement)] for face, show in FACES.items()}
    for face, texts in shown.items():
        assert all(map(harmless, texts)), face
    for face in set(FACES) - {"pytest", "badge", "gradescope", "class"}:
        assert any("so 35 hold" in words.replace("\\n", " ") for words in shown[face]), face


def test_what_cannot_be_shown_is_said_to_be_so() -> None:
    judgement = before_the_laws(Named(raising(Unshowable())), LAW, Settings("quick"))
    judgement.load()
    judgement.judge(0)
    words = "forward raised Unshowable: (it cannot be shown: Unshowable)"
    assert judgement.report.laws[0].reason == words


@pytest.mark.parametrize(
    "code",
    [
        "raise OSError(TEXT)",
        "import sys; sys.exit(TEXT)",
        "raise ModuleNotFoundError(TEXT, name=TEXT)",
        "class Net:\n    def __init__(self): raise OSError(TEXT)",
        "class Net:\n    scope = TEXT",
        "class Net:\n    scope, precision = Refnet.scope, TEXT",
        "class Net:\n    scope, conventions = Refnet.scope, TEXT",
        "class Net:\n    scope, weights = Refnet.scope, TEXT",
        "exec('class \\x65vil: pass'); Net = None; evil.__name__ = TEXT",
    ],
)
def test_text_of_a_subject_that_cannot_be_loaded_is_plain(tmp_path: Path, code: str) -> None:
    file = tmp_path / "mine.py"
    text = f"TEXT = {FORGERY!r} * 1000\n"
    file.write_text(f"from backproof.adapters.refnet import Refnet\n{text}{code}\n")
    with pytest.raises(CannotLoad) as reason:
        load(f"{file}:Net")
    assert harmless(str(reason.value))


def test_what_a_process_sends_is_plain_whoever_has_sent_it() -> None:
    text = FORGERY.replace("\ud800", "")
    failure = {"kind": "raised", "message": text, "detail": text}
    sent = msgspec.msgpack.encode({"noise": text, "failure": failure})
    outcome = decoder(Outcome).decode(sent)
    assert outcome.failure.message == plain(text)
    assert harmless(outcome.noise)
    assert harmless(outcome.failure.detail)


def test_a_capability_is_one_of_the_contract() -> None:
    strict = dict.fromkeys(Refnet.scope.heads, Conventions())
    words: dict[str, Any] = {"name": "", "version": "", "conventions": strict}
    words["capabilities"] = ["loss", FORGERY]
    hello = Hello(scope=Refnet.scope, precision=PRESETS["float64"], **words)
    assert hello.capabilities == ["loss"]


@given(st.text(min_size=15), st.integers(20, 60))
@settings(max_examples=100, deadline=None)
def test_a_plain_text_is_one_printable_line_and_stays_as_it_is(text: str, most: int) -> None:
    shown = plain(text, most)
    assert shown.isprintable()
    assert len(shown) <= most
    assert plain(shown, most) == shown


@given(st.text(st.sampled_from("a \t\n\r\x1b\u2028é")))
@settings(max_examples=100, deadline=None)
def test_plain_lines_are_indented_and_stay_as_they_are(text: str) -> None:
    for repeated in (text, 100 * text):
        lines = plain_lines(repeated).split("\n")
        assert len(lines) <= LINES
        assert all(line.isprintable() and len(line) <= LINE for line in lines)
        assert all(line.startswith("  ") for line in lines if lines != [""])
        assert plain_lines("\n".join(lines)) == "\n".join(lines)


def test_a_text_that_is_too_long_keeps_its_end_where_the_way_out_stands() -> None:
    assert plain("x has scope=" + 900 * "y" + ": say what it can express").endswith("can express")


def test_letters_of_every_script_pass_as_they_are() -> None:
    assert plain("réseau 神经网络 сеть") == "réseau 神经网络 сеть"
