"""Initialisation: where training starts, and why no two units may start alike."""

import math

import numpy as np

from backproof.cases.case import Case
from backproof.cases.networks import networks, seeds
from backproof.cases.offered import initializers
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet.architecture import Array, Layer, Parameters
from refnet.rounding.precision import U64, Precision

IMPROBABLE = 1e-9
"""What is less probable than this is required not to happen."""

LEAST_BITS = 24
"""How many random bits the poorest generator puts into a number."""


@law(
    needs="initialize",
    case=networks(plain=True, kinds=("zeros",), required=()),
    initializer=initializers(),
    seed=seeds(),
)
def a_seed_decides_the_start_and_units_start_apart(
    subject: Subject, case: Case, initializer: str, seed: int
) -> None:
    """The same seed gives the same parameters, another seed gives others, and no units are alike.

    For all architectures, seeds and initializers that draw: no two units of a layer start with the
    same incoming weights, and no two layers of one shape with the same weights. Zeros are zeros, a
    constant is one number for each layer; biases start at zero, or where that is declared within
    1 / sqrt(fan_in) of it, unless declared otherwise.

    Why:       a draw is a function of its seed, or no run could be repeated. Units that start
               alike get the same gradients and stay alike, so that only the draw sets them apart.
    Tolerance: none, but for the rounding of 1 / sqrt(fan_in). Being different is required only
               where a coincidence has a probability below 1e-9: a number drawn from a normal or
               uniform distribution equals a given one with probability 2 max(u, 2^-24) at most, the
               cell that rounds to it and the grid of a generator with 24 bits.
    Catches:   a generator that is global or never seeded, a seed that is ignored, the same seed for
               every layer, one column drawn and repeated, biases that are drawn too.
    Source:    Glorot and Bengio, AISTATS 2010; Goodfellow, Bengio and Courville, Deep Learning,
               2016, section 8.4.
    """
    start = subject.initialize(case, initializer, seed)
    again = subject.initialize(case, initializer, seed)
    for place, (layer, same) in enumerate(zip(start, again, strict=True)):
        what = f"parameters[{place}].{{}} drawn again with the same seed"
        near(same.weights.value, layer.weights.value, 0.0, what=what.format("weights"))
        if not case.architecture.biases:
            continue
        near(same.biases.value, layer.biases.value, 0.0, what=what.format("biases"))
        _biases_at_the_start(subject, case, layer, f"parameters[{place}].biases at the start")
    if initializer in ("zeros", "constant"):
        _all_alike(start, initializer)
    else:
        other = subject.initialize(case, initializer, (seed + 1) % 2**32)
        _all_apart(_values(start), _values(other), initializer, subject.precision)


def _values(layers: list[Layer[Answer]]) -> Parameters:
    return [Layer(weights.value, biases.value) for weights, biases in layers]


def _biases_at_the_start(subject: Subject, case: Case, layer: Layer[Answer], what: str) -> None:
    declared = subject.conventions_of(case).initial_biases
    if declared == "zeros":  # whatever the initializer
        near(layer.biases.value, 0.0, 0.0, what=what)
    elif declared == "fan_in_uniform":
        most = 1 / math.sqrt(len(layer.weights.value))
        rounding = 4 * (subject.precision.unit + U64) * most  # root, quotient, cast, product
        at_most(np.abs(layer.biases.value), most, rounding, what=f"size of {what}")


def _all_alike(start: list[Layer[Answer]], initializer: str) -> None:
    for place, layer in enumerate(start):
        wanted = 0.0 if initializer == "zeros" else layer.weights.value.flat[0]
        near(layer.weights, wanted, 0.0, what=f"parameters[{place}].weights of {initializer}")


def _all_apart(start: Parameters, other: Parameters, initializer: str, p: Precision) -> None:
    """No two units, layers or seeds with the same weights, where that cannot be a coincidence."""
    chance = 2 * max(p.unit, 2.0**-LEAST_BITS)
    for place, (weights, _) in enumerate(start):
        fan_in, units = weights.shape
        if units * (units - 1) / 2 * chance ** _drawn(initializer, fan_in, units) < IMPROBABLE:
            equal = units - len(np.unique(weights, axis=1).T)
            near(equal, 0.0, 0.0, what=f"how many units of layer {place} repeat another one")
        if chance ** _freely(initializer, weights) < IMPROBABLE:
            same = np.array_equal(weights, other[place].weights)
            near(same, 0.0, 0.0, what=f"whether two seeds give layer {place} the same weights")
            layers = sum(np.array_equal(weights, before.weights) for before in start[:place])
            near(layers, 0.0, 0.0, what=f"how many layers have the weights of layer {place}")


def _drawn(initializer: str, fan_in: int, units: int) -> float:
    """How many numbers of a unit are drawn; orthogonal units differ even without chance."""
    if initializer != "orthogonal":
        return fan_in
    return math.inf if fan_in >= units else 0


def _freely(initializer: str, weights: Array) -> int:
    """How many weights of a layer are drawn; of a unit vector all but two, with such a chance.

    A coordinate of a unit vector in three or more dimensions has a bounded density.
    """
    return weights.size if initializer != "orthogonal" else max(max(weights.shape) - 2, 0)
