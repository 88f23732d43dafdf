"""Mistakes where rows are taken a few at a time."""

from itertools import product
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.training.optimizers import State, initial_state
from refnet.training.steps import step

EPOCH = "an_epoch_takes_one_step_on_each_batch_in_order"
EVALUATION = "evaluation_does_not_depend_on_the_batch_size"


@mutant(EPOCH)
class LastRowsNeverTrained(Refnet):
    """A last batch that is smaller than the others is left out."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, batch_size, weights, *rest = (
            arguments
        )
        kept = len(inputs) // (batch_size or len(inputs)) * (batch_size or len(inputs))
        if not kept:
            return super().train(*arguments)
        weights = None if weights is None else weights[:kept]
        data = inputs[:kept], targets[:kept], optimizer, epochs, batch_size, weights
        return super().train(architecture, start, *data, *rest)


@mutant(EPOCH)
class RowsShuffled(Refnet):
    """Each training shuffles the rows, and cannot be told not to."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, optimizer, epochs, batch_size, weights, *rest = (
            arguments
        )
        order = np.random.default_rng(0).permutation(len(inputs))
        weights = None if weights is None else weights[order]
        data = inputs[order], targets[order], optimizer, epochs, batch_size, weights
        return super().train(architecture, start, *data, *rest)


class OwnBatches(Refnet):
    """An engine that goes through the batches itself, with a slip in what it remembers."""

    def remembered(self, state: State, epoch: int) -> State:
        """What the optimizer knows before a step."""
        raise NotImplementedError

    def train(self, *arguments: Any) -> Any:
        architecture, at, inputs, targets, optimizer, epochs, size, weights, *_ = arguments
        if size is None:
            return super().train(*arguments)
        state, data = initial_state(at), (inputs, targets, weights)
        for epoch, first in product(range(epochs), range(0, len(inputs), size)):
            batch: Any = (None if part is None else part[first : first + size] for part in data)
            gradient, known = self.gradient(architecture, at, *batch), self.remembered(state, epoch)
            at, state = step(optimizer, known, at, gradient, self._means(architecture))
        return at


@mutant(EPOCH)
class EpochsCountedForSteps(OwnBatches):
    """Adam corrects its means by the number of the epoch, not of the step."""

    def remembered(self, state: State, epoch: int) -> State:
        return state._replace(steps=epoch)


@mutant(EPOCH)
class EachBatchForgetsTheLast(OwnBatches):
    """The optimizer is made anew for each batch, so that it has no memory."""

    def remembered(self, state: State, epoch: int) -> State:
        return initial_state(state.velocity)


@mutant(EVALUATION)
class MeanOfBatchMeans(Refnet):
    """Evaluation averages the losses of its batches, large and small ones alike."""

    def evaluate(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, targets, size, weights = arguments
        starts = range(0, len(inputs), size)
        losses = [
            self.loss(
                architecture,
                parameters,
                inputs[first : first + size],
                targets[first : first + size],
                None if weights is None else weights[first : first + size],
            )
            for first in starts
        ]
        return np.mean(losses)
