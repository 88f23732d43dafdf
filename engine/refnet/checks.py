"""Whether the arrays fit the architecture, and an error that says where they do not."""

import numpy as np

from refnet.architecture import Architecture, Array, Parameters


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
    if targets is not None:
        _check_matrix("targets", targets, architecture.widths[-1], "outputs")
        _check_rows("targets", targets.shape[-2], inputs.shape[-2])
        _check_range(architecture.output, architecture.loss, targets)
    if sample_weights is not None:
        _check_rows("sample_weights", np.shape(sample_weights)[-1], inputs.shape[-2])
        _check_finite("sample_weights", sample_weights)
        if not (np.min(sample_weights) >= 0 and np.max(sample_weights) > 0):
            raise ValueError("sample_weights: give weights of at least 0, one of them above 0")


def _check_parameters(architecture: Architecture, parameters: Parameters) -> None:
    shapes = architecture.shapes
    if len(parameters) != len(shapes):
        raise ValueError(
            f"parameters has {len(parameters)} layers; "
            f"widths={architecture.widths} need {len(shapes)}"
        )
    for place, (layer, shape) in enumerate(zip(parameters, shapes, strict=True)):
        for name, array, expected in (
            ("weights", layer.weights, shape),
            ("biases", layer.biases, shape[1:]),
        ):
            if array.shape[-len(expected) :] != expected:
                raise ValueError(
                    f"parameters[{place}].{name} has shape {array.shape}; "
                    f"widths={architecture.widths} need {expected}"
                )
            _check_finite(f"parameters[{place}].{name}", array)


def _check_matrix(name: str, array: Array, columns: int, what: str) -> None:
    if array.ndim < 2 or array.shape[-1] != columns:
        raise ValueError(f"{name} has shape {array.shape}; give (rows, {columns}) for {what}")
    if array.shape[-2] == 0:
        raise ValueError(f"{name} has shape {array.shape}; give at least one row")
    _check_finite(name, array)


def _check_rows(name: str, rows: int, expected: int) -> None:
    if rows != expected:
        raise ValueError(f"{name} has {rows} rows and inputs has {expected}; give one for each row")


def _check_finite(name: str, array: Array) -> None:
    if np.isfinite(np.add.reduce(array, axis=None)):
        return  # a sum is finite only if every term is
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
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
        if np.max(off) > 1e-6:  # soft rows are rounded to the precision of whoever made them
            row = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
            place = ", ".join(map(str, row))
            raise ValueError(f"targets[{place}] sums to {sums[row]:.6g}; one-hot rows sum to 1")
