"""What each loss is the negative logarithm of: Bernoulli, categorical, Poisson and normal rows."""

import itertools
import math
from dataclasses import replace

import numpy as np
from scipy import special

from backproof.cases.case import Case
from backproof.cases.logits import logits_of
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.problem import divisor_of
from refnet.rounding.precision import U64


def outcomes_of(case: Case) -> list[Array]:
    """What may be observed; counts and real numbers vary in the first output alone."""
    outputs = case.architecture.widths[-1]
    if case.architecture.output == "sigmoid":
        return [np.array(y) for y in itertools.product((0.0, 1.0), repeat=outputs)]
    if case.architecture.output == "softmax":
        return list(np.eye(outputs))
    first = np.eye(outputs)[0]
    if case.architecture.loss == "poisson":
        return [y * first for y in range(_counts(case))]
    return [y * first for y in (0.0, 1.0, -1.0, 0.5, 3.0)]


def _counts(case: Case) -> int:
    """So many counts, from 0 on, that less than 2^-40 of the Poisson distribution lies beyond."""
    mean = math.exp(float(logits_of(case)[0, 0]))
    return next(m for m in itertools.count(math.ceil(mean) + 1) if _tail(mean, m) < 2.0**-40)


def _tail(mean: float, counts: int) -> float:
    """P(N >= m) <= e^-mean (e mean / m)^m, for m above the mean: Chernoff's bound"""
    return math.exp(counts * (1 + math.log(mean / counts)) - mean)


def loss_of(subject: Subject, case: Case, y: Array) -> tuple[float, float]:
    """The loss of the first row with this outcome, and the constant it lacks, with its radius."""
    rows, c = subject.scope.rows[0], subject.conventions
    inputs, targets = np.repeat(case.inputs[:1], rows, 0), np.repeat(y[None], rows, 0)
    answer = subject.loss(replace(case, inputs=inputs, targets=targets))
    factor = divisor_of(c, *targets.shape) / rows
    constant = _missing_constant(c, y[0]) if case.architecture.loss == "poisson" else 0.0
    return float(answer.value) * factor + constant, float(answer.radius) * factor


def _log_factorial(y: float) -> float:
    return math.log(math.factorial(int(y))) if y > 0 else 0.0


def _missing_constant(c: Conventions, y: float) -> float:
    """log y!, less what a Poisson loss is declared to have of it."""
    return _log_factorial(y) - _declared_constant(c, y)


def _declared_constant(c: Conventions, y: float) -> float:
    """What a Poisson loss is declared to add to e^z - y z."""
    if c.poisson_constant == "stirling":
        return y * math.log(y) - y + 0.5 * math.log(2 * math.pi * y) if y > 1 else 0.0
    return _log_factorial(y) if c.poisson_constant == "log y!" else 0.0


def log_likelihoods(
    case: Case, c: Conventions, z: Array, outcomes: list[Array]
) -> tuple[Array, Array]:
    """log P(y) for each outcome, and what rounding may cost in it and in the constants."""
    from scipy import stats

    y, output = np.array(outcomes), case.architecture.output
    if output == "softmax":
        p = special.softmax(z)
        found = stats.multinomial.logpmf(y, 1, p)
        return found, 16 * U64 * len(z) * (1 / np.min(p) + np.abs(found))
    if output == "sigmoid":
        p = special.expit(z)
        found = np.sum(stats.bernoulli.logpmf(y, p), axis=-1)
        return found, 16 * U64 * len(z) * (1 / np.min(p * (1 - p)) + np.abs(found))
    if case.architecture.loss == "poisson":
        found = np.sum(stats.poisson.logpmf(y, np.exp(z)), axis=-1)
        terms = np.exp(z) + y * (1 + np.abs(z)) + 4 * special.gammaln(y + 1)
        return found, 16 * U64 * np.sum(1 + terms, axis=-1)
    found = np.sum(stats.norm.logpdf(y, z, 1 / math.sqrt(2 * c.squared_error)), axis=-1)
    return found, 16 * U64 * (len(z) * (1 + abs(math.log(c.squared_error))) + np.abs(found))


def expected_sum(case: Case, z: Array) -> tuple[float, float]:
    """1, less what lies beyond the counts; the other outputs of a Poisson row observe 0."""
    if case.architecture.loss != "poisson":
        return 1.0, 8 * U64
    means = np.exp(z)
    tail = _tail(float(means[0]), _counts(case))
    others = math.exp(-float(np.sum(means[1:])))
    return others, (tail + 64 * U64 * (1 + float(np.sum(means)))) * others
