"""Whatever comes as numbers: an array of real ones in float64, or what it is instead."""

from typing import Any

import numpy as np

from backproof.subjects.border import said


class Nonsense(ValueError):  # noqa: N818 (what the answer is)
    """An answer that has the wrong shape or is no number."""


def array_of(raw: Any, shape: tuple[int, ...], name: str) -> Any:
    """An array of real numbers of this shape, in float64.

    Raises: Nonsense saying what came and what was expected.
    """
    array = numbers(raw, f"{name} returned")
    if array.shape != shape:
        raise Nonsense(f"{name} returned shape {array.shape}; expected {shape}")
    return array


def numbers(raw: Any, begun: str) -> Any:
    """An array of real numbers, of any shape, in float64.

    begun: how a complaint begins, as in "loss returned"
    Raises: Nonsense saying what came.
    """
    try:
        masked, array = _masked(raw), np.asarray(raw)
    except Exception as error:
        raise Nonsense(f"{begun} {short(raw)}, which is no array: {said(error)}") from None
    if masked:
        raise Nonsense(f"{begun} a masked array; give a number for each entry")
    if array.dtype.kind not in "fiub" and not _extended_float(array):
        raise Nonsense(f"{begun} {short(raw)} of type {array.dtype}; give real numbers")
    return array.astype(np.float64)


def _masked(raw: Any) -> bool:
    """Whether something of it is masked: an array forgets the mask, and shows what lies beneath."""
    if isinstance(raw, list | tuple):
        return any(map(_masked, raw))
    return isinstance(raw, np.ma.MaskedArray) and bool(np.any(np.ma.getmaskarray(raw)))


def _extended_float(array: Any) -> bool:
    return array.dtype.kind == "V" and "float" in array.dtype.name  # ml_dtypes' bfloat16


def short(raw: Any) -> str:
    """What came, in a few words."""
    shape = getattr(raw, "shape", None)
    if shape is not None:
        return f"an array of shape {tuple(shape)}"
    if isinstance(raw, list | tuple):
        return f"a {type(raw).__name__} of {len(raw)}"
    text = said(raw, repr)
    return text if len(text) <= 60 else f"{text[:57]}..."
