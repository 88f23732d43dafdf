"""Mistakes in dropout."""

from dataclasses import replace
from typing import Any

import numpy as np

import refnet
from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.conventions import STRICT

DROPS = "dropout_drops_each_unit_with_its_rate_in_training_alone"
PARTS = "dropout_parts_units_that_start_equal"


@mutant(DROPS)
class RateOfThoseThatStay(Refnet):
    """The rate is taken for the share of the units that stay."""

    def forward_training(self, *arguments: Any) -> Any:
        architecture, *rest = arguments
        turned = replace(architecture, dropout=1 - architecture.dropout)
        return super().forward_training(turned, *rest)


@mutant(DROPS)
class ScaleForgotten(Refnet):
    """Units that stay are not scaled up in training, nor down in evaluation."""

    def forward_training(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, seed = arguments
        plain = replace(STRICT, dropout="at evaluation")
        return refnet.forward_training(architecture, parameters, inputs, seed, plain)


@mutant(DROPS)
class ScaledByTheDroppedShare(Refnet):
    """Units that stay are divided by the share of those that are dropped."""

    def forward_training(self, *arguments: Any) -> Any:
        architecture, (first, *others), inputs, seed = arguments
        rate = architecture.dropout or 0.5
        scaled = [first, *(Layer(w * ((1 - rate) / rate), b) for w, b in others)]
        return super().forward_training(architecture, scaled, inputs, seed)


@mutant(DROPS)
class OneMaskForAllRows(Refnet):
    """A unit is dropped for a whole batch, not for each row."""

    def forward_training(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, seed = arguments
        rows = [super(OneMaskForAllRows, self).forward_training(architecture, parameters, row, seed)
                for row in inputs[:, None]]  # fmt: skip
        return np.concatenate(rows)


@mutant(DROPS)
class DroppedInEvaluation(Refnet):
    """A network with dropout drops units in evaluation, too."""

    def forward(self, architecture: Any, parameters: Any, inputs: Any) -> Any:
        return self.forward_training(architecture, parameters, inputs, 0)


@mutant("the_loss_is_the_mean_over_the_rows_plus_the_penalty")
class LossInTraining(Refnet):
    """The loss is taken while units are dropped."""

    def loss(self, *arguments: Any) -> Any:
        architecture, parameters, *data = arguments
        if architecture.hidden_layers:
            *before, (weights, biases) = parameters
            stays = np.random.default_rng(0).random(len(weights)) >= architecture.dropout
            parameters = [*before, Layer(weights * stays[:, None], biases)]
        return super().loss(architecture, parameters, *data)


@mutant("the_gradient_is_the_derivative_of_the_loss")
class GradientScaledDown(Refnet):
    """The gradient scales units down by 1 - p, as if dropout did not scale them up in training."""

    def gradient(self, *arguments: Any) -> Any:
        asked = *arguments, replace(STRICT, dropout="at evaluation")
        return refnet.gradient(*asked)


@mutant(PARTS)
class TrainedWithoutDropout(Refnet):
    """Training forgets to switch dropout on."""

    def train(self, architecture: Any, *rest: Any) -> Any:
        return super().train(replace(architecture, dropout=0.0), *rest)


@mutant(PARTS)
class TwinsShareTheirMask(Refnet):
    """Training draws one mask for all units of a layer."""

    def train(self, *arguments: Any) -> Any:
        trained = super().train(*arguments)
        alike = [np.repeat(w[:, :1], w.shape[1], axis=1) for w, _ in trained[:-1]]
        hidden = [Layer(w, b) for w, (_, b) in zip(alike, trained, strict=False)]
        return [*hidden, trained[-1]]
