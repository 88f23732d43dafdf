"""The random starts: weights from a named distribution, biases at zero.

| name    | variance               |
|---------|------------------------|
| lecun   | 1 / fan_in             |
| glorot  | 2 / (fan_in + fan_out) |
| he      | 2 / fan_in             |
| fan_in  | 1 / (3 fan_in)         |

each as _normal, _uniform (on the interval of that variance) or _truncated (a normal cut at two
standard deviations; "corrected" widens it so that the variance after the cut is the named one);
fan_in only as fan_in_uniform, on +-1 / sqrt(fan_in).

Sources: LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998; Glorot and Bengio, AISTATS 2010;
He, Zhang, Ren, Sun, ICCV 2015; PyTorch, torch.nn.Linear (fan_in_uniform, of biases too).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import STRICT, Conventions

Shape = tuple[int, int]
Draw = Callable[[np.random.Generator, Shape, float], Array]

TRUNCATED_DEVIATION = 0.87962566103423978
"""The standard deviation of a standard normal variable that is cut at -2 and 2."""

PLAIN_DEVIATION, PLAIN_LIMIT, PLAIN_CONSTANT = 0.05, 0.05, 0.1
"""What normal, uniform and constant use, which no fan decides."""


class Drawn(NamedTuple):
    """Numbers of mean 0: how they are drawn, and P(number <= w), each from their deviation."""

    draw: Draw
    share: Callable[[Array, float], Array]


def _normal(generator: np.random.Generator, shape: Shape, deviation: float) -> Array:
    return deviation * generator.standard_normal(shape)


def _uniform(generator: np.random.Generator, shape: Shape, deviation: float) -> Array:
    """U(-r, r) has the standard deviation r / sqrt 3."""
    limit = math.sqrt(3) * deviation
    return generator.uniform(-limit, limit, shape)


def _truncated(generator: np.random.Generator, shape: Shape, deviation: float) -> Array:
    """Phi^-1 of a uniform variable between Phi(-2) and Phi(2)"""
    low = scipy.special.ndtr(-2.0)
    return np.asarray(deviation * scipy.special.ndtri(generator.uniform(low, 1 - low, shape)))


def _normal_share(w: Array, deviation: float) -> Array:
    return np.asarray(scipy.special.ndtr(w / deviation))


def _uniform_share(w: Array, deviation: float) -> Array:
    return np.clip((w / (math.sqrt(3) * deviation) + 1) / 2, 0, 1)


def _truncated_share(w: Array, deviation: float) -> Array:
    low = scipy.special.ndtr(-2.0)
    return np.clip((scipy.special.ndtr(w / deviation) - low) / (1 - 2 * low), 0, 1)


_TRUNCATED = Drawn(_truncated, _truncated_share)
_CORRECTED = Drawn(
    lambda generator, shape, sd: _truncated(generator, shape, sd / TRUNCATED_DEVIATION),
    lambda w, sd: _truncated_share(w, sd / TRUNCATED_DEVIATION),
)


def _orthogonal(generator: np.random.Generator, shape: Shape) -> Array:
    """W^T W = I or W W^T = I, whichever is smaller, uniformly over all such matrices

    Source: Mezzadri, Notices of the AMS 54 (2007), for the signs.
    """
    tall = generator.standard_normal((max(shape), min(shape)))
    q, r = np.linalg.qr(tall)
    signed = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return np.asarray(signed if shape[0] >= shape[1] else signed.T)


VARIANCES: dict[str, Callable[[Shape], float]] = {
    "lecun": lambda shape: 1 / shape[0],
    "glorot": lambda shape: 2 / (shape[0] + shape[1]),
    "he": lambda shape: 2 / shape[0],
    "fan_in": lambda shape: 1 / (3 * shape[0]),
}

DRAWS: dict[str, Callable[[Conventions], Drawn]] = {
    "normal": lambda conventions: Drawn(_normal, _normal_share),
    "uniform": lambda conventions: Drawn(_uniform, _uniform_share),
    "truncated": lambda c: _CORRECTED if c.truncated_normal == "corrected" else _TRUNCATED,
}

OTHERS: dict[str, Callable[[np.random.Generator, Shape], Array]] = {
    "zeros": lambda generator, shape: np.zeros(shape),
    "constant": lambda generator, shape: np.full(shape, PLAIN_CONSTANT),
    "normal": lambda generator, shape: _normal(generator, shape, PLAIN_DEVIATION),
    "uniform": lambda generator, shape: generator.uniform(-PLAIN_LIMIT, PLAIN_LIMIT, shape),
    "orthogonal": _orthogonal,
}

INITIALIZERS = (
    *OTHERS,
    *(f"{fan}_{draw}" for fan in VARIANCES for draw in DRAWS if fan != "fan_in"),
    "fan_in_uniform",
)


def deviation(initializer: str, shape: Shape) -> float:
    """Sqrt of the variance that the fans give to a layer of shape (fan_in, fan_out)

    Raises: ValueError for an initializer that no fan decides.
    """
    fan = initializer.rpartition("_")[0]
    if fan not in VARIANCES:
        raise ValueError(f"initializer={initializer!r}: only {', '.join(VARIANCES)} have a scale")
    return math.sqrt(VARIANCES[fan](shape))


def share(
    initializer: str, weights: Array, shape: Shape, conventions: Conventions = STRICT
) -> Array:
    """P(a weight <= w) for each w, where a layer of shape (fan_in, fan_out) starts so

    Raises: ValueError for an initializer that no fan decides.
    """
    scale = deviation(initializer, shape)
    return DRAWS[initializer.rpartition("_")[2]](conventions).share(weights, scale)


def initialize(
    architecture: Architecture,
    initializer: str,
    seed: int | np.random.Generator,
    conventions: Conventions = STRICT,
) -> Parameters:
    """Weights drawn layer by layer from the first to the last, biases zero unless declared

    Raises: ValueError for a name that the tables lack.
    """
    if initializer not in INITIALIZERS:
        known = ", ".join(INITIALIZERS)
        raise ValueError(f"initializer={initializer!r}: choose one of {known}")
    generator = np.random.default_rng(seed)
    return [
        Layer(
            _weights(initializer, generator, shape, conventions),
            _biases(generator, shape, conventions),
        )
        for shape in architecture.shapes
    ]


def _biases(generator: np.random.Generator, shape: Shape, conventions: Conventions) -> Array:
    if conventions.initial_biases != "fan_in_uniform":
        return np.zeros(shape[1])
    limit = 1 / math.sqrt(shape[0])
    return generator.uniform(-limit, limit, shape[1])


def _weights(
    initializer: str, generator: np.random.Generator, shape: Shape, conventions: Conventions
) -> Array:
    if initializer in OTHERS:
        return OTHERS[initializer](generator, shape)
    drawn = DRAWS[initializer.rpartition("_")[2]](conventions)
    return drawn.draw(generator, shape, deviation(initializer, shape))
