"""A logistic regression as a convex function: how it bends, how steep it is, what is better."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from backproof.contract import NotSupported
from backproof.laws.verbs.left_out import canonical
from refnet import balls
from refnet.architecture import Array, Layer, Parameters
from refnet.conventions import STRICT
from refnet.problem import Problem, gradient_share
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import U64
from refnet.training.optimizers import Optimizer
from refnet.training.training import train

FAR = 30
"""After so many steps the engine's own descent is at a better place than a subject after a few."""


def length(arrays: Sequence[Array]) -> float:
    """The Euclidean length of all entries together."""
    return math.sqrt(sum(float(np.sum(np.square(array))) for array in arrays))


def distance(one: Parameters, other: Parameters) -> float:
    """|w - v|"""
    pairs = zip(one, other, strict=True)
    return length([a - b for layer, there in pairs for a, b in zip(layer, there, strict=True)])


class Point(NamedTuple):
    """Parameters, and F there."""

    parameters: Parameters
    loss: Ball


class Convex:
    """F = c sum_i l_i, whose gradient training is declared to use, with c the share of a row.

    The problem has no penalty and no hidden layer, and is given where a descent begins; `rate` is
    meant in units of 1 / L.
    Raises: NotSupported where training uses no gradient of the cross-entropy.
    """

    def __init__(self, problem: Problem, rate: float) -> None:
        if not canonical(problem):
            raise NotSupported("the gradient is declared to be that of a clipped loss")
        self._problem = problem
        self._share = float(gradient_share(problem).factor)
        ones = np.full(len(problem.inputs), float(problem.architecture.biases))
        self._lengths = np.hypot(np.linalg.norm(problem.inputs, axis=1), ones)
        self.descent = Optimizer("gradient_descent", rate * self._largest_rate())

    def _largest_rate(self) -> float:
        """A power of two that is at most 1 / L, for L <= c sum_i |x_i|^2 / 4, of a softmax / 2"""
        bend = 0.5 if self._problem.architecture.output == "softmax" else 0.25
        curvature = self._share * bend * float(np.sum(self._lengths**2))
        return 2.0 ** math.floor(-math.log2(curvature)) if 0 < curvature < math.inf else 1.0

    @cached_property
    def better(self) -> list[Point]:
        """Weights with a small loss: far along the engine's own descent, and twice as far out."""
        a, start, inputs, targets, _, meant = self._problem
        far = train(a, start, inputs, targets, self.descent, FAR, conventions=meant)
        return [self.at(far), self.at([Layer(2 * weights, 2 * biases) for weights, biases in far])]

    def after(self, w: Point, v: Point, error: float) -> Ball:
        """|w - v|^2 + 2 rate (F(w) - F(v)), for a w that is known to a distance of `error`."""
        apart, double = distance(w.parameters, v.parameters), 2 * self.descent.learning_rate
        here, there = w.loss, v.loss
        value = apart**2 + double * (here.value - there.value)
        radius = double * (self._steepest * error + here.radius + there.radius)
        size = apart**2 + double * (here.value + there.value)
        rounding = 4 * U64 * (self._count + 4) * size
        return Ball(value, error * (2 * apart + 3 * error) + radius + rounding)

    @cached_property
    def _count(self) -> int:
        return sum(part.size for layer in self._problem.parameters for part in layer)

    @cached_property
    def _steepest(self) -> float:
        """The most that |grad F| can be: |p - y| <= sqrt K in each row."""
        outputs = self._problem.architecture.widths[-1]
        return self._share * math.sqrt(outputs) * float(np.sum(self._lengths))

    def at(self, parameters: Parameters) -> Point:
        """These parameters, with F evaluated by the engine."""
        meant = self._problem._replace(parameters=parameters, conventions=STRICT)
        mean, scale = balls.loss(meant), self._share * len(self._problem.inputs)
        return Point(parameters, Ball(scale * mean.value, scale * mean.radius))
