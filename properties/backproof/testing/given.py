"""What a test is about: a network with its data in float64, its precision and its conventions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from backproof.contract import Declared, by_head
from backproof.subjects.arrays import Nonsense, numbers
from backproof.subjects.calls import normal
from backproof.subjects.messages import Call
from backproof.subjects.own import check_digits, layers_of
from refnet.architecture import Architecture, Array
from refnet.conventions import Conventions
from refnet.problem import Problem
from refnet.rounding.precision import PRESETS, Precision

Pairs = Iterable[tuple[Any, Any]]
"""The weights and the biases of each layer, such as Layers, or zip(weights, biases)."""


def problem_of(
    architecture: Any,
    parameters: Pairs,
    inputs: ArrayLike,
    targets: ArrayLike | None,
    sample_weights: ArrayLike | None,
    precision: Precision | str,
    conventions: Declared,
) -> tuple[Problem, Precision]:
    """Everything as the engine takes it; without targets these are zeros, which nobody asks for.

    Raises: ValueError naming the argument, the rule and the value.
    """
    if not isinstance(architecture, Architecture):
        kind = type(architecture).__name__
        raise ValueError(f"architecture is a {kind}; give Architecture(widths, activation, ...)")
    p, meant = _precision(precision), _conventions(conventions, architecture.head)
    layers = layers_of(architecture, parameters, p, "parameters")
    x = _numbers("inputs", inputs, 2, p)
    y = np.zeros((len(x), architecture.widths[-1]))
    y = y if targets is None else _numbers("targets", targets, 2, p)
    weights = None if sample_weights is None else _numbers("sample_weights", sample_weights, 1, p)
    return Problem(architecture, layers, x, y, weights, meant), p


def answer_of(capability: str, observed: Any, problem: Problem) -> Any:
    """What a network answered, as float64 arrays of the right shapes.

    Raises: ValueError saying what came and what was expected.
    """
    asked = Call(
        capability=capability,
        architecture=problem.architecture,
        parameters=problem.parameters,
        inputs=problem.inputs,
    )
    try:
        return normal(asked, [*observed] if isinstance(observed, Iterator) else observed)
    except Nonsense as reason:
        raise ValueError(f"observed: {reason}") from None


def _numbers(name: str, given: ArrayLike, axes: int, precision: Precision) -> Array:
    array: Array = numbers(given, f"{name} is")
    if array.ndim != axes:
        shape = "(rows, columns)" if axes == 2 else "(rows,)"
        raise ValueError(f"{name} has shape {array.shape}; give {shape}")
    if np.all(np.isfinite(array)):  # else the engine names the entry
        check_digits(name, array, precision)
    return array


def _precision(given: Precision | str) -> Precision:
    found = PRESETS.get(given) if isinstance(given, str) else given
    if not isinstance(found, Precision):
        raise ValueError(f"precision={given!r}: give a Precision, or one of {', '.join(PRESETS)}")
    return found


def _conventions(given: Any, head: tuple[str, str]) -> Conventions:
    way_out = "give Conventions, or a mapping with one for each head"
    if not isinstance(given, Conventions | Mapping):
        raise ValueError(f"conventions={given!r}: {way_out}")
    if isinstance(given, Mapping) and head not in given:
        raise ValueError(f"conventions has none for {head!r}: {way_out}")
    return by_head(given, (head,))[head]
