"""Mistakes in an optimiser: what is remembered, and how it turns the gradient into a step."""

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.mutants import equivalent, mutant
from backproof.mutants.trained import Memory, Misread, OwnSteps, fading
from refnet.architecture import Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.training.optimizers import Optimizer

MOMENTUM = "momentum_steps_along_a_fading_sum_of_gradients"
NESTEROV = "nesterov_momentum_looks_ahead"
RMSPROP = "rmsprop_divides_by_the_root_of_a_mean_square"
ADAM = "adam_divides_a_mean_gradient_by_a_root_mean_square"
DECAY = "weight_decay_is_part_of_the_gradient_or_of_the_step"
FIT = "a_perfect_fit_stays_where_it_is"


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
class DecayCoupled(Misread):
    """Decay is always part of the gradient, as if nobody asked for that of AdamW."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return replace(optimizer, decoupled=False), c


@mutant(DECAY)
class BiasesSpared(Misread):
    """Weights decay, and biases do not."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, decay_on_biases=False)


@mutant(DECAY)
class DecayNotTimesTheRate(Misread):
    """Decoupled decay takes the whole of its share off each weight, whatever the rate."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, decay_times_rate=False)


@mutant(DECAY)
class DecayOnlyWithMomentum(Misread):
    """Weights decay only where the optimizer has a momentum that is not 0."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        decay = optimizer.weight_decay if optimizer.momentum else 0.0
        return replace(optimizer, weight_decay=decay, decoupled=optimizer.decoupled), c


@mutant(FIT)
class DecayLeftOn(Misread):
    """Every optimizer decays the weights by default, as AdamW does."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return replace(optimizer, weight_decay=0.01, decoupled=True), c


@equivalent("with a rate that stays the same, v' = mu v + rate g is rate times the other velocity")
class VelocityTimesTheRate(Misread):
    """The velocity contains the rate, which does not multiply it again."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, momentum_rate="inside")


@equivalent("both forms are published, and it is declared that either may be meant")
class EpsilonUnderTheRootOfRmsprop(Misread):
    """RMSprop adds epsilon under the square root."""

    def read(self, optimizer: Optimizer, c: Conventions) -> tuple[Optimizer, Conventions]:
        return optimizer, replace(c, rmsprop_epsilon="inside")


@mutant(DECAY)
class DecayAfterTheStep(OwnSteps):
    """Decoupled decay shrinks the weights after the step, and so the step itself."""

    def takes(self, optimizer: Optimizer) -> bool:
        return optimizer.name == "gradient_descent" and optimizer.decoupled

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        return gradient

    def stepped(self, optimizer: Optimizer, *state: Any) -> Parameters:
        kept = 1 - optimizer.learning_rate * optimizer.weight_decay
        return [Layer(w * kept, b * kept) for w, b in super().stepped(optimizer, *state)]


@mutant(MOMENTUM)
class FirstVelocityWithoutTheRate(OwnSteps):
    """The velocity contains the rate, but for the first, which is the gradient itself."""

    optimizer = "momentum"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        later = o.momentum * memory.mean + o.learning_rate * gradient
        memory.mean = later if number > 1 else gradient
        return memory.mean / o.learning_rate


@mutant(MOMENTUM)
class VelocityLostAtTheThirdStep(OwnSteps):
    """Momentum is right for two steps, and forgets its velocity at the third."""

    optimizer = "momentum"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        memory.mean = (o.momentum if number != 3 else 0) * memory.mean + gradient
        return memory.mean


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
        memory.squares = fading(memory.squares, np.abs(gradient), o.rho)
        return gradient / (memory.squares + o.epsilon)


@mutant(RMSPROP)
class MeanSquareCorrected(OwnSteps):
    """RMSprop corrects its mean square for the start at 0, as Adam does."""

    optimizer = "rmsprop"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        memory.squares = fading(memory.squares, gradient**2, o.rho)
        return gradient / (np.sqrt(memory.squares / (1 - o.rho**number)) + o.epsilon)


class OwnAdam(OwnSteps):
    """An engine with corrections of its own in Adam."""

    optimizer = "adam"

    def correction(self, beta: float, number: int) -> float:
        """What a mean that began at 0 is divided by, at step `number`."""
        raise NotImplementedError

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        memory.mean = fading(memory.mean, gradient, o.beta1)
        memory.squares = fading(memory.squares, gradient**2, o.beta2)
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


@mutant(ADAM)
class AdamCorrectsWithOneExponent(OwnAdam):
    """Adam corrects each step as if it were the first."""

    def correction(self, beta: float, number: int) -> float:
        return 1 - beta


@mutant(ADAM)
class AdamCountsEachArray(OwnAdam):
    """Adam counts on with each array of weights or biases, in place of each step."""

    count = 0

    def train(self, *arguments: Any) -> Any:
        self.count = 0
        return super().train(*arguments)

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        self.count += 1
        return super().direction(o, memory, gradient, self.count)

    def correction(self, beta: float, number: int) -> float:
        return 1 - beta**number


@mutant(ADAM)
class AdamForgets(OwnSteps):
    """Adam keeps neither of its means, so that every step is a first one."""

    optimizer = "adam"

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        return gradient / (np.abs(gradient) + o.epsilon)
