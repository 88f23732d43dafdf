"""Cross-entropy from the logits: softplus(z) - y z, and log sum_k e^z_k - sum_k y_k z_k.

The radii admit every stable formula, and with `loss_from="probabilities"` also the logarithm of the
rounded outputs, as a course teaches it. The derivative stands in `deltas`.
"""

import math
from functools import cache

import numpy as np

from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.functions.deltas import distance_from_one
from refnet.functions.smooth import sigmoid
from refnet.functions.softmax import growth, log_bound, shifted, spread
from refnet.rounding.arithmetic import Ball, Operation
from refnet.rounding.operations import row_sum
from refnet.rounding.precision import Precision

# sigmoid: softplus(z) - y z


def _softplus_tail(z: Array) -> Array:
    return np.log1p(np.exp(-np.abs(z)))


def _bernoulli(z: Array, outputs: Array, y: Array) -> Array:
    return np.asarray(np.maximum(z, 0.0) - y * z + _softplus_tail(z))


def _bernoulli_radius(p: Precision, value: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
    """|d/dz| = |sigmoid(z) - y| times the radius of z, and the evaluation."""
    above = sigmoid(z.value + z.radius) - y.value
    below = y.value - sigmoid(z.value - z.radius)
    size = z.magnitude
    own = 8 * np.maximum(1, size) + y.magnitude * size + np.abs(value)
    grown = np.maximum(above, below) * z.radius + size * y.radius
    return np.asarray(grown + p.unit * own + p.underflow * (1 + size))


BERNOULLI = Operation(_bernoulli, _bernoulli_radius)
"""softplus(z) - y z: (n, k) thrice -> (n, k)"""


# softmax: log sum_k e^z_k - sum_k y_k z_k


def _logs(z: Array) -> tuple[Array, Array]:
    """The pair (log sum_j e^(z_j - m), z - m), shapes (n, 1) and (n, K)."""
    below = shifted(z)
    return np.log(row_sum(np.exp(below)))[..., None], below


def _categorical(z: Array, outputs: Array, y: Array) -> Array:
    log_sum, below = _logs(z)
    return row_sum(y * (log_sum - below))[..., None]


def _categorical_radius(p: Precision, value: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
    """|d/dz| = |softmax(z) - y| times the radius of z, and the evaluation of either formula."""
    probabilities, known = outputs.value, spread(p, z, outputs.value)
    moved = growth(probabilities, z.radius + known.farthest)
    grown = (np.abs(probabilities - y.value) + moved) * z.radius + z.magnitude * y.radius
    log_sum, _ = _logs(z.value)
    level = np.abs(np.maximum.reduce(z.value, axis=-1, keepdims=True) + log_sum)
    # -sum y log softmax and log-sum-exp - sum y z differ where the targets do not sum to 1
    off = distance_from_one(y) * (level + known.farthest)
    classes = z.value.shape[-1]
    log_rounding = log_bound(known.exponent) + 8 * p.unit * np.maximum(1, log_sum)
    from_sum = level + (classes + 1) * row_sum(y.magnitude * z.magnitude)[..., None]
    from_each = row_sum(
        y.magnitude * (known.distance + (classes + 1) * (log_sum + known.distance))
    )[..., None]
    own = log_rounding + p.unit * (np.maximum(from_sum, from_each) + np.abs(value))
    furthest = level + log_sum + np.maximum.reduce(known.distance, axis=-1, keepdims=True)
    flushed = p.underflow * (classes + 1) * (1 + furthest)
    return np.asarray(row_sum(grown)[..., None] + off + own + flushed)


CATEGORICAL = Operation(_categorical, _categorical_radius)
"""-sum_k y_k log softmax(z)_k: (n, K) thrice -> (n, 1)"""


# either, computed from the rounded probabilities


@cache
def from_probabilities(output: str, conventions: Conventions) -> Operation:
    """-sum y log p, and for the sigmoid also -(1 - y) log(1 - p), with p clipped to [c, 1 - c]

    The rounding of p adds |log(p + e) - log p| <= e / (p - e); a clip keeps the denominator above
    c. Without one it may vanish, and nothing is promised: 0 log 0 is nan in the formula as taught.
    """
    c, binary = conventions.probability_clip, output == "sigmoid"

    def value(z: Array, outputs: Array, y: Array) -> Array:
        terms = [weight * _clip_log(log, c) for weight, log in _log_terms(binary, z, y)]
        return np.asarray(np.add.reduce(terms))

    def radius(p: Precision, _: Array, z: Ball, outputs: Ball, y: Ball) -> Array:
        total = np.zeros_like(y.value)
        o, slack = outputs.value, p.unit * np.maximum(outputs.value, c)
        for weight, log in _log_terms(binary, z.value, y.value):
            clipped, error = _clip_log(log, c), _log_error(p, o, outputs.radius + slack, c, slack)
            error = error + 10 * p.unit * np.maximum(1, clipped + error)
            unsure = y.radius + p.unit * (1 + np.abs(weight)) + p.underflow
            total = total + (np.abs(weight) + unsure) * error + unsure * clipped
            o, slack = 1 - outputs.value, np.full_like(o, p.unit)  # 1 - p rounds absolutely
        return np.asarray(total + p.underflow)

    return Operation(value, radius)


def _log_terms(binary: bool, z: Array, y: Array) -> list[tuple[Array, Array]]:
    """The pairs (weight, -log of a probability) whose products add up to the loss."""
    if binary:
        tail = _softplus_tail(z)
        return [(y, np.maximum(-z, 0) + tail), (1 - y, np.maximum(z, 0) + tail)]
    log_sum, below = _logs(z)
    return [(y, log_sum - below)]


def _log_error(p: Precision, o: Array, e: Array, c: float, slack: Array) -> Array:
    """The bound e / (o - e), or where the probability is clipped e / c; none where it is flushed"""
    lowest = np.maximum(o - e, c - slack if c else 0.0)
    return np.where(lowest > p.underflow, e / lowest, np.inf)


def _clip_log(minus_log: Array, c: float) -> Array:
    """-log(clip(e^-minus_log, c, 1 - c))"""
    if c == 0:
        return minus_log
    return np.clip(minus_log, -math.log1p(-c), -math.log(c))
