"""The kinds of numbers that a case is filled with, simplest first.

Random numbers alone find no corner: instability needs saturated logits, a wrong reduction needs
rows that are not alike, an index bug needs units that are. A kind fills the parameters and the
inputs of a network; Hypothesis shrinks towards the first one.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import Precision

Filled = tuple[Parameters, Array]


def _layers(architecture: Architecture, fill: Callable[[tuple[int, ...]], Array]) -> Parameters:
    biases = fill if architecture.biases else np.zeros
    return [Layer(fill(shape), biases(shape[1:])) for shape in architecture.shapes]


def _filled(architecture: Architecture, rows: int, fill: Callable[..., Array]) -> Filled:
    return _layers(architecture, fill), fill((rows, architecture.widths[0]))


def _ones(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    return _filled(a, rows, np.ones)


def _zeros(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    inputs = rng.integers(-3, 4, (rows, a.widths[0])).astype(float)
    return _layers(a, np.zeros), inputs


def _small_integers(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    return _filled(a, rows, lambda shape: rng.integers(-2, 3, shape).astype(float))


def _powers_of_two(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    def fill(shape: tuple[int, ...]) -> Array:
        return np.asarray(rng.choice([-1.0, 1.0], shape) * 2.0 ** rng.integers(-3, 3, shape))

    return _filled(a, rows, fill)


def _general(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    """Normal numbers at a random scale, half of the time divided by sqrt(fan_in)."""
    scale = 10 ** rng.uniform(-1.5, 0.75)
    root = 0.5 * rng.integers(2)

    def fill(shape: tuple[int, ...]) -> Array:
        return np.asarray(rng.normal(size=shape) * scale / shape[0] ** root)

    return _layers(a, fill), rng.normal(size=(rows, a.widths[0]))


def _duplicate_rows(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    parameters, inputs = _general(rng, a, rows, p)
    return parameters, inputs[rng.integers(0, (rows + 1) // 2, rows)]


def _constant_column(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    parameters, inputs = _general(rng, a, rows, p)
    inputs[:, rng.integers(a.widths[0])] = 1.0
    return parameters, inputs


def _one_huge_weight(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    parameters, inputs = _general(rng, a, rows, p)
    weights = parameters[rng.integers(len(parameters))].weights
    weights.flat[rng.integers(weights.size)] *= 2.0 ** min(10, p.digits // 2)
    return parameters, inputs


def _cancellation(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    """Inputs and weights in pairs that nearly cancel in the first layer."""
    parameters, inputs = _general(rng, a, rows, p)
    half = a.widths[0] // 2
    weights = parameters[0].weights
    weights[half : 2 * half] = -weights[:half] * (1 + 2.0 ** (2 - p.digits))
    inputs[:, half : 2 * half] = inputs[:, :half]
    return parameters, inputs


def _saturated(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    parameters, inputs = _general(rng, a, rows, p)
    last = parameters[-1]
    parameters[-1] = Layer(last.weights * 64, last.biases * 64)
    return parameters, inputs


def _saturated_units(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    """Logits of tens in every layer, where bounded units are flat, and no sum overflows."""

    def fill(shape: tuple[int, ...]) -> Array:
        fan_in = shape[0] if len(shape) == 2 else 1
        return np.asarray(rng.normal(size=shape) * 16 / fan_in**0.5)

    return _layers(a, fill), rng.normal(size=(rows, a.widths[0]))


def _stagnation(rng: Generator, a: Architecture, rows: int, p: Precision) -> Filled:
    """1, then terms just below half a unit in the last place: a sequential sum loses them all."""
    parameters, _ = _general(rng, a, rows, p)
    weights = np.full(a.shapes[0], p.unit * (1 - 2 * p.unit))
    weights[0] = 1.0
    parameters[0] = Layer(weights, np.zeros(a.widths[1]))
    return parameters, np.ones((rows, a.widths[0]))


KINDS: dict[str, Callable[[Generator, Architecture, int, Precision], Filled]] = {
    "ones": _ones,
    "zeros": _zeros,
    "small integers": _small_integers,
    "powers of two": _powers_of_two,
    "duplicate rows": _duplicate_rows,
    "constant column": _constant_column,
    "one huge weight": _one_huge_weight,
    "cancellation": _cancellation,
    "saturated logits": _saturated,
    "saturated units": _saturated_units,
    "stagnation row": _stagnation,
    "general position": _general,
}


def targets(rng: Generator, architecture: Architecture, rows: int) -> Array:
    """Targets in the head's own terms: 0/1, one-hot rows, counts, or reals."""
    outputs = architecture.widths[-1]
    if architecture.output == "softmax":
        chosen = rng.integers(0, outputs, (rows, 1))
        return np.asarray(chosen == np.arange(outputs), dtype=float)
    if architecture.output == "sigmoid":
        return rng.integers(0, 2, (rows, outputs)).astype(float)
    if architecture.loss == "poisson":
        return rng.poisson(2.0, (rows, outputs)).astype(float)
    return np.asarray(rng.normal(size=(rows, outputs)))


def soft_targets(rng: Generator, architecture: Architecture, rows: int) -> Array:
    """Targets between 0 and 1, 0 and 1 among them: sixteenths, so that a softmax's sum to 1."""
    outputs = architecture.widths[-1]
    if architecture.output == "softmax":
        return rng.multinomial(16, rng.dirichlet(np.ones(outputs)), rows) / 16
    return rng.integers(0, 17, (rows, outputs)) / 16


def uneven_weights(rng: Generator, rows: int) -> Array:
    """Weights up to 1 with 0 among them, and one row that outweighs all others together."""
    weights = rng.integers(0, 5, rows) / 4
    zero, heavy = rng.permutation(max(rows, 2))[:2] % rows
    weights[zero], weights[heavy] = 0.0, 2.0 ** (rows.bit_length() + 1)
    return np.asarray(weights)
