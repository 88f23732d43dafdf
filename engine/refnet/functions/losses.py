"""The heads: an output activation with its loss, all from logits and stable at any size.

A loss takes (logits, outputs, targets), each (n, k), and gives what the loss of a row is the sum
of, a number for each output, or one. Its derivative by the logits is `pullback(residual)`: for the
canonical pairs (sigmoid or softmax with cross-entropy, exp with Poisson) simply outputs - targets.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from refnet.architecture import Architecture
from refnet.conventions import Conventions
from refnet.functions.activations import activation
from refnet.functions.cross_entropy import BERNOULLI, CATEGORICAL, from_probabilities
from refnet.functions.deltas import delta
from refnet.functions.regression_losses import SQUARES, huber_entries, huber_slope, poisson_entries
from refnet.rounding.arithmetic import Arithmetic, Operation
from refnet.rounding.operations import SUBTRACT


class Head(NamedTuple):
    """The loss of each row, as a sum, and its derivative by the logits.

    entries: Operation on (logits, outputs, targets) -> (n, k), or (n, 1)
    delta:   (arithmetic, logits, outputs, targets) -> (n, k)
    entries_factor, delta_factor: what they are multiplied by, before the mean
    """

    entries: Operation
    delta: Callable[..., Any]
    entries_factor: float = 1.0
    delta_factor: float = 1.0


def _of_outputs(operation: Operation) -> Callable[..., Any]:
    """A derivative that takes outputs and targets alone."""
    return lambda apply, logits, outputs, targets: apply(operation, outputs, targets)


_FROM_LOGITS = {"sigmoid": BERNOULLI, "softmax": CATEGORICAL}


def _cross_entropy(architecture: Architecture, conventions: Conventions) -> Head:
    output = architecture.output
    entries = _FROM_LOGITS[output]
    if conventions.loss_from == "probabilities" or conventions.probability_clip:
        entries = from_probabilities(output, conventions)
    return Head(entries, _of_outputs(delta(output, conventions)))


def _squared_error(architecture: Architecture, conventions: Conventions) -> Head:
    output = activation(architecture.output, conventions)

    def pulled_back(apply: Arithmetic, logits: object, outputs: object, targets: object) -> Any:
        return apply(output.pullback, apply(SUBTRACT, outputs, targets), logits, outputs)

    factor = conventions.squared_error
    return Head(SQUARES, pulled_back, factor, 2 * factor)


def _poisson(architecture: Architecture, conventions: Conventions) -> Head:
    return Head(poisson_entries(conventions), _of_outputs(delta("exp", conventions)))


def _huber(architecture: Architecture, conventions: Conventions) -> Head:
    slope = huber_slope(architecture.delta, conventions)
    return Head(huber_entries(architecture.delta, conventions), _of_outputs(slope))


TABLE: dict[tuple[str, str], Callable[[Architecture, Conventions], Head]] = {
    ("sigmoid", "cross_entropy"): _cross_entropy,
    ("softmax", "cross_entropy"): _cross_entropy,
    ("identity", "squared_error"): _squared_error,
    ("sigmoid", "squared_error"): _squared_error,
    ("softmax", "squared_error"): _squared_error,
    ("exp", "poisson"): _poisson,
    ("identity", "huber"): _huber,
}


def head(architecture: Architecture, conventions: Conventions) -> Head:
    """The head of an architecture, in the form that the conventions declare."""
    return TABLE[architecture.head](architecture, conventions)
