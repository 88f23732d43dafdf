"""The derivative of a likelihood's loss by the logits: outputs - targets, in every declared form.

By the chain rule through the rounded probabilities (`gradient_from="probabilities"`) it is

sigmoid  -y s / p + (1 - y) s / (1 - p), with a slope s = p (1 - p) of its own
softmax  p_j sum_k y_k p_k / p_k - y_j, or the Jacobian times -y / p
exp      (1 - y / o) o

which is the same number, rounded at the size of the two terms that cancel; nothing is promised
where a probability may be 0. A clip of the reported loss may be ignored by its gradient, be
differentiated, which makes the derivative 0 beyond it, or stand as a floor under p (1 - p).
"""

from typing import Any

import numpy as np

from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.operations import SUBTRACT
from refnet.rounding.precision import Precision

FLOOR = 1e-12


def distance_from_one(y: Ball) -> Array:
    """The largest |sum_k y_k - 1| of each row: (n, 1)"""
    sums = np.add.reduce(y.value, axis=-1, keepdims=True)
    radius = np.add.reduce(np.broadcast_to(y.radius, y.value.shape), axis=-1, keepdims=True)
    return np.asarray(np.abs(sums - 1) + radius)


def _softmax_radius(p: Precision, value: Array, outputs: Ball, y: Ball) -> Array:
    # softmax sum(y) - y is the derivative where the targets do not sum to 1
    off = distance_from_one(y) * outputs.magnitude
    radius = outputs.radius + y.radius + off
    return np.asarray(radius + p.unit * (np.abs(value) + radius) + 2 * p.underflow)


FROM_LOGITS = {
    "sigmoid": SUBTRACT,
    "softmax": Operation(SUBTRACT.value, _softmax_radius),
    "exp": SUBTRACT,
}
"""outputs - targets: (n, k) twice -> (n, k)"""


def delta(output: str, conventions: Conventions) -> Operation:
    """outputs - targets, for a loss with its canonical output, as the conventions declare it

    Shapes: outputs, targets (n, k) -> (n, k).
    """
    base, c = FROM_LOGITS[output], _clip_of(output, conventions)
    if output == "sigmoid" and conventions.clip_gradient == "floored":
        return _floored(base)
    if conventions.gradient_from == "probabilities":
        base = _chained(output, base, c)
    return _clipped(output, base, c) if c else base


def _clip_of(output: str, conventions: Conventions) -> float:
    """The clip that the gradient knows of, or 0."""
    differentiated = conventions.clip_gradient == "differentiated" and output != "exp"
    return conventions.probability_clip if differentiated else 0.0


def _chained(output: str, base: Operation, c: float) -> Operation:
    """outputs - targets, with the radius of every form of the chain rule."""
    more = {"sigmoid": _sigmoid_chain, "softmax": _softmax_chain, "exp": _exp_chain}[output]

    def radius(p: Precision, value: Array, outputs: Ball, y: Ball) -> Array:
        return np.asarray(base.radius(p, value, outputs, y) + more(p, outputs, y, c))

    return Operation(base.value, radius)


def _least(p: Precision, value: Array, e: Any, floor: float = 0.0) -> Array:
    """The least denominator that is legal, nan where it may be 0 or flushed to it."""
    lowest = np.maximum(value - e, floor)
    return np.where(lowest > p.underflow, lowest, np.nan)


def _quotients(p: Precision, y: Ball, least: Array) -> Array:
    """The largest legal y / p, infinite where it may overflow."""
    quotients = y.magnitude / least
    return np.where(quotients < p.largest / 4, quotients, np.inf)


def _sigmoid_chain(p: Precision, outputs: Ball, y: Ball, c: float) -> Array:
    """|s' / p' - s / p| <= (e_s + (1 - p) e) / (p - e), for 1 - p likewise, and six roundings."""
    o, e, q = outputs.value, outputs.radius, 1 - outputs.value
    slope = (np.abs(1 - 2 * o) + e) * e + 3 * p.unit
    right = (slope + q * e) / _least(p, o, e, c - p.unit)
    wrong = (slope + o * (e + p.unit)) / _least(p, q, e + p.unit, c - 2 * p.unit)
    y_size, rest = y.magnitude, np.abs(1 - y.value) + y.radius
    return np.asarray(y_size * (right + 6 * p.unit * q) + rest * (wrong + 6 * p.unit * o))


def _softmax_chain(p: Precision, outputs: Ball, y: Ball, c: float) -> Array:
    """k + 8 roundings of y_j and of p_j sum y, for k targets that are not 0; flushed p_j p_k."""
    used = np.add.reduce(y.magnitude > 0, axis=-1, keepdims=True)
    total = np.add.reduce(y.magnitude, axis=-1, keepdims=True)
    least = _least(p, outputs.value, outputs.radius, c - p.unit)
    quotients = np.add.reduce(_quotients(p, y, least), axis=-1, keepdims=True)
    flushed = y.value.shape[-1] + quotients
    rounded = (used + 8) * p.unit * (y.magnitude + outputs.magnitude * total)
    return np.asarray(rounded + 2 * p.underflow * flushed)


def _exp_chain(p: Precision, outputs: Ball, y: Ball, c: float) -> Array:
    """Three roundings of y and of o."""
    flushed = 1 + _quotients(p, y, _least(p, outputs.value, outputs.radius))
    return np.asarray(3 * p.unit * (y.magnitude + outputs.magnitude) + p.underflow * flushed)


def _floored(base: Operation) -> Operation:
    """(p - y) min(1, p (1 - p) / 1e-12), as (p - y) / max(p (1 - p), 1e-12) times p (1 - p)

    For a p that is rounded into [0, 1]: any other would be magnified by its distance from there.
    """

    def value(outputs: Array, y: Array) -> Array:
        room = np.minimum(outputs * (1 - outputs) / FLOOR, 1.0)
        return np.asarray(base.value(outputs, y) * room)

    def radius(p: Precision, _: Array, outputs: Ball, y: Ball) -> Array:
        whole = base.value(outputs.value, y.value)
        nearest = np.minimum(outputs.value, 1 - outputs.value) - outputs.radius
        all_of_it = 1.0 if p.underflow < FLOOR else np.inf  # a floor of 0 gives 0 / 0
        clear = nearest > 2 * max(FLOOR, p.underflow)
        hull = np.where(clear, 6 * p.unit, all_of_it) * np.abs(whole)
        return np.asarray(base.radius(p, whole, outputs, y) + hull)

    return Operation(value, radius)


def _open_and_beyond(p: Precision, outputs: Ball, c: float) -> tuple[Any, Any]:
    """Where rounding decides on which side of the clip a probability lies, and where it is lost."""
    o, e = outputs.value, outputs.radius + p.unit
    beyond = (o + e < c) | (o - e > 1 - c)
    return ~(beyond | ((o - e > c) & (o + e < 1 - c))), beyond


def _clipped(output: str, base: Operation, c: float) -> Operation:
    """(p - y) [c <= p <= 1 - c], or of the softmax p_j sum_k y_k [c <= p_k <= 1 - c] - y_j [...]

    Where rounding leaves open on which side of the clip a probability lies, both are legal.
    """
    together = output == "softmax"

    def masked(outputs: Array, y: Array, mask: Any) -> Array:
        if not together:
            return np.asarray((outputs - y) * mask)
        kept = y * mask
        return np.asarray(outputs * np.add.reduce(kept, axis=-1, keepdims=True) - kept)

    def value(outputs: Array, y: Array) -> Array:
        return masked(outputs, y, (c <= outputs) & (outputs <= 1 - c))

    def radius(p: Precision, _: Array, outputs: Ball, y: Ball) -> Array:
        (unsure, beyond), o = _open_and_beyond(p, outputs, c), outputs.value
        whole = base.radius(p, base.value(o, y.value), outputs, y)
        if not together:
            hull = whole + unsure * np.abs(o - y.value)
            return np.where(beyond, p.underflow, hull)
        moved = y.magnitude * unsure
        return np.asarray(whole + moved + o * np.add.reduce(moved, axis=-1, keepdims=True))

    return Operation(value, radius)
