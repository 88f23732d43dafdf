"""Initialisation: where training starts, and why no two units may start alike."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np

from backproof.cases.anything import seeds
from backproof.cases.case import Case
from backproof.cases.networks import networks
from backproof.cases.offered import initializers
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.laws.verbs.chances import drawn, normal_scores, uniform, unrelated
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet.architecture import Array, Layer, Parameters
from refnet.rounding.precision import U64, Precision
from refnet.training.initializers import deviation, share

IMPROBABLE = 1e-9
"""What is less probable than this is required not to happen."""

ENOUGH, MOST, MOST_STARTS = 2048, 8192, 32
"""Small layers are drawn with several seeds, so that a deviation of a few per cent is seen."""

APART = 1_000_003
"""A subject may give layer l the seed s + l, which is then none of another start's."""

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
    same incoming weights, and no two layers of one shape with the same weights. The seed 0 is a
    seed like others. Zeros are zeros, a
    constant is one number for each layer; biases start at zero, or where that is declared within
    1 / sqrt(fan_in) of it, unless declared otherwise.

    Why:       a draw is a function of its seed, or no run could be repeated. Units that start
               alike get the same gradients and stay alike, so that only the draw sets them apart.
    Tolerance: none, but for the rounding of 1 / sqrt(fan_in). Being different is required only
               where a coincidence has a probability below 1e-9: a number drawn from a normal or
               uniform distribution equals a given one with probability 2 max(u, 2^-24) at most, the
               cell that rounds to it and the grid of a generator with 24 bits.
    Catches:   a generator that is global or never seeded, a seed that is ignored, a seed 0 that is
               taken for none, the same seed for every layer, one column drawn and repeated, biases
               that are drawn too.
    Source:    Glorot and Bengio, AISTATS 2010; Goodfellow, Bengio and Courville, Deep Learning,
               2016, section 8.4.
    """
    start = _repeated(subject, case, initializer, seed)
    _repeated(subject, case, initializer, 0)
    for place, layer in enumerate(start if case.architecture.biases else ()):
        _biases_at_the_start(subject, case, layer, f"parameters[{place}].biases at the start")
    if initializer in ("zeros", "constant"):
        _all_alike(start, initializer)
    else:
        other = subject.initialize(case, initializer, (seed + 1) % 2**32)
        _all_apart(_values(start), _values(other), initializer, subject.precision)


@law(
    needs="initialize",
    case=networks(plain=True, kinds=("zeros", "large"), required=()),
    initializer=initializers(),
    seed=seeds(),
)
def weights_start_with_the_named_distribution(
    subject: Subject, case: Case, initializer: str, seed: int
) -> None:
    """lecun, glorot and he have the variances 1/n, 2/(n + m), 2/n, in a layer of n by m weights.

    Normal, uniform and truncated at two deviations, for all architectures and seeds, and all parts
    independent; `fan_in_uniform` is uniform between -1/sqrt(n) and 1/sqrt(n),
    and so are biases where that is declared. `normal` and `uniform` have this shape at any scale,
    and the smaller side of `orthogonal` weights is orthogonal.

    Why:       the definitions. With mean 0 and variance s^2 a logit has n s^2 times the mean square
               of its inputs, so that a variance of 1/n keeps a signal's size from layer to layer.
    Tolerance: what happens by chance less often than once in 10^12 tests: with F for the
               distribution, z = Phi^-1(F(w)) is normal, sum z^2 is chi-squared, sum z / sqrt n
               normal, the number of |z| > 2 binomial, (1 + r)/2 of two layers a beta variable, and
               sup |F_n - F| has Massart's bound. For orthogonal weights the rounding of
               Householder's method.
    Catches:   fan-out for fan-in, a forgotten factor 2, a deviation for a variance, a truncation
               that is not made up for, one stream of numbers for several layers or for biases.
    Source:    Glorot and Bengio, AISTATS 2010; He, Zhang, Ren and Sun, ICCV 2015; Higham, Accuracy
               and Stability of Numerical Algorithms, 2002, theorem 19.4.
    """
    c, scores = subject.conventions_of(case), []
    starts = [subject.initialize(case, initializer, later) for later in _seeds(case, seed)]
    for place, layers in enumerate(zip(*starts, strict=True)):
        answers, shape = [layer.weights for layer in layers], layers[0].weights.value.shape
        weights = np.stack([answer.value for answer in answers])
        what = f"parameters[{place}].weights of {initializer}, a p-value"
        if "_" in initializer:
            shares = share(initializer, weights, shape, c)
            size = math.sqrt(np.mean(weights**2)) / deviation(initializer, shape)
            drawn(shares, f"{what}; {size:.3g} times the named deviation", answers[0].of)
            scores += [(f"weights of layer {place}", normal_scores(shares[0]))]
        elif initializer in SHAPES and weights.size > 1:  # one weight has no shape
            uniform(SHAPES[initializer](*_pairs(weights)), f"{what}: their shape", answers[0].of)
        elif initializer == "orthogonal":
            _orthogonal(answers[0], subject.precision)
        if c.initial_biases == "fan_in_uniform" and case.architecture.biases:
            biases = np.stack([layer.biases.value for layer in layers])
            shares = share("fan_in_uniform", biases, shape)
            drawn(shares, f"parameters[{place}].biases, a p-value", answers[0].of)
            scores += [(f"biases of layer {place}", normal_scores(shares[0]))]
    for (here, one), (there, other) in combinations(scores, 2):
        if min(one.size, other.size) > 1:
            unrelated(one, other, f"{here} and {there}, {initializer}, a p-value")


def _seeds(case: Case, seed: int) -> list[int]:
    """As many seeds as give the smallest layer some thousand weights, far from each other."""
    sizes = [n * m for n, m in case.architecture.shapes]
    count = max(1, min(MOST_STARTS, ENOUGH // min(sizes), MOST // sum(sizes)))
    return [(seed + number * APART) % 2**32 for number in range(count)]


SHAPES: dict[str, Callable[[Array, Array], Array]] = {
    "normal": lambda a, b: np.arctan2(a, b) / (2 * math.pi) + 0.5,
    "uniform": lambda a, b: _ratio(np.abs(a), np.abs(b)),
}
"""Of two independent numbers what is uniform between 0 and 1, whatever their scale."""


def _ratio(a: Array, b: Array) -> Array:
    """P(A/B <= a/b) for two numbers that are uniform between 0 and the same limit."""
    with np.errstate(all="ignore"):
        return np.where(a <= b, a / (2 * b), 1 - b / (2 * a))


def _pairs(weights: Array) -> tuple[Array, Array]:
    half = weights.size // 2
    return weights.ravel()[:half], weights.ravel()[half : 2 * half]


def _orthogonal(answer: Answer, p: Precision) -> None:
    """W^T W, or W W^T, is a multiple of 1, up to the rounding of an orthogonal factor."""
    tall = answer.value if answer.value.shape[0] >= answer.value.shape[1] else answer.value.T
    rows, columns = tall.shape
    products = tall.T @ tall
    scaled = replace(answer, value=products / np.mean(np.diag(products)))
    allowed = 16 * rows * columns**1.5 * p.unit
    near(scaled, np.eye(columns), allowed, scale=1.0, what="products of orthogonal weights")


def _repeated(subject: Subject, case: Case, initializer: str, seed: int) -> list[Layer[Answer]]:
    """A start that is the same when it is drawn again."""
    start, again = (subject.initialize(case, initializer, seed) for _ in range(2))
    for place, (layer, same) in enumerate(zip(start, again, strict=True)):
        what = f"parameters[{place}].{{}} drawn again with the seed {seed}"
        near(same.weights.value, layer.weights.value, 0.0, what=what.format("weights"))
        if case.architecture.biases:
            near(same.biases.value, layer.biases.value, 0.0, what=what.format("biases"))
    return start


def _values(layers: list[Layer[Answer]]) -> Parameters:
    return [Layer(weights.value, biases.value) for weights, biases in layers]


def _biases_at_the_start(subject: Subject, case: Case, layer: Layer[Answer], what: str) -> None:
    declared = subject.conventions_of(case).initial_biases
    if declared == "zeros":  # whatever the initializer
        near(layer.biases.value, 0.0, 0.0, what=what)
    elif declared == "fan_in_uniform":
        most = 1 / math.sqrt(len(layer.weights.value))
        rounding = 4 * (subject.precision.unit + U64) * most  # root, quotient, cast, product
        at_most(np.abs(layer.biases.value), most, rounding, what=what)


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
