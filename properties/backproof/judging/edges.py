"""Where in the simplest case a fault begins: at a single number, or beyond a threshold."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from backproof.cases.case import Case
from backproof.cases.networks import NetworkCase
from backproof.judging.trial import Arguments
from refnet.architecture import Array, Layer
from refnet.backpropagation import trace
from refnet.conventions import Conventions
from refnet.rounding.arithmetic import plain, quiet

NUDGE = 2.0**-10
"""So far from 0 a number is not 0 any more, in every precision."""

CLOSE = 2.0**-10
"""A threshold is known to this share of it."""

MOST_SECONDS = 2.0


class Number(NamedTuple):
    """One number of a case: its name, its value, and the case with another in its place."""

    name: str
    value: float
    put: Callable[[float], Case]


def edges(
    arguments: Arguments, fails: Callable[[Arguments], bool], conventions: Conventions
) -> list[str]:
    """Where the law begins to fail, in a sentence, as far as a case can be changed freely.

    fails: whether the law fails in the same way at other arguments
    """
    cases = {name: case for name, case in arguments.items() if type(case) is NetworkCase}
    if len(cases) != 1 or (case := next(iter(cases.values()))).space.frozen:
        return []
    (place,), ends = cases, time.monotonic() + MOST_SECONDS

    def broken(changed: Case) -> bool:
        return time.monotonic() > ends or fails({**arguments, place: changed})

    by_size = sorted(_numbers(case), key=lambda number: -abs(number.value))
    exactly = (_exactly(number, broken, case, conventions) for number in by_size)
    beyond = (_threshold(number, broken, conventions) for number in by_size if number.value)
    words = next(filter(None, chain(exactly, beyond)), "")
    return [words] if words and time.monotonic() < ends else []


def _numbers(case: Case) -> Iterator[Number]:
    """Weights, biases and inputs, one by one."""
    for place, layer in enumerate(case.parameters):
        for part in Layer._fields if case.architecture.biases else ("weights",):
            put = partial(_with_part, case, place, part)
            yield from _entries(f"parameters[{place}].{part}", getattr(layer, part), put)
    yield from _entries("inputs", case.inputs, lambda inputs: replace(case, inputs=inputs))


def _entries(name: str, array: Array, put: Callable[[Array], Case]) -> Iterator[Number]:
    for at in np.ndindex(array.shape):
        yield Number(f"{name}{list(at)}", float(array[at]), partial(_with_entry, array, at, put))


def _with_entry(array: Array, at: Any, put: Callable[[Array], Case], value: float) -> Case:
    changed = array.copy()
    changed[at] = value
    return put(changed)


def _with_part(case: Case, place: int, part: str, array: Array) -> Case:
    layers = list(case.parameters)
    layers[place] = layers[place]._replace(**{part: array})
    return replace(case, parameters=layers)


def _exactly(
    number: Number, broken: Callable[[Case], bool], case: Case, conventions: Conventions
) -> str:
    """Whether the law holds as soon as the number is a little more or a little less."""
    nudged = [number.put(number.value + sign * NUDGE) for sign in (1, -1)]
    if any(broken(other) for other in nudged):
        return ""
    zero = [
        layer
        for layer, logit in _logits(case, conventions).items()
        if logit == 0 and all(_logits(other, conventions).get(layer) for other in nudged)
    ]
    where = f"{zero[0]} is exactly 0" if zero else f"{number.name} is exactly {number.value!r}"
    return f"it fails only where {where}: {NUDGE:g} more or less, and the law holds"


def _threshold(number: Number, broken: Callable[[Case], bool], conventions: Conventions) -> str:
    """From which size of the number on the law fails, if it holds where that is 0."""
    holds, fails = 0.0, number.value
    if broken(number.put(holds)):
        return ""
    while abs(fails - holds) > CLOSE * abs(fails):
        middle = holds + (fails - holds) / 2
        if abs(middle) < NUDGE:
            return ""  # it fails as soon as there is something
        holds, fails = (holds, middle) if broken(number.put(middle)) else (middle, fails)
    below, above = (_logits(number.put(value), conventions) for value in (holds, fails))
    for layer, logit in above.items():
        if logit != below.get(layer, logit):
            return f"it begins where {layer} reaches {logit:.6g}; at {below[layer]:.6g} it holds"
    return f"it begins where {number.name} reaches {fails:.6g}; at {holds:.6g} it holds"


@quiet
def _logits(case: Case, conventions: Conventions) -> dict[str, float]:
    """The logits of the layers that have a single one, by the name of the layer."""
    stages = trace(plain, case.architecture, case.parameters, case.inputs, conventions)
    names = [f"the logit of hidden layer {i + 1}" for i in range(len(stages) - 1)]
    names = [*names, "the logit of the output"]
    pairs = zip(names, stages, strict=True)
    return {name: float(s.logits.ravel()[0]) for name, s in pairs if s.logits.size == 1}
