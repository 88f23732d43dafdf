"""Difference quotients of a subject's own loss, and how far their limit may be off."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from backproof.cases.case import Case
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.backpropagation import trace
from refnet.functions.activations import names_where
from refnet.functions.deltas import FLOOR
from refnet.problem import Problem, divisor, gradient_reduction
from refnet.rounding.arithmetic import plain

Mask = NDArray[np.bool_]


def norm(v: Parameters) -> float:
    """sqrt of the sum of the squares of all entries"""
    return math.sqrt(sum(float(np.sum(x * x)) for layer in v for x in layer))


def slope_along(gradient: list[Layer[Answer]], v: Parameters) -> tuple[float, float, float]:
    """Gradient . v, the sum of its terms' magnitudes, and its radius."""
    pairs = [(a, d) for g, p in zip(gradient, v, strict=True) for a, d in zip(g, p, strict=True)]
    slope = sum(float(np.sum(a.value * d)) for a, d in pairs)
    size = sum(float(np.sum(np.abs(a.value * d))) for a, d in pairs)
    return slope, size, sum(float(np.sum(a.radius * np.abs(d))) for a, d in pairs)


def gradient_over_derivative(problem: Problem) -> float:
    """What the gradient is declared to be, in multiples of the derivative of the reported loss.

    That of a penalty is another, where the two have different reductions.
    """
    c = problem.conventions
    divisors = divisor(problem, c.reduction), divisor(problem, gradient_reduction(c))
    return c.gradient_factor * float(np.squeeze(divisors[0] / divisors[1]))


def _moved(parameters: Parameters, v: Parameters, step: float) -> Parameters:
    return [
        Layer(p.weights + step * d.weights, p.biases + step * d.biases)
        for p, d in zip(parameters, v, strict=True)
    ]


def richardson(
    subject: Subject, case: Case, v: Parameters, steps: Array
) -> tuple[float, float, bool]:
    """The limit of the difference quotients, how far it may be off, and whether a loss is wrong.

    D_k = (F(w + h_k v) - F(w - h_k v)) / 2 h_k, R_k = (4 D_{k+1} - D_k) / 3. Each loss errs by at
    most eps, so that R_k errs by 3 eps / h_k; what Richardson leaves is judged by its neighbours
    and by all finer levels.
    """
    ends = [[subject.loss(case.with_parameters(_moved(case.parameters, v, s * h)))
             for s in (1, -1)] for h in steps]  # fmt: skip
    eps = max(float(ends[0][0].radius), float(ends[0][1].radius))
    eps = max(eps, float(balls.loss(subject.problem(case), subject.precision).radius))
    wrong = bool(np.any([loss.astray for loss in ends[0]]))  # whose balls are there already
    if not math.isfinite(eps):
        return 0.0, math.inf, wrong
    quotients = np.array([float(up.value - down.value) for up, down in ends]) / (2 * steps)
    limits = (4 * quotients[1:] - quotients[:-1]) / 3
    noise = 3 * eps / steps[:-1]
    best = (float(limits[-1]), math.inf)
    for k in range(2, len(limits)):
        finer = np.abs(limits[k + 1 :] - limits[k]) - noise[k + 1 :]
        left = max(
            abs(limits[k] - limits[k - 1]),
            abs(limits[k - 1] - limits[k - 2]) / 16,
            float(np.max(finer, initial=0.0)),
        )
        if left + noise[k] < best[1]:
            best = (float(limits[k]), float(left + noise[k]))
    return *best, wrong


KINKED = names_where(lambda facts: facts.kinked)


def first_smooth(subject: Subject, case: Case, v: Parameters, steps: Array) -> int:
    """The first step from which on every step is short, and stays on one side of every kink.

    A kink is a zero of a ReLU's argument, Huber's threshold, or the probability at which a loss is
    clipped; the centre itself must be further from it than rounding reaches.
    """
    at = np.array([0.0, *(s * h for h in steps for s in (1, -1, 0.75, -0.75))])
    stack = [
        Layer(
            p.weights + at[:, None, None] * d.weights,
            p.biases + at[:, None] * d.biases,
        )
        for p, d in zip(case.parameters, v, strict=True)
    ]
    c = subject.conventions_of(case)
    traced = trace(plain, case.architecture, stack, case.inputs, c)
    centre = balls.logits(case.architecture, case.parameters, case.inputs, subject.precision, c)
    same = np.ones(len(steps), dtype=bool)
    for place, step in enumerate(traced):
        moved = np.max(np.abs(step.logits[1:] - step.logits[0]), axis=(-2, -1)).reshape(-1, 4)
        same &= np.all(moved <= 1, axis=1)  # an activation may bend within less than a unit
        for side, far in _sides(
            case, subject, place, step.logits, np.asarray(centre[place].radius)
        ):
            if not np.all(far[0]):
                return len(steps)
            unchanged = np.all(side == side[0], axis=(-2, -1))[1:].reshape(-1, 4)
            same &= np.all(unchanged, axis=1)
    crossed = np.flatnonzero(~same)
    return int(crossed[-1]) + 1 if len(crossed) else 0


def _sides(
    case: Case, subject: Subject, place: int, z: Array, radius: Array
) -> list[tuple[Mask, Mask]]:
    """On which side of its kinks each logit lies, and whether it is far from them."""
    a: Architecture = case.architecture
    if place < a.hidden_layers:
        name, cut = a.activations[place], subject.conventions_of(case).softplus_threshold
        kinks = [0.0] if name in KINKED else [cut] if name == "softplus" and cut else []
        return [(z > kink, np.abs(z - kink) > radius) for kink in kinks]
    if a.loss == "huber":
        beyond = np.abs(z - case.targets) - a.delta
        return [(beyond > 0, np.abs(beyond) > radius)]
    c = subject.conventions_of(case)
    clip = max(c.probability_clip, FLOOR * (c.clip_gradient == "floored"))
    if a.loss == "cross_entropy" and clip:
        limit = -math.log(clip) - 2
        lost = np.abs(z)  # at least -log of either probability, less log 2
        if a.output == "softmax":
            lost = scipy.special.logsumexp(z, axis=-1, keepdims=True) - z
        return [(lost > limit, lost < limit)]
    return []
