"""Continuous functions that know how fast they can change: what a network is asked to approximate.

Each offers, besides f(x):

modulus(h)  at least sup |f(x) - f(y)| over |x - y| <= h, the modulus of continuity
concave     whether that modulus is a concave function of h
error(x)    how far f(x), computed in float64, may lie from the exact value
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from refnet.architecture import Array
from refnet.rounding.precision import U64


class Continuous(Protocol):
    """A function on the line with an upper bound on its modulus of continuity."""

    @property
    def concave(self) -> bool:
        """Whether the bound is a concave function of h."""

    def __call__(self, x: Array) -> Array:
        """f(x), entry by entry"""

    def modulus(self, h: float) -> float:
        """At least sup |f(x) - f(y)| over |x - y| <= h."""

    def error(self, x: Array) -> Array:
        """At least |computed f(x) - f(x)|, entry by entry."""


def check_knots(knots: Array, values: Array) -> None:
    """Nothing, where knots increase and each has a value.

    Raises: ValueError naming the arrays or the knot.
    """
    if knots.shape != values.shape or knots.ndim != 1 or len(knots) < 2:
        raise ValueError(
            f"knots {knots.shape} and values {values.shape}: "
            "give one value for each of at least two knots"
        )
    steps = np.diff(knots)
    if not np.all(steps > 0):
        place = int(np.argmin(steps)) + 1
        raise ValueError(f"knots[{place}]={knots[place]} is not above the knot before it")


@dataclass(frozen=True, eq=False)
class PiecewiseLinear:
    """f(t_k) = v_k, straight between the knots t_0 < ... < t_n, constant outside them

    Shapes: knots (n + 1,); values (n + 1,).
    Raises: ValueError for knots that do not increase or do not match the values.
    """

    knots: Array
    values: Array
    concave = False

    def __post_init__(self) -> None:
        check_knots(self.knots, self.values)

    def __call__(self, x: Array) -> Array:
        """v_k + (x - t_k) (v_{k+1} - v_k) / (t_{k+1} - t_k)"""
        return np.asarray(np.interp(x, self.knots, self.values))

    @property
    def lipschitz(self) -> float:
        """The steepest slope."""
        return float(np.max(np.abs(np.diff(self.values) / np.diff(self.knots))) * (1 + 4 * U64))

    def modulus(self, h: float) -> float:
        """w(h) = sup |f(x) - f(y)| over |x - y| <= h, up to rounding

        f(x + t) - f(x) is linear in (x, t) between the lines on which x, x + t is a knot or t = h,
        so that its extremes lie where two of them meet: at least one end is a knot, and the other
        one is a knot too or lies at distance h.
        """
        ends = [np.abs(self(self.knots + step) - self.values) for step in (-h, h)]
        after = np.searchsorted(self.knots, self.knots + h, side="right")
        window = np.stack([np.arange(len(after)), after], axis=1).ravel()
        padded = np.append(self.values, self.values[-1])  # reduceat reads no index past the end
        rise = np.maximum.reduceat(padded, window)[::2] - self.values
        fall = self.values - np.minimum.reduceat(padded, window)[::2]
        largest = float(max(np.max(rise), np.max(fall), *(np.max(end) for end in ends)))
        # a knot + h is rounded, and so is f there
        moved = self.lipschitz * U64 * (float(np.max(np.abs(self.knots))) + h)
        return (largest + moved + 2 * self._error) * (1 + 4 * U64)

    @property
    def _error(self) -> float:
        # six roundings of terms of at most twice the largest value
        return 12 * U64 * float(np.max(np.abs(self.values)))

    def error(self, x: Array) -> Array:
        """12 u max |v|"""
        return np.full(np.shape(x), self._error)


@dataclass(frozen=True, eq=False)
class FourierSum:
    """f(x) = sum_k a_k cos(w_k x + p_k)

    Shapes: amplitudes (n,); frequencies (n,); phases (n,).
    Units:  frequencies in radians per unit of x.
    Raises: ValueError for arrays of different lengths.
    """

    amplitudes: Array
    frequencies: Array
    phases: Array
    concave = True

    def __post_init__(self) -> None:
        shapes = (self.amplitudes.shape, self.frequencies.shape, self.phases.shape)
        if len(set(shapes)) > 1 or self.amplitudes.ndim != 1:
            raise ValueError(f"shapes {shapes}: give one amplitude, frequency and phase per term")

    def __call__(self, x: Array) -> Array:
        """sum_k a_k cos(w_k x + p_k)"""
        waves = np.cos(np.multiply.outer(x, self.frequencies) + self.phases)
        return np.asarray(waves @ self.amplitudes)

    def modulus(self, h: float) -> float:
        """sum_k |a_k| 2 sin(min(|w_k| h, pi) / 2)

        |cos s - cos t| = 2 |sin((s + t) / 2) sin((s - t) / 2)|; each term is concave in h.
        """
        angle = np.minimum(np.abs(self.frequencies) * h, np.pi)
        sines = 2 * np.sin(angle / 2) @ np.abs(self.amplitudes)
        return float(sines) * (1 + 2 * (len(angle) + 8) * U64)

    def derivative_bound(self, order: int) -> float:
        """sum_k |a_k| |w_k|^order, at least the largest absolute derivative of that order"""
        powers = np.abs(self.frequencies) ** order
        return float(np.abs(self.amplitudes) @ powers) * (1 + 2 * (len(powers) + 8) * U64)

    def error(self, x: Array) -> Array:
        """sum_k |a_k| u (2 |w_k x| + 2 |p_k| + 8 + n), for a cosine that errs by at most 8 u"""
        angle = np.multiply.outer(np.abs(x), np.abs(self.frequencies)) + np.abs(self.phases)
        return np.asarray(U64 * (2 * angle + 8 + len(self.phases)) @ np.abs(self.amplitudes))


def weierstrass(a: float, b: float, terms: int) -> FourierSum:
    """f(x) = sum_{k < terms} a^k cos(pi b^k x), which for a b >= 1 tends to no smooth function

    Raises: ValueError unless 0 < a < 1 and b > 1.
    """
    if not (0 < a < 1 < b):
        raise ValueError(f"a={a}, b={b}: a lies in (0, 1) and b above 1")
    k = np.arange(terms, dtype=np.float64)
    return FourierSum(a**k, np.pi * b**k, np.zeros(terms))


def brownian_path(
    generator: np.random.Generator, left: float, right: float, steps: int
) -> PiecewiseLinear:
    """A random walk of independent normal steps of variance (right - left) / steps, from 0."""
    knots = left + (right - left) * np.arange(steps + 1) / steps
    walk = np.cumsum(generator.normal(scale=np.sqrt((right - left) / steps), size=steps))
    return PiecewiseLinear(knots, np.concatenate([[0.0], walk]))
