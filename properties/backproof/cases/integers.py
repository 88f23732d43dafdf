"""Networks of integers: outputs and gradient exactly, without the engine.

Where every sum of magnitudes stays below 2^p, with p binary digits, each partial sum in each order
is an integer that the precision holds. Forward pass and gradient are then determined bit by bit,
whatever the order of the sums and the rounding of the multiplicands, and no tolerance is left.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from backproof.cases.case import Case
from backproof.cases.simpler import simpler_cases
from backproof.contract import Declared, NotSupported, conventions_of
from refnet.architecture import Array, Layer
from refnet.conventions import STRICT, Conventions
from refnet.problem import gradient_share
from refnet.rounding.precision import Precision

Whole = Any  # an array of int64; of float64 where nobody knows yet how large it is


def digits(precision: Precision) -> int:
    """The p for which all integers below 2^p are exact: stored, multiplied, and in sums."""
    coarsest = max(precision.unit, precision.input, precision.accumulation)
    return min(math.floor(-math.log2(coarsest)), 53)


def power_of_two(factor: float) -> bool:
    """Whether multiplying by the factor is exact."""
    return abs(math.frexp(factor)[0]) == 0.5


class IntegerLayer(NamedTuple):
    """One layer in integers: inputs and logits count units of 2^-bits."""

    inputs: Whole
    logits: Whole
    bits: int


def traced(case: Case, conventions: Conventions, numbers: type = np.int64) -> list[IntegerLayer]:
    """The forward pass in integers.

    Raises: NotSupported for a leaky slope that is no power of two.
    """
    inputs: Whole = case.inputs.astype(numbers)
    bits, steps = 0, []
    names = (*case.architecture.activations, "identity")
    for name, (weights, biases) in zip(names, case.parameters, strict=True):
        logits = inputs @ weights.astype(numbers) + biases.astype(numbers) * 2**bits
        steps.append(IntegerLayer(inputs, logits, bits))
        slopes, finer = _slopes(name, logits, conventions)
        inputs, bits = logits * slopes, bits + finer
    return steps


def _slopes(name: str, logits: Whole, conventions: Conventions) -> tuple[Whole, int]:
    """The slope of each unit in units of 2^-bits; all of these have f(z) = slope z."""
    if name == "identity":
        return 1, 0
    if name == "relu":
        return (logits > 0).astype(logits.dtype), 0
    bits = 1 - math.frexp(conventions.leaky_slope)[1]
    if conventions.leaky_slope != 2.0**-bits or bits < 0:
        raise NotSupported(f"leaky_slope={conventions.leaky_slope!r} is no power of two up to 1")
    return np.where(logits > 0, 2**bits, 1).astype(logits.dtype), bits


def deltas(
    case: Case, conventions: Conventions, steps: list[IntegerLayer]
) -> Iterator[tuple[int, Whole, int]]:
    """From the last layer back: its place, outputs - targets as it arrives there, and its bits."""
    last, numbers = steps[-1], steps[-1].logits.dtype
    delta, bits = last.logits - case.targets.astype(numbers) * 2**last.bits, last.bits
    for place in range(len(steps) - 1, -1, -1):
        yield place, delta, bits
        if place:
            signal = delta @ case.parameters[place].weights.astype(numbers).T
            below = case.architecture.activations[place - 1], steps[place - 1].logits
            slopes, finer = _slopes(*below, conventions)
            delta, bits = signal * slopes, bits + finer


def row_factor(case: Case, conventions: Conventions) -> float:
    """What outputs - targets are multiplied by: 2 c / n for a mean of c (output - target)^2.

    Raises: NotSupported where that is no power of two.
    """
    factor = float(gradient_share(case.problem(conventions), 2 * conventions.squared_error).factor)
    if not power_of_two(factor):
        raise NotSupported(f"the gradient has the factor {factor!r}, no power of two")
    return factor


@dataclass(frozen=True)
class Regime:
    """What must be exact in so many digits: the outputs, and more if it is asked for.

    backward:  the gradient of the squared error, too, with no ReLU at its kink
    collapsed: the products of the weight matrices, too
    fitted:    nothing more, but the targets are the outputs
    """

    digits: int
    conventions: Declared
    backward: bool = False
    collapsed: bool = False
    fitted: bool = False

    def holds(self, case: Case) -> bool:
        """Whether every sum of magnitudes of the case stays below 2^digits.

        A sum of magnitudes whose float64 is below 2^53 is exact, since no further term could have
        made it smaller: the check can be trusted.
        """
        with np.errstate(all="ignore"):
            sizes = self._sizes(case)
            return all(np.all(size < 2.0**self.digits) for size in sizes)  # nan fails

    def _sizes(self, case: Case) -> Iterator[Whole]:
        yield from (np.abs(case.inputs), np.abs(case.targets))
        yield from (np.abs(weights) for weights, _ in case.parameters)  # zeros may meet them
        steps = traced(case, conventions_of(self.conventions, case.architecture.head), np.float64)
        for step, (weights, biases) in zip(steps, case.parameters, strict=True):
            yield np.abs(step.inputs) @ np.abs(weights) + np.abs(biases) * 2.0**step.bits
        if self.collapsed:
            size = np.maximum(np.abs(case.inputs), 1.0)  # for the products without inputs, too
            for weights, biases in case.parameters:
                size = size @ np.abs(weights) + np.abs(biases)
            yield size
        if self.backward:
            yield from self._backward_sizes(case, steps)

    def _backward_sizes(self, case: Case, steps: list[IntegerLayer]) -> Iterator[Whole]:
        last = steps[-1]
        residual = np.abs(last.logits) + np.abs(case.targets) * 2.0**last.bits
        yield np.sum(residual**2)  # so that a loss computed along with it does not overflow
        c = conventions_of(self.conventions, case.architecture.head)
        for place, delta, _ in deltas(case, c, steps):
            yield np.sum(np.abs(delta), axis=0)
            yield np.abs(steps[place].inputs).T @ np.abs(delta)
            yield np.abs(delta) @ np.abs(case.parameters[place].weights).T
        for name, step in zip(case.architecture.activations, steps[:-1], strict=True):
            if name != "identity":  # where two slopes are legal
                yield np.where(step.logits == 0, np.inf, 0.0)


@dataclass(frozen=True, eq=False)
class IntegerCase(Case):
    """A case of a regime: an identity output, and integers throughout."""

    regime: Regime = field(default=Regime(53, STRICT), repr=False)

    def outputs(self, conventions: Conventions) -> Array:
        """The outputs, exactly: (n, outputs)"""
        last = traced(self, conventions)[-1]
        return np.asarray(np.ldexp(last.logits.astype(np.float64), -last.bits))

    def hidden(self, conventions: Conventions) -> list[Array]:
        """The activations of each hidden layer, exactly: (n, width) each"""
        steps = traced(self, conventions)[1:]
        return [np.ldexp(step.inputs.astype(np.float64), -step.bits) for step in steps]

    def gradient(self, conventions: Conventions) -> list[Layer[Array]]:
        """The gradient, exactly, for the weights and the biases of each layer.

        Raises: NotSupported where a convention leaves the powers of two.
        """
        steps, factor = traced(self, conventions), row_factor(self, conventions)
        layers = []
        for place, delta, bits in deltas(self, conventions, steps):
            weights = (steps[place].inputs.T @ delta).astype(np.float64)
            biases = np.sum(delta, axis=0).astype(np.float64)
            scale = factor * 2.0**-bits
            layers.append(Layer(weights * scale * 2.0 ** -steps[place].bits, biases * scale))
        return layers[::-1]

    def in_regime(self) -> Self:
        """The case with the targets that its regime wants."""
        if not self.regime.fitted:
            return self
        c = conventions_of(self.regime.conventions, self.architecture.head)
        return replace(self, targets=self.outputs(c))

    def simpler(self) -> Iterator[Self]:
        """The simpler cases that stay in the regime."""
        for case in map(IntegerCase.in_regime, simpler_cases(self)):
            whole = not self.regime.backward or power_of_two(len(case.inputs))
            other = case.literal() != self.literal()  # plainer targets are none if they are fitted
            if whole and other and self.regime.holds(case):
                yield case
