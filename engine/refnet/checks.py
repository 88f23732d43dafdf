"""Whether the arrays fit the architecture, and an error that says where they do not."""

import math
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np

from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.operations import row_sum

_SOFT = 1e-6  # soft rows are rounded to the precision of whoever made them


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
    if sample_weights is None:
        arrays = fitting(architecture, parameters, inputs, targets)
        if arrays and all_finite(arrays):
            return
    explain(architecture, parameters, inputs, targets, sample_weights)


def all_finite(arrays: list[Array]) -> bool:
    """Whether the sum of all squares is finite, at a quarter of the overhead of isfinite."""
    return math.isfinite(sum(float(np.vdot(array, array)) for array in arrays))


def fitting(
    architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array | None
) -> list[Array]:
    """The arrays, parameters, inputs and targets, if they plainly fit; otherwise none.

    They do, if they are of one stack and one type of float, with finite targets in the head's
    range; the others need not be finite. What this fast look does not know to be right, `checked`
    looks at again, slowly.
    """
    if type(inputs) is not np.ndarray or inputs.dtype.char not in "df":
        return []
    if not isinstance(parameters, list | tuple) or {*map(type, parameters)} != {Layer}:
        return []
    arrays = [*chain.from_iterable(parameters), inputs]
    if targets is not None:
        arrays.append(targets)
    try:
        found = [(type(array), array.shape, array.dtype) for array in arrays]
    except AttributeError:  # a list, for instance
        return []
    wanted = expected(architecture.widths, inputs.shape[:-1], inputs.dtype)
    if targets is None:
        return arrays if found == wanted[:-1] else []
    return arrays if found == wanted and _in_range(architecture, targets) else []


@lru_cache(maxsize=256)
def expected(
    widths: tuple[int, ...], lead: tuple[int, ...], dtype: np.dtype[Any]
) -> list[tuple[type, tuple[int, ...], np.dtype[Any]]]:
    """Type, shape and dtype of each layer's weights and biases, of inputs, and of targets.

    lead: the shape of the inputs but for the features; nothing fits where there are no rows
    """
    if not lead or not lead[-1]:
        return []
    stack = lead[:-1]
    shapes = [shape for pair in pairwise(widths) for shape in ((*stack, *pair), (*stack, pair[1]))]
    return [
        (np.ndarray, shape, dtype) for shape in (*shapes, (*lead, widths[0]), (*lead, widths[-1]))
    ]


def _in_range(architecture: Architecture, targets: Array) -> bool:
    """Whether the targets are finite and in the head's range."""
    loss = architecture.loss
    if loss != "cross_entropy":
        counts = loss != "poisson" or bool(targets.item(targets.argmin()) >= 0)
        return counts and all_finite([targets])
    if not (targets.item(targets.argmin()) >= 0 and targets.item(targets.argmax()) <= 1):
        return False
    if architecture.output != "softmax":
        return True
    sums = row_sum(targets)
    return bool(sums.item(sums.argmax()) - 1 <= _SOFT and 1 - sums.item(sums.argmin()) <= _SOFT)


def explain(
    architecture: Architecture,
    parameters: Parameters,
    inputs: Array,
    targets: Array | None,
    sample_weights: Array | None,
) -> None:
    """Nothing, when everything is right, as `checked`, but looking at each array by itself."""
    _check_parameters(architecture, parameters)
    _check_matrix("inputs", inputs, architecture.widths[0], "features")
    if targets is not None:
        _check_matrix("targets", targets, architecture.widths[-1], "outputs")
        _check_rows("targets", targets.shape[-2], inputs.shape[-2])
        _check_range(architecture.output, architecture.loss, targets)
    if sample_weights is not None:
        _check_sample_weights(sample_weights, inputs.shape[-2])
    _check_stacks(parameters, inputs, targets, sample_weights)


def check_batch_size(batch_size: int) -> None:
    """Nothing, when it is a whole number of at least 1.

    Raises: ValueError giving the value.
    """
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise ValueError(f"batch_size={batch_size!r}: a batch size is a whole number of at least 1")


def check_epochs(epochs: int) -> None:
    """Nothing, when it is a whole number of at least 0.

    Raises: ValueError giving the value.
    """
    if not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ValueError(f"epochs={epochs!r}: a number of epochs is a whole number of at least 0")


def _check_parameters(architecture: Architecture, parameters: Any) -> None:
    shapes = architecture.shapes
    if not isinstance(parameters, list | tuple):
        raise ValueError(f"parameters is a {type(parameters).__name__}; give a list of layers")
    if len(parameters) != len(shapes):
        raise ValueError(
            f"parameters has {len(parameters)} layers; "
            f"widths={architecture.widths} need {len(shapes)}"
        )
    for place, (layer, shape) in enumerate(zip(parameters, shapes, strict=True)):
        if not isinstance(layer, Layer):
            kind = type(layer).__name__
            raise ValueError(f"parameters[{place}] is a {kind}; give Layer(weights, biases)")
        for name, array, expected in (
            ("weights", layer.weights, shape),
            ("biases", layer.biases, shape[1:]),
        ):
            _check_array(f"parameters[{place}].{name}", array)
            if array.shape[-len(expected) :] != expected:
                raise ValueError(
                    f"parameters[{place}].{name} has shape {array.shape}; "
                    f"widths={architecture.widths} need {expected}"
                )
            _check_finite(f"parameters[{place}].{name}", array)


def _check_array(name: str, array: Any) -> None:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} is a {type(array).__name__}; give a NumPy array")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {array.dtype}; give real numbers")


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


def _check_sample_weights(weights: Array, rows: int) -> None:
    _check_array("sample_weights", weights)
    if weights.ndim < 1:
        raise ValueError(f"sample_weights has shape {weights.shape}; give ({rows},)")
    _check_rows("sample_weights", weights.shape[-1], rows)
    _check_finite("sample_weights", weights)
    if np.min(weights) < 0:
        raise ValueError(f"sample_weights has {np.min(weights)}; weights are at least 0")
    if not np.all(np.max(weights, axis=-1) > 0):
        raise ValueError("sample_weights are all 0; give one above 0")


def _check_stacks(parameters: Parameters, inputs: Array, *others: Array | None) -> None:
    """Leading axes, that make a stack of networks or of data sets, must broadcast."""
    targets, weights = others
    arrays = [inputs.shape[:-2], *(part for w, b in parameters for part in _leads(w, b))]
    arrays += [] if targets is None else [targets.shape[:-2]]
    arrays += [] if weights is None else [weights.shape[:-1]]
    if not any(arrays):
        return
    try:
        np.broadcast_shapes(*arrays)
    except ValueError as error:
        leads = ", ".join(str(lead) for lead in dict.fromkeys(arrays) if lead)
        raise ValueError(f"the leading axes {leads} do not broadcast; give one stack") from error


def _leads(weights: Array, biases: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return weights.shape[:-2], biases.shape[:-1]


def _check_finite(name: str, array: Array) -> None:
    finite = np.isfinite(array)
    if not np.logical_and.reduce(finite, axis=None):
        at = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"{name}[{', '.join(map(str, at))}] is {array[at]}; give finite numbers")


def _check_range(output: str, loss: str, targets: Array) -> None:
    if loss == "poisson" and not np.min(targets) >= 0:
        raise ValueError(f"targets has {np.min(targets)}; counts are at least 0")
    if loss != "cross_entropy":
        return
    if not (np.min(targets) >= 0 and np.max(targets) <= 1):
        wrong = np.min(targets) if np.min(targets) < 0 else np.max(targets)
        raise ValueError(f"targets has {wrong}; targets of {output} lie in [0, 1]")
    if output == "softmax":
        sums = np.add.reduce(targets, axis=-1)
        off = np.abs(sums - 1)
        if np.max(off) > _SOFT:
            row = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
            place = ", ".join(map(str, row))
            raise ValueError(f"targets[{place}] sums to {sums[row]:.6g}; one-hot rows sum to 1")
