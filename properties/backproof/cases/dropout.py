"""Networks so small that it can be told from outside which hidden units were dropped.

Where every row is the same, its outputs depend on the mask alone: 2^k values for k hidden units,
some of which may coincide. Where row i is the i-th unit vector, a training step moves the weights
of feature i as the mask of row i says. The share of the units that stay is a power of two, so that
dividing by it is exact.
"""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.case import Case
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import in_turn
from backproof.contract import Declared, Scope
from refnet.architecture import Architecture, Layer, Parameters
from refnet.rounding.precision import Precision

RATES = (0.5, 0.75)
SHAPES = ((1,), (2,), (3,), (1, 1), (2, 1))
"""Hidden units, layer by layer."""

MOST_ROWS, TWINS = 256, 64


@dataclass(frozen=True)
class Dropped(Recipe):
    """The recipe: networks of one to three hidden units with dropout, on rows that are all alike.

    twins: two units that start equal, on rows that are unit vectors
    """

    twins: bool = False

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Case]:
        """Networks that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        space = Networks(hidden_layers=(1, 2), plain=True, moves=True).space(scope, precision)
        if not scope.dropout:
            raise OutOfScope("the scope has no dropout")
        if scope.architectures is not None:
            raise OutOfScope("the law needs networks of one to three hidden units of its own")
        shapes = tuple(shape for shape in self._shapes() if _fits(space, shape))
        if not shapes:
            raise OutOfScope("the law needs networks of one to three hidden units")
        return _dropped(space, shapes, self.twins)

    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        return ((2,),) if self.twins else SHAPES


def _fits(space: Space, shape: tuple[int, ...]) -> bool:
    (fewest, most), (least, largest) = space.hidden_layers, space.hidden_widths
    return fewest <= len(shape) <= most and least <= min(shape) and max(shape) <= largest


@st.composite
def _dropped(draw: DrawFn, space: Space, shapes: tuple[tuple[int, ...], ...], twins: bool) -> Case:
    head = in_turn(draw, "head", some(space, space.heads))
    name = in_turn(draw, "activation", some(space, space.activations))
    shape = in_turn(draw, "hidden units", some(space, shapes))
    rate = in_turn(draw, "rate", some(space, RATES))
    rows, outputs = int(min(MOST_ROWS, space.room.rows[1])), space.outputs_of(head[0])[0]
    inputs = np.ones((rows, space.features[0]))
    if twins:
        inputs = np.eye(int(min(TWINS, rows, space.room.features[1])))
    architecture = Architecture(
        (inputs.shape[1], *shape, outputs), name, *head, dropout=rate, biases=space.biases
    )
    targets = np.zeros((len(inputs), outputs))
    targets[:, 0] = 1.0  # also one-hot
    return Case(architecture, _parameters(architecture, twins), inputs, targets, space)


def _parameters(architecture: Architecture, twins: bool) -> Parameters:
    """Unit j of a layer counts 2^j in the next one, or as much as the other; no biases."""
    layers = []
    for shape in architecture.shapes:
        counts = np.full(shape[0], 0.25) if twins else 2.0 ** np.arange(-2, shape[0] - 2)
        layers.append(Layer(np.tile(counts[:, None], shape[1]), np.zeros(shape[1])))
    layers[-1].weights[:, 1:] = 0.0
    return layers
