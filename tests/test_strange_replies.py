"""A subject has the pipe, and may write to it what it likes: each reply is looked at once more."""

from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest

from backproof.adapters.refnet import Refnet
from backproof.cases.case import Case
from backproof.subjects import process
from backproof.subjects.calls import hello
from backproof.subjects.failures import CannotLoad, Died, SubjectError
from backproof.subjects.loading import checked
from backproof.subjects.messages import Outcome, encode
from backproof.subjects.process import Child
from backproof.subjects.subject import Subject
from refnet.architecture import Architecture, Layer

HELLO = encode(Outcome(hello=hello(checked(Refnet(), "refnet"), "refnet")))


class Pipe:
    """A process that sends what is laid out, one frame a question."""

    replies: ClassVar[list[bytes]] = []

    def __init__(self, *_: Any, **__: Any) -> None:
        self._replies = iter(self.replies)

    def ask(self, body: bytes, limit: float) -> bytes:
        return next(self._replies)

    def end(self) -> None:
        """Nothing runs."""


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> Any:
    def lay_out(*replies: bytes) -> Child:
        monkeypatch.setattr(Pipe, "replies", list(replies))
        monkeypatch.setattr(process, "Piped", Pipe)
        return Child("some")

    return lay_out


NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
CASE: Any = Case(
    NET,
    [Layer(np.ones(shape), np.zeros(shape[1])) for shape in NET.shapes],
    np.ones((4, 2)),
    np.ones((4, 1)),
    space=None,  # type: ignore[arg-type]
)


@pytest.mark.parametrize(
    "answer", [None, "yes", [], [[1.0]], [np.zeros(1)], [Layer(np.zeros((9, 9)), np.zeros(2))],
               {"a": 1}, np.zeros((2, 2)), np.ones(1) * 1j, [np.zeros((1, 1), complex)]],
)  # fmt: skip
@pytest.mark.parametrize(
    "capability", ["forward", "hidden", "loss", "gradient", "fit", "forward_training"]
)
def test_an_answer_of_another_form_is_the_subjects(
    sends: Any, answer: Any, capability: str
) -> None:
    subject = Subject(sends(HELLO, encode(Outcome(answer=answer))))
    more = (0,) if capability == "forward_training" else ()
    with pytest.raises(SubjectError) as found:
        getattr(subject, capability)(CASE, *more)
    assert found.value.finding.kind == "error"
    assert str(found.value).startswith(capability)


def test_lists_without_end_are_no_array(sends: Any) -> None:
    deep = b"\x81\xa6answer" + b"\x91" * 900 + b"\x01"
    with pytest.raises(SubjectError, match="forward returned a list of 1, which is no array"):
        Subject(sends(HELLO, deep)).forward(CASE)


NESTED = b"\x81\xa6answer" + b"\x91" * 100_000 + b"\x01"
OBJECTS = bytes([6]) + msgspec.msgpack.encode(("|O", [1])) + bytes(8)


@pytest.mark.parametrize(
    "reply",
    [b"", b"\x00", b"\xc1", NESTED, b"\x91" * 10, b"\x81\xa6answer\xdd\xff\xff\xff\xff",
     msgspec.msgpack.encode({"failure": 3}), msgspec.msgpack.encode({"seconds": "long"}),
     msgspec.msgpack.encode({"answer": msgspec.msgpack.Ext(1, b"")}),
     msgspec.msgpack.encode({"answer": msgspec.msgpack.Ext(1, b"\xff\x01")}),
     msgspec.msgpack.encode({"answer": msgspec.msgpack.Ext(1, OBJECTS)})],
)  # fmt: skip
def test_bytes_that_are_no_message_are_a_crash(sends: Any, reply: bytes) -> None:
    with pytest.raises(Died, match="forward sent bytes that are no message"):
        Subject(sends(HELLO, reply)).forward(CASE)
    with pytest.raises(CannotLoad, match="some: loading sent bytes that are no message"):
        Subject(sends(reply))


def other(**fields: Any) -> bytes:
    said = msgspec.msgpack.decode(HELLO)
    said["hello"] |= fields
    return msgspec.msgpack.encode(said)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"\x80", "some: loading sent a message that says nothing of it"),
        (other(conventions={}), "are missing, and it is in the scope"),
        (other(weights=[]), "some has weights, and its scope no architectures"),
        (other(scope=3), "no message"),
        (other(precision={"name": "mine"}), "no message"),
    ],
)
def test_what_says_nothing_of_itself_cannot_be_judged(sends: Any, reply: bytes, said: str) -> None:
    with pytest.raises(CannotLoad) as reason:
        Subject(sends(reply))
    assert said in str(reason.value)
