"""A chord laid over the loss: how far it lies above, and how far it may."""

import numpy as np

from backproof.cases.logits import range_of
from backproof.cases.segments import Segment
from backproof.subjects.subject import Subject
from refnet.problem import loss_share
from refnet.rounding.precision import U64


def chord_above(subject: Subject, segment: Segment) -> tuple[float, float, float]:
    """(F(a) + F(b)) / 2 - F((a + b) / 2), its radius, and the size of what cancels in it."""
    at_a, at_b, between = (subject.loss(point) for point in segment.points)
    ends = float(at_a.value + at_b.value) / 2
    size = float(np.abs(at_a.value) + np.abs(at_b.value)) / 2 + abs(float(between.value))
    radius = float(at_a.radius + at_b.radius) / 2 + float(between.radius)
    return ends - float(between.value), radius + 4 * U64 * size, size


def most_above(subject: Subject, segment: Segment) -> tuple[float, float]:
    """The sum of the squared ranges over 32n, and what rounding the ranges in float64 costs."""
    case, a, b = segment.case, segment.case.parameters[0], segment.other[0]
    weights, biases = b.weights - a.weights, b.biases - a.biases
    changes = case.inputs @ weights + biases
    terms = np.abs(case.inputs) @ np.abs(weights) + np.abs(biases)
    # twice the error of a change: a range is a difference of two
    error = 2 * (len(weights) + 3) * U64 * np.max(terms, axis=-1, keepdims=True)
    ranges = range_of(case, changes).reshape(len(changes), -1)
    share = float(loss_share(subject.problem(case)).factor) / 32
    bound = float(np.sum(ranges**2)) * share
    return bound, float(np.sum((ranges + error) ** 2)) * (1 + 2.0**-40) * share - bound
