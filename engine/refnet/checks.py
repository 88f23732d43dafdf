"""Whether the arrays fit the architecture, and an error that says where they do not."""

import math
from typing import Any

import numpy as np

from refnet.architecture import Architecture, Array, Layer, Parameters


def checked(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array | None = None,
    sample_weights: Array | None = None,
) -> None:
    """Nothing, when shapes fit, numbers are finite and targets lie in the head's range.

    Raises: ValueError naming the array, the rule and the value.
    """
    _check_parameters(architecture, parameters)
    _check_matrix("inputs", inputs, architecture.widths[0], "features")
    leads = [inputs.shape[:-2]]
    if targets is not None:
        _check_matrix("targets", targets, architecture.widths[-1], "outputs")
        _check_rows("targets", targets.shape[-2], inputs.shape[-2])
        _check_range(architecture, targets)
        leads.append(targets.shape[:-2])
    if sample_weights is not None:
        _check_sample_weights(sample_weights, inputs.shape[-2])
        leads.append(sample_weights.shape[:-1])
    _check_stacks(parameters, leads)


def check_count(name: str, words: str, count: int, least: int) -> None:
    """Nothing, when it is a whole number of at least so many.

    Raises: ValueError giving the value.
    """
    if not isinstance(count, int | np.integer) or count < least:
        raise ValueError(f"{name}={count!r}: {words} is a whole number of at least {least}")


def _check_parameters(architecture: Architecture, parameters: Any) -> None:
    widths = architecture.widths
    if not isinstance(parameters, list | tuple):
        raise ValueError(f"parameters is a {type(parameters).__name__}; give a list of layers")
    if len(parameters) != len(widths) - 1:
        raise ValueError(
            f"parameters has {len(parameters)} layers; widths={widths} need {len(widths) - 1}"
        )
    for place, layer in enumerate(parameters):
        if not isinstance(layer, Layer):
            kind = type(layer).__name__
            raise ValueError(f"parameters[{place}] is a {kind}; give Layer(weights, biases)")
        _check_part(f"parameters[{place}].weights", layer.weights, widths, place, place + 2)
        _check_part(f"parameters[{place}].biases", layer.biases, widths, place + 1, place + 2)
        if not architecture.biases and np.any(layer.biases):
            raise ValueError(f"parameters[{place}].biases are not all 0; biases=False has none")


def _check_part(name: str, array: Any, widths: tuple[int, ...], start: int, stop: int) -> None:
    """Weights or biases, whose last axes have the widths from `start` to `stop`."""
    _check_array(name, array)
    if array.shape[start - stop :] != widths[start:stop]:
        raise ValueError(
            f"{name} has shape {array.shape}; widths={widths} need {widths[start:stop]}"
        )
    _check_finite(name, array)


def _check_array(name: str, array: Any) -> None:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} is a {type(array).__name__}; give a NumPy array")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {array.dtype}; give real numbers")


def _check_finite(name: str, array: Array) -> None:
    # nan and infinity spoil the sum of squares, at a quarter of isfinite's time for a small array
    if math.isfinite(np.vdot(array, array)):
        return
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):  # else only the sum has overflowed
        at = tuple(wrong[0].tolist())
        raise ValueError(f"{name}[{', '.join(map(str, at))}] is {array[at]}; give finite numbers")


def _check_matrix(name: str, array: Array, columns: int, what: str) -> None:
    _check_array(name, array)
    if array.ndim < 2 or array.shape[-1] != columns:
        raise ValueError(f"{name} has shape {array.shape}; give (rows, {columns}) for {what}")
    if array.shape[-2] == 0:
        raise ValueError(f"{name} has shape {array.shape}; give at least one row")
    _check_finite(name, array)


def _check_rows(name: str, rows: int, expected: int) -> None:
    if rows != expected:
        raise ValueError(f"{name} has {rows} rows and inputs has {expected}; give one for each row")


def _check_range(architecture: Architecture, targets: Array) -> None:
    """Counts of at least 0, or probabilities, which in the rows of a softmax sum to 1."""
    if architecture.loss not in ("poisson", "cross_entropy"):
        return
    # a third of the overhead of min and max
    least, largest = targets.item(targets.argmin()), targets.item(targets.argmax())
    if architecture.loss == "poisson":
        if least < 0:
            raise ValueError(f"targets has {least}; counts are at least 0")
        return
    if least < 0 or largest > 1:
        wrong = least if least < 0 else largest
        raise ValueError(f"targets has {wrong}; targets of {architecture.output} lie in [0, 1]")
    if architecture.output == "softmax":
        _check_sums(targets)


def _check_sums(targets: Array) -> None:
    sums = targets.sum(axis=-1)
    off = np.abs(sums - 1)
    if off.max() > 1e-6:  # soft rows are rounded to the precision of whoever made them
        row = np.unravel_index(off.argmax(), off.shape)
        place = ", ".join(map(str, row))
        raise ValueError(f"targets[{place}] sums to {sums[row]:.6g}; one-hot rows sum to 1")


def _check_sample_weights(weights: Array, rows: int) -> None:
    _check_array("sample_weights", weights)
    if weights.ndim < 1:
        raise ValueError(f"sample_weights has shape {weights.shape}; give ({rows},)")
    _check_rows("sample_weights", weights.shape[-1], rows)
    _check_finite("sample_weights", weights)
    if weights.min() < 0:
        raise ValueError(f"sample_weights has {weights.min()}; weights are at least 0")
    if not weights.max(axis=-1).all():
        raise ValueError("sample_weights are all 0; give one above 0")


def _check_stacks(parameters: Parameters, leads: list[tuple[int, ...]]) -> None:
    """Leading axes, that make a stack of networks or of data sets, must broadcast."""
    for weights, biases in parameters:
        leads += (weights.shape[:-2], biases.shape[:-1])
    if not any(leads):
        return
    try:
        np.broadcast_shapes(*leads)
    except ValueError as error:
        shown = ", ".join(str(lead) for lead in dict.fromkeys(leads) if lead)
        raise ValueError(f"the leading axes {shown} do not broadcast; give one stack") from error
