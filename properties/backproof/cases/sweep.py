"""The kind *sweep*: the rows are a grid of logits, which meet one unit, or the output, as they are.

An activation is most often wrong where few numbers fall: in a tail, at a kink, near the end of the
range of exp. A path of weights that are powers of two carries the rows to the first output and adds
no error to the logits: every other weight and bias is 0.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from backproof.cases.space import Space
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import STRICT
from refnet.functions.activations import activation
from refnet.rounding.precision import Precision

Swept = tuple[str, str] | str | Architecture

FAINT = 2.0**-7
"""What leads from unbounded units to an output that saturates: 745 becomes 5.8."""


def sweeps(space: Space) -> tuple[Swept, ...]:
    """What there is to sweep: each head, where it needs no hidden layer, and each activation; or
    each network that is given.
    """
    if space.architectures is not None:
        return space.architectures
    return (*(space.heads if None in space.units else ()), *filter(None, space.units))


def smallest(space: Space, swept: Swept) -> Architecture:
    """The smallest network with this head, or with one layer of this activation."""
    if isinstance(swept, Architecture):
        return swept
    if isinstance(swept, tuple):
        ends = space.features[0], space.outputs_of(swept[0])[0]
        return Architecture(ends, "identity", *swept, biases=space.biases)
    low, high = space.hidden_widths
    hidden = max(low, min(2, high)) if swept == "softmax" else low  # a softmax of one unit is 1
    head = min(space.heads, key=lambda head: head[0] != "identity")
    widths = space.features[0], hidden, space.outputs_of(head[0])[0]
    return Architecture(widths, swept, *head, biases=space.biases)


@lru_cache(maxsize=1024)
def grid(a: Architecture, p: Precision) -> Array:
    """Logits from 0 to the end of the range of exp, both signs: (rows,)

    Both zeros, four times; numbers below the smallest normal one; powers of two; then densely where
    e^-z falls below the unit roundoff, 15 to 40 in float64; then to the smallest e^-z, 745. Those
    are left out whose exponentials would overflow in the network.
    """
    numbers, lost = np.finfo(p.dtype), -math.log(p.unit)
    overflows = math.log(p.largest)
    vanishes = -math.log(float(numbers.smallest_subnormal))
    sizes = [
        np.zeros(4),
        float(numbers.tiny) * 2.0 ** -np.arange(0, 7, 3),
        2.0 ** np.array([-p.digits, -8, -4, -2, -1, 0, 1, 2, 3]),
        np.linspace(0.4 * lost, 1.1 * lost, 27),
        np.geomspace(1.2 * lost, vanishes, 8),
        np.array([math.floor(overflows), math.ceil(overflows)]),
    ]
    magnitudes = p.round(np.concatenate(sizes))
    logits = np.concatenate([magnitudes, -magnitudes])
    # a gradient has the square of a hidden exp, times the logit, summed over the rows
    factors = 2 * a.activations.count("exp") + (a.output == "exp")
    room = overflows - math.log(16 * len(logits) * vanishes)
    return logits[factors * logits <= room] if factors else logits


def swept(rng: Generator, a: Architecture, rows: int, p: Precision) -> tuple[Parameters, Array]:
    """One path through the first unit of each layer, and the grid or, of fewer rows, a part."""
    parameters = [Layer(np.zeros(shape), np.zeros(shape[1])) for shape in a.shapes]
    for weights, _ in parameters:
        weights[0, 0] = 1.0
    if a.hidden_layers and a.output != "identity" and not _bounded(a.activations[-1]):
        parameters[-1].weights[0, 0] = FAINT
    logits, inputs = grid(a, p), np.zeros((rows, a.widths[0]))
    parts = math.ceil(len(logits) / rows)
    inputs[:, 0] = np.resize(logits[rng.integers(parts) :: parts], rows)
    return parameters, inputs


def _bounded(name: str) -> bool:
    return activation(name, STRICT).facts.bounded


def one_sided(a: Architecture, rows: int) -> Array:
    """Targets below every output, or above, so that no row makes up for what another is off by."""
    targets = np.zeros((rows, a.widths[-1]))
    if a.output == "identity":
        targets[:] = -2.0
    elif a.output == "softmax":
        targets[:, -1] = 1.0
    return targets
