"""What was sent: the calls of an example in literal parts, each part once."""

from typing import Any

from backproof.cases.case import architecture_words
from backproof.cases.trainings import optimizer_words
from backproof.contract import CAPABILITIES
from backproof.reports.row import Sent
from backproof.subjects.messages import Call
from refnet.architecture import Layer


def sent(calls: list[Call]) -> list[Sent]:
    """The first case with all that was sent of it, then what was different in other calls.

    Of another network all parts are given, of the same one those with other numbers.
    """
    known, groups = dict[str, Any](), list[Sent]()
    for call in calls:
        parts, words = _parts(call), _words(call)
        network = parts["architecture"]
        same = known.setdefault("architecture", network) == network
        changed = {n: v for n, v in parts.items() if not same or known.setdefault(n, v) != v}
        group = next((group for group in groups if group.parts == changed), None)
        if group is None:
            groups.append(group := Sent(parts=changed))
        group.calls += [words] if words not in group.calls else []
    return [Sent(calls=groups[0].calls, parts=known), *groups[1:]] if groups else []


def _parts(call: Call) -> dict[str, Any]:
    """What the capability gets to see of the case, as plain values."""
    seen = _seen(call)
    parts: dict[str, Any] = {"architecture": architecture_words(call.architecture)}
    for place, layer in enumerate(call.parameters or [] if "parameters" in seen else []):
        for part, values in zip(Layer._fields, layer, strict=True):
            parts[f"parameters[{place}].{part}"] = values.tolist()
    for name in ("inputs", "targets", "sample_weights"):
        if name in seen:
            value = getattr(call, name)
            parts[name] = None if value is None else value.tolist()
    return parts


def _words(call: Call) -> str:
    """The call with what else it was given, in a few words."""
    names = [n for n in ("epochs", "batch_size", "initializer", "seed") if n in _seen(call)]
    values = [(name, getattr(call, name)) for name in names]
    given = [f"{name}={value!r}" for name, value in values if value is not None]
    if call.optimizer is not None:
        given = [*optimizer_words(call.optimizer), *given]
    return f"{call.capability}({', '.join(given)})" if given else call.capability


def _seen(call: Call) -> tuple[str, ...]:
    """What the capability gets to see, in the contract's words."""
    return CAPABILITIES[call.capability]
