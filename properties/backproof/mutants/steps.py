"""Mistakes in training."""

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer

DESCENT = "gradient_descent_subtracts_the_rate_times_the_gradient"
NEARER = "gradient_descent_on_a_convex_loss_nears_all_better_weights"
FROZEN = "a_zero_network_learns_only_the_base_rate"


@mutant(DESCENT, FROZEN)
class MomentumLeftOn(Refnet):
    """Plain gradient descent keeps the momentum that is the library's default."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, *rest = arguments
        heavy = replace(optimizer, name="momentum", momentum=0.9)
        return super().train(architecture, start, inputs, targets, heavy, *rest)


@mutant(NEARER, DESCENT)
class FirstStepsAreShort(Refnet):
    """Training warms up: its first step has a tenth of the rate, and no option ends that."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, *rest = arguments
        short = replace(optimizer, learning_rate=optimizer.learning_rate / 10)
        start = super().train(architecture, start, inputs, targets, short, 1, *rest)
        return super().train(architecture, start, inputs, targets, optimizer, epochs - 1, *rest)


@mutant(DESCENT)
class GradientClipped(Refnet):
    """Training clips the gradient to a norm of 1, and nobody has asked for it."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, _, weights, *_ = arguments
        for _ in range(epochs):
            gradient = self.gradient(architecture, start, inputs, targets, weights)
            norm = np.sqrt(sum(np.sum(part * part) for layer in gradient for part in layer))
            rate = optimizer.learning_rate / max(1.0, norm)
            start = [
                Layer(*(w - rate * g for w, g in zip(layer, slope, strict=True)))
                for layer, slope in zip(start, gradient, strict=True)
            ]
        return start


@mutant(DESCENT)
class LearningRateDecays(Refnet):
    """The learning rate is divided by the number of the epoch."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, *rest = arguments
        for number in range(1, epochs + 1):
            slower = replace(optimizer, learning_rate=optimizer.learning_rate / number)
            start = super().train(architecture, start, inputs, targets, slower, 1, *rest)
        return start


@mutant(DESCENT)
class OutputLayerFirst(Refnet):
    """The output layer is updated first, and the others follow the gradient at its new weights."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, *rest = arguments
        ahead = super().train(*arguments)
        later = super().train(architecture, [*start[:-1], ahead[-1]], *rest)
        return [*later[:-1], ahead[-1]]


@mutant(FROZEN, DESCENT)
class ZeroWeightsReplaced(Refnet):
    """Training draws weights of its own for a layer that starts at zero."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, *rest = arguments
        rng = np.random.default_rng(0)
        drawn = [
            Layer(w if np.any(w) else rng.normal(0, 0.01, w.shape).astype(w.dtype), b)
            for w, b in start
        ]
        return super().train(architecture, drawn, *rest)


@mutant(FROZEN)
class EveryUnitNudged(Refnet):
    """After each training a tiny number is added to every weight, to break ties."""

    def train(self, *arguments: Any) -> Any:
        return [Layer(w + 1e-30, b) for w, b in super().train(*arguments)]
