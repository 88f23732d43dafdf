"""A finding as data: the drawn arguments, the calls, and which of the answers was compared.

From these a script is written that asks the calls again, and the law itself is run again.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from backproof.cases.data import encode
from backproof.contract import CAPABILITIES
from backproof.reports.row import Finding
from backproof.subjects.conversation import Conversation
from backproof.subjects.messages import Call

LARGEST = 2**20
"""Characters; what is longer is no small case, and is not kept."""

Place = list[Any]
"""A number of the answers: the call, the array in its answer, and the index there."""


def recorded(
    law: str, arguments: dict[str, Any], finding: Finding, conversation: Conversation, dtype: str
) -> str:
    """The finding as JSON in one line, or "" where that is too long.

    dtype: the type in which the subject gets its arrays
    """
    case = {
        "law": law,
        "dtype": dtype,
        "arguments": {name: encode(value) for name, value in arguments.items()},
        "calls": [_call(call) for call in conversation.calls],
        "observed": _place(finding.observed, finding.at, conversation.answers),
    }
    text = json.dumps(case)
    return text if len(text) <= LARGEST else ""


def _call(call: Call) -> dict[str, Any]:
    """The capability, and what it was given in the order of the contract."""
    given = {name: encode(getattr(call, name)) for name in CAPABILITIES[call.capability]}
    return {"capability": call.capability, "given": given}


def _place(number: float | str | None, at: list[int], answers: list[Any]) -> Place | None:
    """Where in the answers the number stands, the latest first, at its own index if it can be.

    A number that a law has computed of several answers stands nowhere.
    """
    if not isinstance(number, float):
        return None
    places = [
        (place, here)
        for call in reversed(range(len(answers)))
        for place, here in _numbers(answers[call], [call])
        if here == number or (math.isnan(here) and math.isnan(number))
    ]
    exact = [place for place, _ in places if place[-1] == at]
    chosen = exact or [place for place, here in places if here]  # zeros are everywhere
    return chosen[0] if chosen else None


def _numbers(answer: Any, place: Place) -> Iterator[tuple[Place, float]]:
    if isinstance(answer, list | tuple):
        for i, part in enumerate(answer):
            yield from _numbers(part, [*place, i])
    elif isinstance(answer, float | np.ndarray):
        for at, number in np.ndenumerate(answer):
            yield [*place, list(at)], float(number)
