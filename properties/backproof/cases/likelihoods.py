"""What each loss is the negative logarithm of: Bernoulli, categorical, Poisson and normal rows."""

import itertools
import math

import numpy as np
import scipy

from backproof.cases.case import Case
from backproof.cases.logits import logits_of
from backproof.contract import NotSupported
from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.rounding.precision import U64

MOST_BITS = 10
"""Outputs of a sigmoid of which every outcome is asked for."""


def outcomes_of(case: Case) -> list[Array]:
    """What may be observed; counts and real numbers vary in the first output alone.

    Raises: NotSupported where that is too much.
    """
    outputs = case.architecture.widths[-1]
    if case.architecture.output == "sigmoid":
        if outputs > MOST_BITS:
            many = f"{outputs} sigmoid outputs have 2^{outputs} outcomes"
            raise NotSupported(f"{many}, and the law asks for the loss of each")
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


def log_likelihoods(
    case: Case, c: Conventions, z: Array, outcomes: list[Array]
) -> tuple[Array, Array]:
    """log P(y) for each outcome, and what rounding may cost in it and in the constants.

    Bernoulli y log p + (1 - y) log(1 - p), categorical y log p, Poisson y log m - m - log y!, and
    normal -c (y - z)^2 - log(pi / c) / 2, each summed over the outputs, by scipy.special.
    """
    y, output = np.array(outcomes), case.architecture.output
    if output == "softmax":
        p = scipy.special.softmax(z)
        found = np.sum(scipy.special.xlogy(y, p), axis=-1)
        return found, 16 * U64 * len(z) * (1 / np.min(p) + np.abs(found))
    if output == "sigmoid":
        p = scipy.special.expit(z)
        found = np.sum(scipy.special.xlogy(y, p) + scipy.special.xlog1py(1 - y, -p), axis=-1)
        return found, 16 * U64 * len(z) * (1 / np.min(p * (1 - p)) + np.abs(found))
    if case.architecture.loss == "poisson":
        mean = np.exp(z)
        found = np.sum(scipy.special.xlogy(y, mean) - mean - scipy.special.gammaln(y + 1), axis=-1)
        terms = mean + y * (1 + np.abs(z)) + 4 * scipy.special.gammaln(y + 1)
        return found, 16 * U64 * np.sum(1 + terms, axis=-1)
    density = math.log(math.pi / c.squared_error) / 2
    found = np.sum(-c.squared_error * (y - z) ** 2 - density, axis=-1)
    return found, 16 * U64 * (len(z) * (1 + abs(math.log(c.squared_error))) + np.abs(found))


def expected_sum(case: Case, z: Array) -> tuple[float, float]:
    """1, less what lies beyond the counts; the other outputs of a Poisson row observe 0."""
    if case.architecture.loss != "poisson":
        return 1.0, 8 * U64
    means = np.exp(z)
    tail = _tail(float(means[0]), _counts(case))
    others = math.exp(-float(np.sum(means[1:])))
    return others, (tail + 64 * U64 * (1 + float(np.sum(means)))) * others
