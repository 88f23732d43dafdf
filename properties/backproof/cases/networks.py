"""Cases: networks with data, drawn inside what a subject can express.

A law names its case by a recipe, `cases.networks(hidden_layers=(1, 3))`. The recipe meets the
subject's scope in a `Space`; a case is drawn in it as structure first (widths, head, rows), then a
kind and a seed that fill the arrays, then a few overrides that Hypothesis can shrink.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.case import Case, Direction
from backproof.cases.kinds import KINDS, targets
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.simpler import simpler_cases
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, in_turn
from backproof.contract import Conventions, Range, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import Precision

SIZES = (1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 33, 64)
FEW_SIZES = (1, 3, 4)
OVERRIDES = (0.0, 1.0, -1.0, 0.5, 2.0, 2.0**-10, -8.0)
DEEPEST, MOST_OUTPUTS = 3, 4


@dataclass(frozen=True, eq=False)
class NetworkCase(Case):
    """A case of which every simpler one in its space will do as well."""

    def simpler(self) -> Iterator[Self]:
        """The case with less in it, then with plainer numbers."""
        return simpler_cases(self)


@dataclass(frozen=True)
class Networks(Recipe):
    """A recipe: which networks a law speaks of, and the kinds that it must have met.

    None leaves the choice to the scope. `plain` leaves penalty and sample weights out; `mixed` adds
    smoothed labels, and activations that differ between layers. `grid=k` draws parameters that are
    multiples of 2^-k and at most 8 in size, so that small steps from them are exact.
    """

    hidden_layers: Range = (0, None)
    hidden_widths: Range = (1, None)
    activations: tuple[str, ...] | None = None
    heads: tuple[tuple[str, str], ...] | None = None
    plain: bool = False
    mixed: bool = False
    kinds: tuple[str, ...] = tuple(KINDS)
    required: tuple[str, ...] = ("zeros", "small integers", "general position")
    grid: int | None = None

    def space(self, scope: Scope, precision: Precision) -> Space:
        """The recipe within a scope.

        Raises: OutOfScope saying what the scope lacks.
        """
        depth = _meet("hidden layers", self.hidden_layers, scope.hidden_layers, DEEPEST)
        names, wide = _common(self.activations, scope.activations), SIZES[-1]
        if depth[0] and not names:
            wanted = " or ".join(self.activations or ("any",))
            offered = ", ".join(scope.activations) or "none"
            raise OutOfScope(f"the law needs hidden units of {wanted}, the scope has {offered}")
        return Space(
            activations=names or ("identity",),
            heads=self._heads(scope),
            hidden_layers=depth if names else (0, 0),
            features=_meet("features", (1, None), scope.widths, wide),
            hidden_widths=_meet("hidden widths", self.hidden_widths, scope.widths, wide),
            outputs=_meet("outputs", (1, None), scope.outputs, MOST_OUTPUTS),
            softmax_outputs=_meet("classes", (2, None), scope.softmax_outputs, MOST_OUTPUTS),
            rows=_meet("rows", (1, None), scope.rows, wide),
            sizes=SIZES if scope.shapes == "any" else FEW_SIZES,
            l2=scope.l2 and not self.plain,
            sample_weights=scope.sample_weights and not self.plain,
            label_smoothing=scope.label_smoothing and self.mixed,
            mixed=self.mixed and scope.mixed_activations,
            grid=self.grid,
            precision=precision,
            architectures=scope.architectures,
        )

    def requires(
        self, scope: Scope, precision: Precision, conventions: Conventions
    ) -> tuple[str, ...]:
        """The required kinds; unless the scope names its architectures, each head and activation.

        Raises: OutOfScope saying what the scope lacks.
        """
        if scope.architectures is not None:
            return self.required
        space = self.space(scope, precision)
        names = space.activations if space.hidden_layers[1] else ()
        return (*self.required, *(" with ".join(head) for head in space.heads), *names)

    def _heads(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        heads = _common(self.heads, scope.heads)
        (low, high), (least, most) = scope.outputs, scope.softmax_outputs
        if max(low, least) > min(high or math.inf, most or math.inf):
            heads = tuple(head for head in heads if head[0] != "softmax")
        if not heads:
            wanted = " or ".join(" with ".join(head) for head in self.heads or ("any",))
            raise OutOfScope(f"the law needs a head of {wanted}, which the scope lacks")
        return heads

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Conventions
    ) -> SearchStrategy[Case]:
        """Cases of the recipe within the scope.

        Raises: OutOfScope saying what the scope lacks.
        """
        space = self.space(scope, precision)
        if space.architectures is not None:
            fitting = tuple(a for a in space.architectures if space.admits(a, space.rows[0]))
            if not fitting:
                raise OutOfScope("none of the scope's architectures fits")
            space = replace(space, architectures=fitting)
        return _cases(space, self.kinds)


def networks(**demands: Any) -> Networks:
    """The recipe of a law's networks; see `Networks` for the demands."""
    return Networks(**demands)


@dataclass(frozen=True)
class Anything(Recipe):
    """A recipe that no scope narrows: an argument of a law that is no network."""

    make: Callable[[], SearchStrategy[Any]]

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Conventions
    ) -> SearchStrategy[Any]:
        """The strategy, whatever the scope."""
        return self.make()


def seeds() -> Anything:
    """Seeds for what a law draws itself."""
    return Anything(lambda: SEEDS)


def directions() -> Anything:
    """Directions in which the parameters move."""
    return Anything(lambda: SEEDS.map(Direction))


def _meet(what: str, demand: Range, scope: Range, most: int) -> tuple[int, int]:
    low = max(demand[0], scope[0])
    highs = [h for h in (demand[1], scope[1]) if h is not None]
    high = min([*highs, max(most, low)])
    if low > high:
        raise OutOfScope(f"the law needs {what} {_words(demand)}, the scope has {_words(scope)}")
    return low, high


def _words(limits: Range) -> str:
    low, high = limits
    return f"{low} or more" if high is None else f"{low} to {high}" if high > low else f"{low}"


def _common(demand: tuple[Any, ...] | None, scope: tuple[Any, ...]) -> tuple[Any, ...]:
    if demand is None:
        return scope
    return tuple(name for name in demand if name in scope)


@st.composite
def _cases(draw: DrawFn, space: Space, kinds: tuple[str, ...]) -> Case:
    """Structure first, which Hypothesis shrinks; then a seed decides all the rest."""
    kind = in_turn(draw, "kind", kinds)
    drawn = _drawn_architecture(draw, space)
    rows, rng = space.size(draw, space.rows), np.random.default_rng(draw(SEEDS))
    architecture = drawn if space.architectures is not None else _extended(space, drawn, rng)
    parameters, inputs = KINDS[kind](rng, architecture, rows, space.precision)
    weights = None
    if space.sample_weights and rng.integers(4) == 0:
        weights = rng.integers(1, 8, rows) / 4.0
    _override(parameters, rng)
    return NetworkCase(
        architecture=architecture,
        parameters=[Layer(_rounded(space, w), _rounded(space, b)) for w, b in parameters],
        inputs=space.precision.round(inputs),
        targets=space.precision.round(targets(rng, architecture, rows)),
        space=space,
        sample_weights=weights,
        kind=kind,
    )


def _drawn_architecture(draw: DrawFn, space: Space) -> Architecture:
    if space.architectures is not None:
        return in_turn(draw, "architecture", space.architectures)
    head, (low, high) = in_turn(draw, "head", space.heads), space.hidden_layers
    depth = in_turn(draw, "depth", tuple(range(low, high + 1)))
    widths = (
        space.size(draw, space.features),
        *(space.size(draw, space.hidden_widths) for _ in range(depth)),
        space.size(draw, space.outputs_of(head[0])),
    )
    name = in_turn(draw, "activation", space.activations) if depth else space.activations[0]
    return Architecture(widths, name, *head)


def _extended(space: Space, a: Architecture, rng: np.random.Generator) -> Architecture:
    """The architecture with what else the space allows: a penalty, Huber's threshold, smoothed
    labels, and now and then other activations in the later layers.
    """
    names = a.activations
    if space.mixed and len(names) > 1 and rng.integers(4) == 0:
        others = rng.choice(space.activations, len(names) - 1)
        names = (names[0], *map(str, others))
    smoothed = space.label_smoothing and a.loss == "cross_entropy" and rng.integers(4) == 0
    return replace(
        a,
        activation=a.activation if len({*names}) < 2 else names,
        l2=float(rng.choice((0.0, 0.0, 0.25, 2.0**-10))) if space.l2 else 0.0,
        delta=float(rng.choice((1.0, 0.5, 2.0))) if a.loss == "huber" else 1.0,
        label_smoothing=0.125 if smoothed else 0.0,
    )


def _rounded(space: Space, values: Array) -> Array:
    if space.grid is None:
        return space.precision.round(values)
    return np.asarray(np.clip(np.round(values * 2.0**space.grid) / 2.0**space.grid, -8, 8))


def _override(parameters: Parameters, rng: np.random.Generator) -> None:
    """Set up to two entries of the parameters to corners."""
    for _ in range(rng.integers(3)):
        array = parameters[rng.integers(len(parameters))][rng.integers(2)]
        array.flat[rng.integers(array.size)] = rng.choice(OVERRIDES)
