"""Sums of sigmoids in many dimensions: a staircase along each ridge, and fewer units by chance.

A ridge cos(w.x + p) is constant across w, so that a staircase in w.x follows it; ridges add up to
anything continuous, hence so does one hidden layer of sigmoids. And of a network of any width, a
random few units, well weighted, keep the squared error below V^2 / n.
"""

from dataclasses import dataclass

import numpy as np

from refnet.approximation.continuous import FourierSum
from refnet.approximation.sigmoids import staircase, staircase_bound
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.network import hidden
from refnet.rounding.precision import U64


@dataclass(frozen=True, eq=False)
class RidgeSum:
    """f(x) = sum_k a_k cos(w_k . x + p_k) on the cube [-1, 1]^d

    Shapes: amplitudes (n,); directions (n, d); phases (n,).
    Raises: ValueError for shapes that do not match, or a direction that is zero.
    """

    amplitudes: Array
    directions: Array
    phases: Array

    def __post_init__(self) -> None:
        shapes = (self.amplitudes.shape, self.directions.shape[:1], self.phases.shape)
        if len(set(shapes)) > 1 or self.directions.ndim != 2:
            raise ValueError(
                f"amplitudes {self.amplitudes.shape}, directions {self.directions.shape}, phases "
                f"{self.phases.shape}: give (n,), (n, d) and (n,)"
            )
        if not np.all(self.reaches > 0):
            place = int(np.argmin(self.reaches))
            raise ValueError(f"directions[{place}] is zero; a constant is no ridge")

    def __call__(self, x: Array) -> Array:
        """sum_k a_k cos(w_k . x + p_k), for x (rows, d)"""
        waves = np.cos(x @ self.directions.T + self.phases)
        return np.asarray(waves @ self.amplitudes)

    @property
    def reaches(self) -> Array:
        """|w_k|_1 = max w_k . x on the cube"""
        return np.asarray(np.sum(np.abs(self.directions), axis=1))

    def error(self, x: Array) -> Array:
        """sum_k |a_k| u ((d + 4) |w_k|_1 + 2 |p_k| + 8 + n), here and on the staircases' grids"""
        count, dimensions = self.directions.shape
        angles = (dimensions + 4) * self.reaches + 2 * np.abs(self.phases)
        return np.full(len(x), U64 * float((angles + 8 + count) @ np.abs(self.amplitudes)))


def ridge_staircases(function: RidgeSum, units: int, steepness: float) -> Parameters:
    """G(x) = sum_k G_k(w_k . x), each G_k a staircase of `units` steps on [-|w_k|_1, |w_k|_1]

    The parameters are those of a d-(n units)-1 network with sigmoid units and the identity as
    output. Biases are exact; weights have d + 4 roundings, readouts one.
    """
    weights, biases, readouts, constant = [], [], [], 0.0
    for k, reach in enumerate(function.reaches):
        width = 2 * reach / units
        grid = width * (np.arange(units + 1) - units / 2)
        values = function.amplitudes[k] * np.cos(grid + function.phases[k])
        # in units of a cell, so that left / width = -units / 2 is exact
        first, last = staircase(values, -units / 2, 1.0, steepness)
        weights.append(np.outer(function.directions[k] / width, first.weights))
        biases.append(first.biases)
        readouts.append(last.weights)
        constant += float(last.biases[0])
    inner = Layer(np.concatenate(weights, axis=1), np.concatenate(biases))
    return [inner, Layer(np.concatenate(readouts), np.array([constant]))]


def ridge_bound(function: RidgeSum, units: int, steepness: float) -> float:
    """|f - G| <= sum_k |a_k| (w(h_k / 2) + w(h_k) / sinh(c/2)),  h_k = 2 |w_k|_1 / units

    On the cube, with w(h) = 2 sin(min(h, pi) / 2) <= h the modulus of the cosine.
    """
    one = np.ones(1)
    cosine = FourierSum(one, one, 0 * one)
    bounds = [
        staircase_bound(cosine.modulus, 2 * reach / units, steepness, concave=True)
        for reach in function.reaches
    ]
    return float(np.abs(function.amplitudes) @ np.array(bounds))


def subsample(parameters: Parameters, units: int, generator: np.random.Generator) -> Parameters:
    """f_n(x) = (V / n) sum_{j=1..n} sign(v_J) a_J(x) + b, with P(J = i) = |v_i| / V, V = sum |v_i|

    A network of n of the units of f = sum_i v_i a_i + b, drawn with repetition.

    Raises: ValueError for more than one hidden layer or output, or a readout of zero.
    Source: Maurey's argument, in Barron, IEEE Trans. Inf. Theory 39 (1993) 930-945.
    """
    readout, total = _readout(parameters)
    drawn = generator.choice(len(readout), size=units, p=np.abs(readout) / total)
    coefficients = np.sign(readout[drawn]) * (total / units)
    first, last = parameters
    inner = Layer(first.weights[:, drawn], first.biases[drawn])
    return [inner, Layer(coefficients[:, None], last.biases)]


def subsample_error(
    architecture: Architecture, parameters: Parameters, inputs: Array, units: int
) -> float:
    """E |f - f_n|^2 = (V sum_i |v_i| |a_i|^2 - |f - b|^2) / n, with |.|^2 the mean over the inputs

    Each drawn unit is V sign(v_J) a_J, whose expectation is f - b; the variance of a mean of n
    independent ones is that of one, divided by n.

    Raises: ValueError for more than one hidden layer or output, or a readout of zero.
    """
    readout, total = _readout(parameters)
    activations = hidden(architecture, parameters, inputs)[0]
    squares = np.mean(activations**2, axis=0)
    outputs = activations @ readout
    return float(total * (np.abs(readout) @ squares) - np.mean(outputs**2)) / units


def _readout(parameters: Parameters) -> tuple[Array, float]:
    if len(parameters) != 2 or parameters[1].weights.shape[1] != 1:
        shapes = [layer.weights.shape for layer in parameters]
        raise ValueError(f"weights {shapes}: subsampling takes one hidden layer and one output")
    readout = parameters[1].weights[:, 0]
    total = float(np.sum(np.abs(readout)))
    if not total > 0:
        raise ValueError("the readout is zero; subsampling draws units by the size of their weight")
    return readout, total
