"""The contract as JSON lines, for a network in another language: docs/protocol.md says it in words.

A request is a line, so is a reply. Arrays are flat, row after row; of what JSON has no number for,
`nan` and `inf` are read bare and as texts, in any case.
"""

import re
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from backproof.contract import CAPABILITIES, Fit, Layer, NotSupported, Scope
from backproof.subjects.arrays import Nonsense
from refnet.architecture import Architecture
from refnet.conventions import Conventions
from refnet.rounding.precision import Precision
from refnet.training.optimizers import Optimizer

PROTOCOL = 1

_TOKEN = re.compile(
    rb'"(?:[^"\\]|\\.)*"|[+-]?(?:nan|inf(?:inity)?)(?![a-z])(?:\([^)]*\))?', re.IGNORECASE
)

Number = float | str
"""A number, or the text of one that is not finite."""


class Hello(msgspec.Struct, kw_only=True):
    """The first request."""

    id: int
    call: Literal["hello"] = "hello"
    protocol: Literal[1] = 1
    precision: str | None = None
    options: dict[str, str] = {}


class Request(msgspec.Struct, kw_only=True):
    """A call. The keys from `id` to `rows` are always there, the others where the call has them."""

    id: int
    call: str
    widths: tuple[int, ...]
    activations: tuple[str, ...]
    output: str
    loss: str
    l2: float
    dropout: float
    label_smoothing: float
    delta: float
    biases: bool
    rows: int
    parameters: list[float] | UnsetType = UNSET
    inputs: list[float] | UnsetType = UNSET
    targets: list[float] | UnsetType = UNSET
    sample_weights: list[float] | UnsetType | None = UNSET
    batch_size: int | UnsetType | None = UNSET
    optimizer: str | UnsetType = UNSET
    learning_rate: float | UnsetType = UNSET
    momentum: float | UnsetType = UNSET
    beta1: float | UnsetType = UNSET
    beta2: float | UnsetType = UNSET
    rho: float | UnsetType = UNSET
    epsilon: float | UnsetType = UNSET
    weight_decay: float | UnsetType = UNSET
    decoupled: bool | UnsetType = UNSET
    epochs: int | UnsetType = UNSET
    initializer: str | UnsetType = UNSET
    seed: int | UnsetType = UNSET


class Greeting(msgspec.Struct, kw_only=True):
    """The answer to the first request: what the program can do.

    conventions: of all heads, or a list of those of each, with its `head`
    weights: for each of scope.architectures the parameters that it came with
    """

    protocol: Literal[1]
    capabilities: list[str]
    scope: Scope
    name: str = ""
    version: str = ""
    precision: str | Precision = "float64"
    conventions: Conventions | list[dict[str, Any]] = []
    weights: list[list[Number]] | None = None


class Reply(msgspec.Struct, kw_only=True):
    """An answer, or why there is none; a fit may say what its stop promises."""

    id: int
    answer: Greeting | Number | list[Number] | UnsetType = UNSET
    unsupported: str | UnsetType = UNSET
    error: str | UnsetType = UNSET
    issue_url: str = ""
    gradient_tolerance: Number | None = None


def request(number: int, capability: str, given: dict[str, Any]) -> bytes:
    """The line of a call with its arguments, by name."""
    a: Architecture = given["architecture"]
    inputs = given.get("inputs")
    made = Request(
        id=number, call=capability, widths=a.widths, activations=a.activations, output=a.output,
        loss=a.loss, l2=a.l2, dropout=a.dropout, label_smoothing=a.label_smoothing, delta=a.delta,
        biases=a.biases, rows=0 if inputs is None else len(inputs),
    )  # fmt: skip
    for name in CAPABILITIES[capability][1:]:
        value = given[name]
        if isinstance(value, Optimizer):
            for field in msgspec.structs.fields(Request):
                if hasattr(value, field.name):
                    setattr(made, field.name, getattr(value, field.name))
            made.optimizer = value.name
        else:
            setattr(made, name, _plain(value))
    return msgspec.json.encode(made)


def _plain(value: Any) -> Any:
    """Arrays and layers as flat lists."""
    if isinstance(value, list):
        value = np.concatenate([part.ravel() for layer in value for part in layer])
    return value.ravel().tolist() if isinstance(value, np.ndarray) else value


def reply(line: bytes) -> Reply:
    """The reply of a line.

    Raises: Nonsense saying why it is none.
    """
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return _decoder.decode(_TOKEN.sub(_quoted, line))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Nonsense(f"a line that is no reply, {shortened(line)}: {error}") from None


_decoder = msgspec.json.Decoder(Reply)


def _quoted(found: re.Match[bytes]) -> bytes:
    token = found[0]
    return token if token.startswith(b'"') else b'"' + token.partition(b"(")[0] + b'"'


def shortened(line: bytes) -> str:
    """The line, or its beginning, as a person can read it."""
    text = line.decode("utf-8", "backslashreplace").rstrip("\n")
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def answer(capability: str, architecture: Architecture, rows: int, given: Reply) -> Any:
    """What a capability answers, in the shapes of the contract.

    Raises: Nonsense saying what came and what was expected.
    """
    if isinstance(given.answer, Greeting | UnsetType):
        raise Nonsense(f"{capability} answered neither numbers, nor unsupported, nor error")
    if capability in ("loss", "evaluate"):
        return _number(given.answer, f"{capability} answered")
    widths = architecture.widths
    sizes = {"forward": rows * widths[-1], "forward_training": rows * widths[-1]}
    sizes["hidden"] = rows * sum(widths[1:-1])
    size = sizes.get(capability, sum((a + 1) * b for a, b in architecture.shapes))
    flat = _flat(given.answer, size, capability)
    if capability == "hidden":
        parts = np.split(flat, np.cumsum([rows * width for width in widths[1:-1]])[:-1])
        return [part.reshape(rows, -1) for part in parts[: len(widths) - 2]]
    if capability in sizes:
        return flat.reshape(rows, -1)
    layers = layers_of(flat, architecture)
    if capability != "fit":
        return layers
    promise = given.gradient_tolerance
    return Fit(layers, None if promise is None else _number(promise, "gradient_tolerance is"))


def layers_of(flat: Any, architecture: Architecture) -> list[Layer[Any]]:
    """The layers of parameters in one list."""
    layers, start = [], 0
    for fan_in, fan_out in architecture.shapes:
        middle, end = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
        layers.append(Layer(flat[start:middle].reshape(fan_in, fan_out), flat[middle:end]))
        start = end
    return layers


def _flat(given: Any, size: int, capability: str) -> Any:
    values = given if isinstance(given, list) else [given]
    if len(values) != size:
        raise Nonsense(f"{capability} answered {len(values)} numbers; expected {size}")
    return np.array([_number(value, f"{capability} answered") for value in values])


def _number(given: Any, begun: str) -> float:
    """A number, or the text of one that is not finite."""
    if isinstance(given, float | int):
        return float(given)
    if not isinstance(given, str) or not re.fullmatch(
        r"[+-]?(nan|inf(inity)?)", given, re.IGNORECASE
    ):
        what = f"a list of {len(given)}" if isinstance(given, list) else f"the text {given[:20]!r}"
        raise Nonsense(f"{begun} {what}; give a number")
    return float(given)


def weights_of(greeting: Greeting) -> list[list[Layer[Any]]] | None:
    """The parameters that each architecture came with."""
    architectures = greeting.scope.architectures
    if greeting.weights is None or architectures is None:
        return None
    found = []
    for a, flat in zip(architectures, greeting.weights, strict=True):
        size = sum((fan_in + 1) * fan_out for fan_in, fan_out in a.shapes)
        found.append(layers_of(_flat(flat, size, "weights"), a))
    return found


def unknown_keys(line: bytes) -> list[str]:
    """The keys that mean nothing: of a reply, and of what a greeting says."""
    raw = msgspec.json.decode(_TOKEN.sub(_quoted, line))
    found = _beyond(raw, Reply, "")
    if isinstance(told := raw.get("answer"), dict):
        found += _beyond(told, Greeting, "answer.") + _beyond(told.get("scope"), Scope, "scope.")
        conventions = told.get("conventions")
        for one in conventions if isinstance(conventions, list) else [conventions]:
            rest = {k: v for k, v in one.items() if k != "head"} if isinstance(one, dict) else {}
            found += _beyond(rest, Conventions, "conventions.")
    return found


def _beyond(given: Any, kind: Any, place: str) -> list[str]:
    names = {field.name for field in msgspec.inspect.type_info(kind).fields}  # type: ignore[attr-defined]
    return [f"{place}{key}" for key in given or {} if key not in names]


def refusal(given: Reply, capability: str) -> NotSupported | Nonsense | None:
    """Why there is no answer, where the reply says so."""
    link = f" ({given.issue_url})" * bool(given.issue_url)
    if given.unsupported is not UNSET:
        return NotSupported(f"{given.unsupported}{link}")
    if given.error is not UNSET:
        return Nonsense(f"{capability} answered an error: {given.error}{link}")
    return None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of requests and replies, generated from their types."""
    kinds = {"hello": Hello, "request": Request, "reply": Reply}
    found, parts = msgspec.json.schema_components(kinds.values(), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "backproof, protocol 1: each line is one of these",
        "properties": dict(zip(kinds, found, strict=True)),
        "$defs": parts,
    }


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())
