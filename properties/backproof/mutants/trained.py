"""Engines that train in a way of their own: what the mistakes in optimisers are made of."""

from dataclasses import dataclass
from typing import Any

import refnet
from backproof.adapters.refnet import Refnet
from refnet.architecture import Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.training.optimizers import Optimizer


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


@dataclass
class Memory:
    """What is remembered of one array of parameters."""

    mean: Array
    squares: Array


class OwnSteps(Refnet):
    """An engine with one optimizer of its own."""

    optimizer = ""

    def takes(self, optimizer: Optimizer) -> bool:
        """Whether it is its own."""
        return optimizer.name == self.optimizer

    def direction(self, o: Optimizer, memory: Memory, gradient: Array, number: int) -> Array:
        """What the rate multiplies, at step `number`."""
        raise NotImplementedError

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, batch_size, weights, *_ = arguments
        if not self.takes(optimizer) or batch_size is not None:
            return super().train(*arguments)
        memories = [[Memory(0 * part, 0 * part) for part in layer] for layer in start]
        for number in range(1, epochs + 1):
            gradient = self.gradient(architecture, start, inputs, targets, weights)
            start = self.stepped(optimizer, memories, start, gradient, number)
        return start

    def stepped(
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


def fading(old: Array, new: Array, beta: float) -> Array:
    """The mean beta * old + (1 - beta) * new"""
    return beta * old + (1 - beta) * new
