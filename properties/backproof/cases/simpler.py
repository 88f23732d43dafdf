"""Simpler cases: fewer rows, layers, units and outputs, then plainer numbers, inside the space."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backproof.cases.case import Case
from refnet.architecture import Array, Layer

Places = NDArray[np.intp]

PLAIN: dict[str, Any] = {"l2": 0.0, "label_smoothing": 0.0, "dropout": 0.0, "delta": 1.0}
"""What an architecture has where it has nothing of the kind."""

C = TypeVar("C", bound=Case)  # a case keeps its type


def simpler_cases(case: C) -> Iterator[C]:
    """Cases with fewer rows, layers and units, then with plainer numbers, inside the space."""
    smaller = [] if case.space.closed else [*_fewer_layers(case), *_fewer_units(case)]
    if case.space.whole is None:
        smaller += [_kept_rows(case, rows) for rows in _parts(len(case.inputs))]
    for one in smaller:
        if one.space.admits(one.architecture, len(one.inputs)) and _weighs(one):
            yield one
    if case.sample_weights is not None:
        yield replace(case, sample_weights=None)
    for field, plain in PLAIN.items():
        if not case.space.closed and getattr(case.architecture, field) != plain:
            yield replace(case, architecture=replace(case.architecture, **{field: plain}))
    yield from _plainer(case)


def _weighs(case: Case) -> bool:
    """Whether some row counts: without one there is no mean."""
    return case.sample_weights is None or bool(np.any(case.sample_weights))


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


def _kept_rows(case: C, rows: Places) -> C:
    weights = case.sample_weights
    return replace(
        case,
        inputs=case.inputs[rows],
        targets=case.targets[rows],
        sample_weights=None if weights is None else weights[rows],
    )


def _fewer_layers(case: C) -> Iterator[C]:
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


def _fewer_units(case: C) -> Iterator[C]:
    """The case with fewer features, hidden units or outputs."""
    widths = case.architecture.widths
    softmax = case.architecture.output == "softmax"
    for place, width in enumerate(widths):
        if place == len(widths) - 1 and softmax:
            continue  # a one-hot row may lose its one
        for kept in _parts(width):
            yield _kept_units(case, place, kept)


def _kept_units(case: C, place: int, kept: Places) -> C:
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


def _plainer(case: C) -> Iterator[C]:
    """The case with plainer numbers: whole arrays first, then entry by entry."""
    for place, layer in enumerate(case.parameters if not case.space.frozen else ()):
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
