"""The smallest case: what Hypothesis has shrunk is made readable on the literal arrays.

Hypothesis shrinks the structure and the seed; the numbers that a seed gives stay random. This pass
drops layers, rows, features, units and outputs, then tries 0, 1 and rounded values, as long as the
law's own body still fails.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backproof.cases.case import Case
from refnet.architecture import Array, Layer

Places = NDArray[np.intp]

MOST_CALLS = 300
MOST_SECONDS = 4.0


def simplest(
    arguments: dict[str, Any], fails: Callable[[dict[str, Any]], bool]
) -> tuple[dict[str, Any], int]:
    """The simplest arguments found that still fail, and the number of tries.

    Each simplification that fails too is kept, and the search goes on from there, until none helps
    or the tries or the seconds are used up.
    """
    tries, ends = 0, time.monotonic() + MOST_SECONDS
    improved = True
    while improved:
        improved = False
        for candidate in _candidates(arguments):
            if tries >= MOST_CALLS or time.monotonic() > ends:
                return arguments, tries
            tries += 1
            if fails(candidate):
                arguments, improved = candidate, True
                break
    return arguments, tries


def _candidates(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in arguments.items():
        simpler = simpler_cases(value) if isinstance(value, Case) else ()
        if hasattr(value, "simpler"):
            simpler = value.simpler()
        for candidate in simpler:
            yield {**arguments, name: candidate}


def simpler_cases(case: Case) -> Iterator[Case]:
    """Cases with fewer rows, layers and units, then with plainer numbers, inside the space."""
    if case.space.architectures is None:
        smaller = [*_fewer_layers(case), *_fewer_units(case)]
        smaller += [_kept_rows(case, rows) for rows in _parts(len(case.inputs))]
        for one in smaller:
            if one.space.admits(one.architecture, len(one.inputs)):
                yield one
    if case.sample_weights is not None:
        yield replace(case, sample_weights=None)
    if case.architecture.l2:
        yield replace(case, architecture=replace(case.architecture, l2=0.0))
    yield from _plainer(case)


def _parts(count: int) -> Iterator[Places]:
    """What to keep of so many: the first, a half, all but one."""
    everything = np.arange(count)
    if count > 2:
        yield everything[:1]
        yield everything[: count // 2]
        yield everything[count // 2 :]
    if count > 1:
        for one in range(count):
            yield np.delete(everything, one)


def _kept_rows(case: Case, rows: Places) -> Case:
    weights = case.sample_weights
    return replace(
        case,
        inputs=case.inputs[rows],
        targets=case.targets[rows],
        sample_weights=None if weights is None else weights[rows],
    )


def _fewer_layers(case: Case) -> Iterator[Case]:
    """The case without one of its hidden layers; the next layer's weights are cut to fit."""
    a = case.architecture
    for gone in range(1, a.hidden_layers + 1):
        widths = a.widths[:gone] + a.widths[gone + 1 :]
        after = case.parameters[gone]
        weights = np.resize(after.weights, (widths[gone - 1], widths[gone]))
        parameters = [*case.parameters[: gone - 1], Layer(weights, after.biases)]
        parameters += case.parameters[gone + 1 :]
        activation = a.activation if isinstance(a.activation, str) else a.activations[:-1]
        smaller = replace(a, widths=widths, activation=activation)
        yield replace(case, architecture=smaller, parameters=parameters)


def _fewer_units(case: Case) -> Iterator[Case]:
    """The case with fewer features, hidden units or outputs."""
    widths = case.architecture.widths
    softmax = case.architecture.output == "softmax"
    for place, width in enumerate(widths):
        if place == len(widths) - 1 and softmax:
            continue  # a one-hot row may lose its one
        for kept in _parts(width):
            yield _kept_units(case, place, kept)


def _kept_units(case: Case, place: int, kept: Places) -> Case:
    a, parameters = case.architecture, list(case.parameters)
    if place < len(parameters):
        layer = parameters[place]
        parameters[place] = Layer(layer.weights[kept], layer.biases)
    if place > 0:
        layer = parameters[place - 1]
        parameters[place - 1] = Layer(layer.weights[:, kept], layer.biases[kept])
    widths = (*a.widths[:place], len(kept), *a.widths[place + 1 :])
    return replace(
        case,
        architecture=replace(a, widths=widths),
        parameters=parameters,
        inputs=case.inputs[:, kept] if place == 0 else case.inputs,
        targets=case.targets[:, kept] if place == len(widths) - 1 else case.targets,
    )


def _plainer(case: Case) -> Iterator[Case]:
    """The case with plainer numbers: whole arrays first, then entry by entry."""
    for place, layer in enumerate(case.parameters):
        for field in ("weights", "biases"):
            for plain in _plainer_arrays(case, getattr(layer, field)):
                parameters = list(case.parameters)
                parameters[place] = layer._replace(**{field: plain})
                yield replace(case, parameters=parameters)
    for plain in _plainer_arrays(case, case.inputs):
        yield replace(case, inputs=plain)
    if case.architecture.output == "identity":
        for plain in _plainer_arrays(case, case.targets):
            yield replace(case, targets=plain)


def _plainer_arrays(case: Case, array: Array) -> Iterator[Array]:
    if array.size > 1:
        yield from _changed(array, [np.zeros_like(array), np.ones_like(array), np.round(array)])
    for at in np.ndindex(array.shape):
        value = array[at]
        plainer = (0.0, 1.0, float(np.round(value)), float(np.round(value, 1)))
        for plain in plainer[: _rank(float(value), plainer)]:
            one = array.copy()
            one[at] = case.space.precision.round(plain)
            yield from _changed(array, [one])


def _rank(value: float, plainer: tuple[float, ...]) -> int:
    """How many of the plainer values are plainer than this one."""
    return plainer.index(value) if value in plainer else len(plainer)


def _changed(array: Array, candidates: list[Array]) -> Iterator[Array]:
    for candidate in candidates:
        zeros = np.count_nonzero(candidate == 0), np.count_nonzero(array == 0)
        if not np.array_equal(candidate, array) and zeros[0] >= zeros[1]:
            yield candidate
