"""The heads: an output activation with its loss, all from logits and stable at any size.

A loss takes (logits, outputs, targets), each (n, k), and gives one number per row: the sum over
outputs. Its derivative by the logits is `pullback(residual)`: for the canonical pairs (sigmoid or
softmax with cross-entropy, exp with Poisson) simply outputs - targets.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from refnet.activations import activation, sigmoid
from refnet.architecture import Architecture, Array
from refnet.arithmetic import Arithmetic, Ball, Operation
from refnet.conventions import Conventions
from refnet.operations import SUBTRACT
from refnet.precision import Precision


class Head(NamedTuple):
    """The loss of each row, and its derivative by the logits.

    rows:   Operation on (logits, outputs, targets) -> (n,)
    delta:  (arithmetic, logits, outputs, targets) -> (n, k), before `factor` and the mean
    factor: what the rows and the derivative are multiplied by
    """

    rows: Operation
    delta: Callable[..., object]
    loss_factor: float
    delta_factor: float


def _row_sum(entries: Array) -> Array:
    return np.asarray(np.add.reduce(entries, axis=-1))


def _row_radius(p: Precision, size: Array, radius: Array) -> Array:
    """Radius of a sum over the outputs of a row."""
    outputs = size.shape[-1]
    return _row_sum(radius + (outputs - 1) * p.unit * (size + radius))


def _canonical(apply: Arithmetic, logits: object, outputs: object, targets: object) -> object:
    return apply(SUBTRACT, outputs, targets)


# sigmoid with cross-entropy: softplus(z) - y z


def _softplus_tail(z: Array) -> Array:
    return np.asarray(np.log1p(np.exp(-np.abs(z))))


def _bernoulli_entries(z: Array, y: Array) -> Array:
    return np.asarray((np.maximum(z, 0) - y * z) + _softplus_tail(z))


def _bernoulli_rounding(p: Precision, z: Ball, y: Ball, entries: Array) -> Array:
    """Radius of softplus(z) - y z per entry: |d/dz| = |sigmoid(z) - y|, and its evaluation."""
    above = sigmoid(z.value + z.radius) - y.value
    below = y.value - sigmoid(z.value - z.radius)
    size = z.magnitude
    own = 8 * np.maximum(1, size) + y.magnitude * size + np.abs(entries)
    grown = np.maximum(above, below) * z.radius + size * y.radius
    return np.asarray(grown + p.unit * own + p.underflow)


def _bernoulli(z: Array, outputs: Array, y: Array) -> Array:
    return _row_sum(_bernoulli_entries(z, y))


def _bernoulli_radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
    entries = _bernoulli_entries(z.value, y.value)
    return _row_radius(p, np.abs(entries), _bernoulli_rounding(p, z, y, entries))


# squared error, with any output: (o - y)^2, the factor apart


def _squares(z: Array, outputs: Array, y: Array) -> Array:
    return _row_sum((outputs - y) ** 2)


def _squares_radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
    residual = outputs.value - y.value
    e = outputs.radius + y.radius
    e = e + p.unit * (np.abs(residual) + e)
    size = (np.abs(residual) + e) ** 2
    overflow = np.where(size < p.largest / 4, 0.0, np.inf)
    radius = (2 * np.abs(residual) + e) * e + p.unit * size + p.underflow + overflow
    return _row_radius(p, residual**2, radius)


SQUARES = Operation(_squares, _squares_radius)


def _squared_error(architecture: Architecture, conventions: Conventions) -> Head:
    output = activation(architecture.output, conventions)

    def delta(apply: Arithmetic, logits: object, outputs: object, targets: object) -> object:
        return apply(output.pullback, apply(SUBTRACT, outputs, targets), logits, outputs)

    factor = conventions.squared_error
    return Head(SQUARES, delta, factor, 2 * factor)


# cross-entropy computed from the rounded probability, as a course teaches it


def _from_probability(z: Ball, o: Ball, y: Ball, c: float, p: Precision) -> Array:
    """What the rounding of the outputs adds: |log(o + e) - log o| <= e / (o - e)

    A clip keeps the denominators above c; without one they may vanish, and the row is not judged.
    """
    e = o.radius
    first = np.maximum(o.value - e, c)
    second = np.maximum(1 - o.value - e, c)
    added = y.magnitude * (e + p.unit * o.value) / first
    added = added + (1 - y.value + y.radius) * (e + p.unit) / second
    # 0 log 0 is nan in the formula as it is taught, whatever the target
    return np.where(np.minimum(first, second) > 0, added, np.inf)


def _clipped_bernoulli(c: float) -> Operation:
    def entries(z: Array, y: Array) -> Array:
        tail = _softplus_tail(z)
        minus_log_p, minus_log_q = np.maximum(-z, 0) + tail, np.maximum(z, 0) + tail
        return np.asarray(y * _clip_log(minus_log_p, c) + (1 - y) * _clip_log(minus_log_q, c))

    def value(z: Array, outputs: Array, y: Array) -> Array:
        return _row_sum(entries(z, y))

    def radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
        single = entries(z.value, y.value)
        own = _bernoulli_rounding(p, z, y, single)
        return _row_radius(p, np.abs(single), own + _from_probability(z, outputs, y, c, p))

    return Operation(value, radius)


def _clip_log(minus_log: Array, c: float) -> Array:
    """-log(clip(e^-minus_log, c, 1 - c))"""
    if c == 0:
        return minus_log
    return np.clip(minus_log, -np.log1p(-c), -np.log(c))


def _sigmoid_cross_entropy(architecture: Architecture, conventions: Conventions) -> Head:
    if conventions.loss_from == "logits" and conventions.probability_clip == 0:
        rows = Operation(_bernoulli, _bernoulli_radius)
    else:
        rows = _clipped_bernoulli(conventions.probability_clip)
    return Head(rows, _canonical, 1.0, 1.0)


TABLE: dict[tuple[str, str], Callable[[Architecture, Conventions], Head]] = {
    ("sigmoid", "cross_entropy"): _sigmoid_cross_entropy,
    ("identity", "squared_error"): _squared_error,
    ("sigmoid", "squared_error"): _squared_error,
}


def head(architecture: Architecture, conventions: Conventions) -> Head:
    """The head of an architecture, in the form that the conventions declare.

    Raises: ValueError for a head that the table lacks.
    """
    if architecture.head not in TABLE:
        known = ", ".join(" with ".join(pair) for pair in TABLE)
        raise ValueError(f"head {' with '.join(architecture.head)}: the engine has {known}")
    return TABLE[architecture.head](architecture, conventions)
