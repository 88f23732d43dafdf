"""Mistakes in an optimiser: what is remembered, and how it turns the gradient into a step."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import refnet
from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.training.optimizers import Optimizer

MOMENTUM = "momentum_steps_along_a_fading_sum_of_gradients"
NESTEROV = "nesterov_momentum_looks_ahead"
RMSPROP = "rmsprop_divides_by_the_root_of_a_mean_square"
ADAM = "adam_divides_a_mean_gradient_by_a_root_mean_square"
DECAY = "weight_decay_is_part_of_the_gradient_or_of_the_step"
FIT = "a_perfect_fit_stays_where_it_is"


class Misread(Refnet):
    """An engine that reads the optimizer, or the conventions, in another way."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        """What it makes of the optimizer and the conventions."""
        raise NotImplementedError

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, *rest = arguments
        optimizer, conventions = self.read(optimizer, self._means(architecture))
        training = optimizer, *rest, conventions
        return refnet.train(architecture, start, inputs, targets, *training)


@mutant(MOMENTUM)
class GradientDamped(Misread):
    """Momentum adds only 1 - mu of the gradient to the velocity."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, dampening=optimizer.momentum)


@mutant(MOMENTUM)
class NesterovForMomentum(Misread):
    """Nesterov's step is taken where plain momentum is asked for."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        name = "nesterov" if optimizer.name == "momentum" else optimizer.name
        return replace(optimizer, name=name), c


@mutant(NESTEROV)
class MomentumForNesterov(Misread):
    """Plain momentum is taken where Nesterov's is asked for."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        name = "momentum" if optimizer.name == "nesterov" else optimizer.name
        return replace(optimizer, name=name), c


@mutant(ADAM)
class BetasExchanged(Misread):
    """Adam remembers gradients with beta2 and their squares with beta1."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        turned = replace(optimizer, beta1=optimizer.beta2, beta2=optimizer.beta1)
        return turned, c


@mutant(ADAM)
class EpsilonUnderTheRoot(Misread):
    """Adam adds epsilon under the square root."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, adam_epsilon="inside")


@mutant(DECAY)
class DecayDecoupled(Misread):
    """Decay always shrinks the weights beside the step, as AdamW has it."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return replace(optimizer, decoupled=bool(optimizer.weight_decay)), c


@mutant(DECAY)
class BiasesSpared(Misread):
    """Weights decay, and biases do not."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, decay_on_biases=False)


@mutant(FIT)
class DecayLeftOn(Misread):
    """Every optimizer decays the weights by default, as AdamW does."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return replace(optimizer, weight_decay=0.01, decoupled=True), c


@dataclass
class Memory:
    """What is remembered of one array of parameters."""

    mean: Array
    squares: Array


class OwnSteps(Refnet):
    """An engine with one optimizer of its own."""

    optimizer = ""

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        """What the rate multiplies, at step `number`."""
        raise NotImplementedError

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, batch_size, weights, *_ = arguments
        if optimizer.name != self.optimizer or batch_size is not None:
            return super().train(*arguments)
        memories = [[Memory(0 * part, 0 * part) for part in layer] for layer in start]
        for number in range(1, epochs + 1):
            gradient = self.gradient(architecture, start, inputs, targets, weights)
            start = self._stepped(optimizer, memories, start, gradient, number)
        return start

    def _stepped(
        self,
        optimizer: Optimizer,
        memories: list[list[Memory]],
        start: Parameters,
        gradient: Parameters,
        number: int,
    ) -> Parameters:
        moved = []
        for memory, layer, slope in zip(memories, start, gradient, strict=True):
            parts = zip(memory, layer, slope, strict=True)
            steps = [(w, self.direction(optimizer, m, g, number)) for m, w, g in parts]
            moved.append(Layer(*(w - optimizer.learning_rate * d for w, d in steps)))
        return moved


def _mean(old: Array, new: Array, beta: float) -> Array:
    return beta * old + (1 - beta) * new


@mutant(MOMENTUM)
class StepBeforeTheVelocity(OwnSteps):
    """Momentum steps along the velocity of the step before, and then updates it."""

    optimizer = "momentum"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        before = memory.mean if number > 1 else gradient
        memory.mean = o.momentum * memory.mean + gradient
        return before


@mutant(RMSPROP)
class MeanOfMagnitudes(OwnSteps):
    """RMSprop divides by a mean of |g| in place of the root of a mean of its squares."""

    optimizer = "rmsprop"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        memory.squares = _mean(memory.squares, np.abs(gradient), o.rho)
        return gradient / (memory.squares + o.epsilon)


@mutant(RMSPROP)
class MeanSquareCorrected(OwnSteps):
    """RMSprop corrects its mean square for the start at 0, as Adam does."""

    optimizer = "rmsprop"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        memory.squares = _mean(memory.squares, gradient**2, o.rho)
        return gradient / (np.sqrt(memory.squares / (1 - o.rho**number)) + o.epsilon)


class OwnAdam(OwnSteps):
    """An engine with corrections of its own in Adam."""

    optimizer = "adam"

    def correction(self, beta: float, number: int) -> float:
        """What a mean that began at 0 is divided by, at step `number`."""
        raise NotImplementedError

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        memory.mean = _mean(memory.mean, gradient, o.beta1)
        memory.squares = _mean(memory.squares, gradient**2, o.beta2)
        first, second = (self.correction(beta, number) for beta in (o.beta1, o.beta2))
        return memory.mean / first / (np.sqrt(memory.squares / second) + o.epsilon)


@mutant(ADAM)
class AdamWithoutCorrections(OwnAdam):
    """Adam's means are used as they are, not corrected for their start at 0."""

    def correction(self, beta: float, number: int) -> float:
        return 1.0


@mutant(ADAM)
class AdamCountsFromTwo(OwnAdam):
    """Adam's corrections take the first step for the second."""

    def correction(self, beta: float, number: int) -> float:
        return 1 - beta ** (number + 1)
