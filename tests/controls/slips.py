"""What goes wrong in real training, each slip planted in the network of plain Python."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from refnet.architecture import Architecture
from refnet.training.optimizers import Optimizer
from tests.controls.plain import PlainPython, Vector


class NoCorrection(PlainPython):
    """Adam's means are not corrected for their start."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        return super().step(o, w, g, memory, 10**6)


class OneStepsExponent(PlainPython):
    """Adam corrects every step as if it were the first."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        return super().step(o, w, g, memory, 1)


class CounterForEachTensor(PlainPython):
    """Adam's counter goes on with each array of parameters, not with each step."""

    def train(self, *arguments: Any) -> Any:
        shapes, self._calls = arguments[0].shapes, 0
        sizes = [size for n, m in shapes for size in (n * m, m)]
        self._places = [place for place, size in enumerate(sizes) for _ in range(size)]
        return super().train(*arguments)

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        place = self._places[self._calls % len(self._places)]
        self._calls += 1
        counted = (number - 1) * (self._places[-1] + 1) + place + 1
        return super().step(o, w, g, memory, counted)


class NothingKept(PlainPython):
    """What an optimizer remembers is made anew in each step."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        return super().step(o, w, g, [0.0, 0.0], number)


class MomentumForNesterov(PlainPython):
    """Nesterov's step is that of plain momentum."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        name = "momentum" if o.name == "nesterov" else o.name
        return super().step(replace(o, name=name), w, g, memory, number)


class FirstVelocityWithoutTheRate(PlainPython):
    """The velocity contains the rate, but for the first one."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        if o.name != "momentum" or o.weight_decay:
            return super().step(o, w, g, memory, number)
        memory[0] = o.momentum * memory[0] - (o.learning_rate if number > 1 else 1.0) * g
        return w + memory[0]


class DecaysAfterTheStep(PlainPython):
    """Decoupled decay acts on the weights where the step has led."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        if not o.decoupled:
            return super().step(o, w, g, memory, number)
        there = super().step(replace(o, weight_decay=0.0), w, g, memory, number)
        return there * (1 - o.learning_rate * o.weight_decay)


class DecaysWithoutTheRate(PlainPython):
    """Decoupled decay is not multiplied by the rate."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        if o.decoupled:
            w, o = w * (1 - o.weight_decay), replace(o, weight_decay=0.0)
        return super().step(o, w, g, memory, number)


class DecaysWithMomentumAlone(PlainPython):
    """Where the momentum is 0 a branch is taken that forgets the decay."""

    def step(self, o: Optimizer, w: float, g: float, memory: Vector, number: int) -> float:
        if o.name in ("momentum", "nesterov") and not o.momentum:
            o = replace(o, weight_decay=0.0)
        return super().step(o, w, g, memory, number)


class MeanOfMeans(PlainPython):
    """Evaluation gives each batch the same weight."""

    def evaluate(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, targets, size, weights = arguments
        means = [
            self.loss(
                architecture,
                parameters,
                inputs[rows],
                targets[rows],
                None if weights is None else weights[rows],
            )
            for rows in self.batches(len(inputs), size)
        ]
        return sum(means) / len(means)


class LastBatchDropped(PlainPython):
    """A last batch that is smaller is left out, where there is another."""

    def batches(self, rows: int, size: int) -> Iterator[slice]:
        return super().batches(rows - rows % size or rows, size)


class DropoutScaledByTheOtherShare(PlainPython):
    """Units that stay are divided by the rate of those that are dropped."""

    def factor(self, generator: random.Random, rate: float) -> float:
        return super().factor(generator, rate) * (1 - rate) / rate


class GlorotByOneFan(PlainPython):
    """Glorot's limit counts the units that come in twice, and none that go out."""

    def weight(self, generator: random.Random, initializer: str, n: int, m: int) -> float:
        return super().weight(
            generator, initializer, n, n if initializer == "glorot_uniform" else m
        )


class TruncatedUncorrected(PlainPython):
    """A truncated normal has .774 of the variance, and nothing makes up for it."""

    def weight(self, generator: random.Random, initializer: str, n: int, m: int) -> float:
        shrunk = 0.7737413**0.5 if initializer == "he_truncated" else 1.0
        return super().weight(generator, initializer, n, m) * shrunk


class LayersShareOneDraw(PlainPython):
    """Each layer is drawn with a generator that begins anew."""

    def initialize(self, architecture: Any, initializer: str, seed: int) -> Any:
        alone = (
            Architecture(shape, "tanh", "identity", "squared_error")
            for shape in architecture.shapes
        )
        return [super(LayersShareOneDraw, self).initialize(a, initializer, seed)[0] for a in alone]
