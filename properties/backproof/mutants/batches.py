"""Mistakes where rows are taken a few at a time."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
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
        cut = batches(inputs, targets, weights, size)
        return np.mean([self.loss(architecture, parameters, *batch) for batch in cut])


@mutant(EVALUATION)
class LastRowsNotEvaluated(Refnet):
    """Evaluation leaves out a last batch that is smaller than the others."""

    def evaluate(self, *arguments: Any) -> Any:
        architecture, parameters, inputs, targets, size, weights = arguments
        kept = len(inputs) // size * size or len(inputs)
        rows = inputs[:kept], targets[:kept], size, None if weights is None else weights[:kept]
        return super().evaluate(architecture, parameters, *rows)


@mutant(EVALUATION)
class PenaltyForEachBatch(Refnet):
    """Evaluation adds the penalty once for each batch."""

    def evaluate(self, *arguments: Any) -> Any:
        architecture, _, inputs, _, size, _ = arguments
        once = super().evaluate(*arguments)
        bare = super().evaluate(replace(architecture, l2=0.0), *arguments[1:])
        return bare + -(-len(inputs) // size) * (once - bare)


@mutant(EPOCH)
class LastBatchByTheFullSize(Refnet):
    """The gradient of a last batch that is smaller is divided by the size of the others."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, o, epochs, size, weights, *_ = arguments
        if size is None or size > len(inputs) or o.name != "gradient_descent":
            return super().train(*arguments)
        for batch in [*batches(inputs, targets, weights, size)] * epochs:
            smaller = replace(o, learning_rate=o.learning_rate * len(batch[0]) / size)
            data = *batch[:2], smaller, 1, None, batch[2]
            start = super().train(architecture, start, *data)
        return start


@mutant(EPOCH)
class GradientsTakenAtTheStart(Refnet):
    """Each batch steps by its gradient at the start of the epoch, as in a pipeline that lags."""

    def train(self, *arguments: Any) -> Any:
        architecture, start, inputs, targets, o, epochs, size, weights, *_ = arguments
        if size is None or o.name != "gradient_descent":
            return super().train(*arguments)
        for _ in range(epochs):
            cut = [*batches(inputs, targets, weights, size)]
            slopes = [self.gradient(architecture, start, *batch) for batch in cut]
            for slope in slopes:
                start = [
                    Layer(*(w - o.learning_rate * g for w, g in zip(layer, part, strict=True)))
                    for layer, part in zip(start, slope, strict=True)
                ]
        return start


def batches(inputs: Any, targets: Any, weights: Any, size: int) -> Iterator[tuple[Any, Any, Any]]:
    """The rows, so many at a time."""
    for first in range(0, len(inputs), size):
        rows = slice(first, first + size)
        yield inputs[rows], targets[rows], None if weights is None else weights[rows]
