"""The dyadic regime as a recipe: integers, drawn and then halved until every sum is exact."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.random import Generator

from backproof.cases.integers import IntegerCase, Regime, digits, power_of_two
from backproof.cases.networks import Networks
from backproof.cases.pool import one_of_few
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among, in_turn, turns
from backproof.contract import ByHead, Declared, Range, Scope, by_head
from refnet.architecture import Architecture, Layer
from refnet.problem import gradient_reduction
from refnet.rounding.precision import Precision

SIZES = (1, 2, 3, 4, 5, 8)
ROWS = (1, 2, 4, 8)
SQUARED_ERROR = (("identity", "squared_error"),)
IDENTITY_OUTPUTS = (*SQUARED_ERROR, ("identity", "huber"))
FACTORS = ("squared_error", "loss_factor", "gradient_factor")
"""What multiplies the gradient of a squared error."""

KINDS = ("signs", "small integers", "hundreds", "many digits")
LARGEST = {"signs": 1, "small integers": 3, "hundreds": 300}
"""The largest number of a kind; many digits are as many as the sums leave room for."""


@dataclass(frozen=True)
class IntegerNetworks(Recipe):
    """The recipe: networks of integers with an identity output, which are known exactly.

    backward:  the gradient is, too: squared error, 2^k rows, no ReLU at its kink
    collapsed: so is the one layer that a chain of linear layers amounts to
    fitted:    the targets are the outputs
    """

    hidden_layers: Range = (0, None)
    activations: tuple[str, ...] = ("relu", "leaky_relu", "identity")
    backward: bool = False
    collapsed: bool = False
    fitted: bool = False
    kinds: tuple[str, ...] = KINDS
    required: tuple[str, ...] = KINDS

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[IntegerCase]:
        """Networks that the scope can express.

        Raises: OutOfScope saying what it lacks, or which convention is no power of two.
        """
        meant = by_head(conventions, self._heads(scope))
        names = self._names(meant, scope.biases)
        space = replace(self._space(scope, precision, names, meant), sizes=SIZES)
        outputs, rows = self._outputs(space, meant), _rows(space, self.backward)
        regime = Regime(digits(precision), conventions, self.backward, self.collapsed, self.fitted)
        if space.whole is not None:
            return _integers(space, regime, _of_few(space, outputs, rows), self.kinds)
        structures = st.tuples(self._architectures(space, outputs, names), among(rows))
        return _integers(space, regime, structures, self.kinds)

    def _heads(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        heads = SQUARED_ERROR if self.backward else IDENTITY_OUTPUTS
        if not set(heads) & set(scope.heads):
            shown = " or ".join(" with ".join(head) for head in heads)
            raise OutOfScope(f"exact answers need a head of {shown}; the scope has none")
        return tuple(head for head in heads if head in scope.heads)

    def _space(
        self, scope: Scope, precision: Precision, names: tuple[str, ...], meant: ByHead
    ) -> Space:
        if self.collapsed and (scope.hidden_layers[0] or scope.architectures is not None):
            raise OutOfScope("the law needs networks with and without hidden layers")
        if self.hidden_layers[0] and not set(names) & set(scope.activations):
            raise OutOfScope(f"the law needs units of {' or '.join(names)}; the scope has none")
        for c in meant.values() if self.backward else ():
            factors = {name: getattr(c, name) for name in FACTORS}
            if not power_of_two(math.prod(factors.values())):
                said = ", ".join(f"{name}={value!r}" for name, value in factors.items())
                raise OutOfScope(f"exact answers need powers of two, not {said}")
        recipe = Networks(self.hidden_layers, activations=names, heads=tuple(meant), plain=True)
        few = 1 if self.collapsed else None
        return replace(recipe, moves=True, few=few).space(scope, precision)

    def _names(self, meant: ByHead, biases: bool) -> tuple[str, ...]:
        slopes = [c.leaky_slope for c in meant.values()]
        away = biases or not self.backward  # an odd bias keeps a logit away from the kink
        dyadic = all(power_of_two(slope) and 0 < slope <= 1 for slope in slopes)
        usable = {"identity": True, "relu": away, "leaky_relu": away and dyadic}
        return tuple(name for name in self.activations if usable[name])

    def _outputs(self, space: Space, meant: ByHead) -> tuple[int, ...]:
        """Numbers of outputs: where the gradient is divided by them, powers of two."""
        low, high = space.outputs
        mean = any(gradient_reduction(c) not in ("mean", "sum") for c in meant.values())
        whole = self.backward and mean
        found = tuple(k for k in range(low, high + 1) if power_of_two(k) or not whole)
        if not found:
            raise OutOfScope(f"the law needs 2^k outputs, the scope has {low} to {high}")
        return found

    def _architectures(
        self, space: Space, outputs: tuple[int, ...], names: tuple[str, ...]
    ) -> SearchStrategy[Architecture]:
        if space.architectures is None:
            return _drawn(space, outputs)
        fitting = tuple(
            a
            for a in space.architectures
            if space.admits(a, space.rows[0])
            and a.head in space.heads
            and a.widths[-1] in outputs
            and set(a.activations) <= set(names)
            and not a.dropout
            and not (a.l2 and self.backward)
        )
        if not fitting:
            raise OutOfScope("none of the scope's architectures fits")
        return turns("architecture", fitting)


def _rows(space: Space, backward: bool) -> tuple[int, ...]:
    low, high = space.rows
    found = tuple(n for n in ROWS if low <= n <= high)
    power = 2 ** math.ceil(math.log2(low))
    if not found and backward and power > high:
        raise OutOfScope(f"the law needs 2^k rows, the scope has {low} to {high}")
    return found or (power if power <= high else low,)


@st.composite
def _drawn(draw: DrawFn, space: Space, outputs: tuple[int, ...]) -> Architecture:
    head, (low, high) = in_turn(draw, "head", space.heads), space.hidden_layers
    depth = in_turn(draw, "depth", tuple(range(low, high + 1)))
    hidden = [space.size(draw, space.hidden_widths) for _ in range(depth)]
    widths = (space.size(draw, space.features), *hidden, draw(among(outputs)))
    activation = in_turn(draw, "activation", space.activations)
    return Architecture(widths, activation, *head, biases=space.biases)


@st.composite
def _of_few(
    draw: DrawFn, space: Space, outputs: tuple[int, ...], rows: tuple[int, ...]
) -> tuple[Architecture, int]:
    """A shape of the run's pool, with other outputs or rows where these are not exact."""
    a, count, _ = one_of_few(draw, space)
    if a.widths[-1] not in outputs:
        a = replace(a, widths=(*a.widths[:-1], outputs[0]))
    return a, count if count in rows else rows[0]


@st.composite
def _integers(
    draw: DrawFn,
    space: Space,
    regime: Regime,
    structures: SearchStrategy[tuple[Architecture, int]],
    kinds: tuple[str, ...],
) -> IntegerCase:
    kind, (architecture, count) = in_turn(draw, "kind", kinds), draw(structures)
    rng = np.random.default_rng(draw(SEEDS))
    factors = len(architecture.widths) * (2 if regime.backward else 1)  # in a product of all
    largest = LARGEST.get(kind, 2 ** (regime.digits // factors))
    shapes = [part for shape in architecture.shapes for part in (shape, shape[1:])]
    shapes += [(count, architecture.widths[0]), (count, architecture.widths[-1])]
    numbers = [rng.integers(-largest, largest + 1, shape) for shape in shapes]
    while not regime.holds(case := _case(space, regime, architecture, numbers, kind)):
        numbers = [_halved(rng, array) for array in numbers]
    return case.in_regime()


def _halved(rng: Generator, array: Any) -> Any:
    """Every number halved, up or down: half of the ones become 0, so that in the end all fits."""
    return np.sign(array) * ((np.abs(array) + rng.integers(0, 2, array.shape)) // 2)


def _case(
    space: Space, regime: Regime, architecture: Architecture, numbers: list[Any], kind: str
) -> IntegerCase:
    """The network of these numbers; even weights and an odd bias keep a logit away from 0."""
    *layers, inputs, targets = [array.astype(np.float64) for array in numbers]
    has = float(architecture.biases)
    parameters = [Layer(w, has * b) for w, b in zip(layers[::2], layers[1::2], strict=True)]
    if regime.backward and has:
        parameters[:-1] = [Layer(2 * w, 2 * b + 1) for w, b in parameters[:-1]]
    return IntegerCase(architecture, parameters, inputs, targets, space, kind=kind, regime=regime)
