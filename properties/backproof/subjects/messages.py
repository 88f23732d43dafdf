"""The messages between the judge and an implementation, and their bytes.

A frame is four bytes of length and four of its number, little endian, and a MessagePack map; a
reply has the number of its request. An array travels as an extension of code 1: its type, its
shape, and its raw bytes. Text crosses the border when a message is made, on either side.
"""

from dataclasses import replace
from functools import lru_cache
from typing import IO, Any

import msgspec
import numpy as np

from backproof.contract import CAPABILITIES, Scope, by_head
from backproof.subjects.border import LINE, NAME, plain, plain_lines
from refnet.architecture import Architecture, Layer
from refnet.conventions import Conventions
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer

_ARRAY = 1


class Load(msgspec.Struct, kw_only=True):
    """The first message: what to load, and how."""

    subject: str
    precision: str | None = None
    options: dict[str, str] = {}


class Hello(msgspec.Struct, kw_only=True):
    """The answer to `Load`: what the implementation says of itself."""

    name: str
    version: str
    scope: Scope
    precision: Precision
    conventions: dict[tuple[str, str], Conventions]
    capabilities: list[str]
    weights: list[list[Layer[Any]]] | None = None
    printed: dict[str, str] = {}
    misspelt: list[str] = []

    def __post_init__(self) -> None:
        self.misspelt = list(map(plain, self.misspelt))
        self.name, self.version = plain(self.name, NAME), plain(self.version, NAME)
        self.precision = replace(self.precision, name=plain(self.precision.name, NAME))
        self.conventions = by_head(self.conventions, self.scope.heads)
        self.capabilities = [name for name in CAPABILITIES if name in self.capabilities]


class Call(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One question: a capability and its arguments."""

    capability: str
    architecture: Architecture
    parameters: list[Layer[Any]] | None = None
    inputs: Any = None
    targets: Any = None
    sample_weights: Any = None
    batch_size: int | None = None
    optimizer: Optimizer | None = None
    epochs: int = 1
    initializer: str = ""
    seed: int = 0


class Failure(msgspec.Struct, kw_only=True):
    """Why there is no answer: raised, arithmetic, nonsense, unsupported, changed, or load."""

    kind: str
    message: str
    detail: str = ""

    def __post_init__(self) -> None:
        self.message, self.detail = plain(self.message, 2 * LINE), plain_lines(self.detail)


class Outcome(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The reply to a call: an answer or a failure, what was printed meanwhile, and the seconds.

    noise: to standard output; errors: to standard error
    """

    answer: Any = None
    hello: Hello | None = None
    failure: Failure | None = None
    noise: str = ""
    errors: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.noise, self.errors = plain_lines(self.noise), plain_lines(self.errors)

    def printed(self, what: str) -> dict[str, str]:
        """What was printed where, by the words that say so of a call or of loading."""
        outputs = {"output": self.noise, "error": self.errors}
        return {f"{what} prints to standard {o}": text for o, text in outputs.items() if text}


def _encode_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        header = _header(value.dtype, value.shape)
        return msgspec.msgpack.Ext(_ARRAY, header + value.tobytes())
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot send a {type(value).__name__}")


def _decode_array(code: int, data: memoryview) -> Any:
    start = 1 + data[0]
    dtype, shape = _described(bytes(data[1:start]))
    return np.frombuffer(data[start:], dtype=dtype).reshape(shape)


@lru_cache(maxsize=1024)
def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """The length, and the type and the shape of an array, of which a run has few."""
    header = msgspec.msgpack.encode((dtype.str, shape))
    return bytes([len(header)]) + header


@lru_cache(maxsize=1024)
def _described(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    dtype, shape = msgspec.msgpack.decode(header)
    return np.dtype(dtype), tuple(shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_array)


def encode(message: Any) -> bytes:
    """The bytes of a message, without its length."""
    return _encoder.encode(message)


def decoder(kind: Any) -> "msgspec.msgpack.Decoder[Any]":
    """A decoder for one type of message."""
    return msgspec.msgpack.Decoder(kind, ext_hook=_decode_array)


LARGEST = 2**30
"""Bytes of a frame; what claims to be larger is none."""


def write(stream: IO[bytes], number: int, body: bytes) -> None:
    """One frame onto a stream: the bytes of a message, after their length and their number."""
    head = len(body).to_bytes(4, "little") + (number % 2**32).to_bytes(4, "little")
    stream.write(head + body)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[int, bytes] | None:
    """The number and the body of the next frame, or None where the stream ends or has none."""
    head = stream.read(8)
    size, number = (int.from_bytes(part, "little") for part in (head[:4], head[4:]))
    if len(head) < 8 or size > LARGEST:
        return None
    body = stream.read(size)
    return (number, body) if len(body) == size else None
