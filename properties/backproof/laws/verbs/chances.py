"""P-values of numbers that were drawn, exact or bounded above for every sample size.

What has a continuous distribution F becomes normal as Phi^-1(F(w)), so that one set of tests serves
every initialiser: the scale, the mean, the shape, and whether two layers have to do with another.
"""

import math

import numpy as np
import scipy

from backproof.judging.judge import probable
from refnet.architecture import Array

IMPROBABLE = 1e-12
"""No test of a right start fails more often than that; a check has some thousand of them."""

FARTHEST = 6.0
"""A coarse generator may give the end of an interval itself, where Phi^-1 is infinite."""


def normal_scores(shares: Array) -> Array:
    """Phi^-1(F(w)), standard normal where F is the distribution of w, in one row."""
    return np.clip(scipy.special.ndtri(shares.ravel()), -FARTHEST, FARTHEST)


def drawn(shares: Array, what: str, of: tuple[str, ...]) -> None:
    """Scale, mean and shape of values w with the distribution F, by their shares F(w)

    sum z^2 is chi-squared with n degrees of freedom, and sum z / sqrt n is normal, for
    z = Phi^-1(F(w)); how many are beyond 2 or -2 is binomial.
    """
    z = normal_scores(shares)
    square, mean = float(np.sum(z * z)) / 2, float(np.sum(z)) / math.sqrt(z.size)
    tails = scipy.special.gammainc(z.size / 2, square), scipy.special.gammaincc(z.size / 2, square)
    probable(2 * float(min(tails)), IMPROBABLE, what=f"{what}: their scale", of=of)
    tail = float(scipy.special.ndtr(-abs(mean)))
    probable(2 * tail, IMPROBABLE, what=f"{what}: their mean", of=of)
    far = int(np.count_nonzero(np.abs(z) > 2))
    binomial(far, z.size, 2 * float(scipy.special.ndtr(-2.0)), f"{what}: their tails", of)
    uniform(shares.ravel(), f"{what}: their shape", of)


def binomial(count: int, trials: int, share: float, what: str, of: tuple[str, ...] = ()) -> None:
    """So many of independent trials, each with the probability `share`: as few, or as many."""
    share = min(share, 1.0)
    low = float(scipy.special.bdtr(count, trials, share))
    high = float(scipy.special.bdtrc(count - 1, trials, share)) if count else 1.0
    probable(min(1.0, 2 * min(low, high)), IMPROBABLE, what=what, of=of)


def uniform(shares: Array, what: str, of: tuple[str, ...]) -> None:
    """Numbers that are uniform between 0 and 1: P(sup |F_n - F| > d) <= 2 exp(-2 n d^2)

    Source: Massart, Annals of Probability 18 (1990), for the constant.
    """
    ordered, n = np.sort(shares), shares.size
    above = np.arange(1, n + 1) / n - ordered
    distance = float(np.max(np.maximum(above, 1 / n - above), initial=0.0))
    probable(min(1.0, 2 * math.exp(-2 * n * distance**2)), IMPROBABLE, what=what, of=of)


def unrelated(one: Array, other: Array, what: str) -> None:
    """The correlation r of independent normal scores: (1 + r) / 2 is Beta((n - 1)/2, (n - 1)/2)

    r is taken about 0, where the mean is known to be.
    """
    n = min(one.size, other.size)
    a, b = one[:n], other[:n]
    r = float(np.sum(a * b) / math.sqrt(np.sum(a * a) * np.sum(b * b)))
    p = float(scipy.special.betainc((n - 1) / 2, 0.5, max(0.0, 1 - r * r)))
    probable(p, IMPROBABLE, what=what)
