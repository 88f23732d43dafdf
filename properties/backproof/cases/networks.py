"""Cases: networks with data, drawn inside what a subject can express.

A law names its case by a recipe, `networks(hidden_layers=(1, 3))`. The recipe meets the subject's
scope in a `Space`; a case is drawn in it as structure first (kind, activation, head, depth, widths,
rows), which Hypothesis shrinks; then a seed fills the arrays and decides all the rest. Two kinds
have a structure of their own: "large" one size beyond those of most cases, "sweep" a single unit.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.case import Case
from backproof.cases.kinds import KINDS, soft_targets, targets, uneven_weights
from backproof.cases.memory import within_memory
from backproof.cases.own import OWN, filled, weights_of
from backproof.cases.pool import has_large
from backproof.cases.recipe import OutOfScope, Recipe
from backproof.cases.simpler import simpler_cases
from backproof.cases.space import Limits, Room, Space
from backproof.cases.structures import extended, larger, softer, structure
from backproof.cases.sweep import one_sided, sweeps, swept
from backproof.cases.turns import SEEDS, in_turn
from backproof.contract import Declared, Range, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import Precision

SIZES = (1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 33, 64)
OVERRIDES = (0.0, 1.0, -1.0, 0.5, 2.0, 2.0**-10, -8.0)
DEEPEST, MOST_OUTPUTS = 3, 4
RUN = 99  # the examples of a default run, but for the first, which is always the simplest

USUAL = (*KINDS, "uneven weights", "soft targets", OWN, "large")
REQUIRED = ("zeros", "small integers", "general position", OWN, "large")


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
    smoothed labels, and activations that differ between layers. `dropout` says that the law speaks
    of evaluation, where a network drops nothing. `grid=k` draws parameters that are
    multiples of 2^-k and at most 8 in size, so that small steps from them are exact. `biases` says
    that the law speaks of them, and `moves` that it asks at other parameters than those drawn.
    `most_rows` keeps what takes rows one by one short, where the scope lets it.
    `few` is how many shapes it takes of a pool, where it makes others of them.
    """

    hidden_layers: Range = (0, None)
    hidden_widths: Range = (1, None)
    activations: tuple[str, ...] | None = None
    heads: tuple[tuple[str, str], ...] | None = None
    plain: bool = False
    mixed: bool = False
    dropout: bool = False
    kinds: tuple[str, ...] = USUAL
    required: tuple[str, ...] = REQUIRED
    grid: int | None = None
    biases: bool = False
    moves: bool = False
    most_rows: int = SIZES[-1]
    few: int | None = None

    def space(self, scope: Scope, precision: Precision) -> Space:
        """The recipe within a scope.

        Raises: OutOfScope saying what the scope lacks; TooLarge where memory lacks.
        """
        if self.biases and not scope.biases:
            raise OutOfScope("the law needs biases, and the scope has none")
        if scope.frozen and (self.moves or self.grid is not None):
            raise OutOfScope("the law needs other parameters than those that are frozen")
        names, room = _common(self.activations, scope.activations), self._room(scope)
        if room.hidden_layers[0] and not names:
            wanted = " or ".join(self.activations or ("any",))
            offered = ", ".join(scope.activations) or "none"
            raise OutOfScope(f"the law needs hidden units of {wanted}, the scope has {offered}")
        space = Space(
            activations=names or ("identity",),
            heads=self._heads(scope),
            hidden_layers=_small(room.hidden_layers, DEEPEST) if names else (0, 0),
            features=_small(room.features, SIZES[-1]),
            hidden_widths=_small(room.hidden_widths, SIZES[-1]),
            outputs=_small(room.outputs, MOST_OUTPUTS),
            softmax_outputs=_small(room.softmax_outputs, MOST_OUTPUTS),
            rows=_small(room.rows, self.most_rows),
            room=room,
            sizes=SIZES,
            biases=scope.biases,
            l2=scope.l2 and not self.plain,
            sample_weights=scope.sample_weights and not self.plain,
            soft_targets=scope.soft_targets,
            label_smoothing=scope.label_smoothing and self.mixed,
            mixed=self.mixed and scope.mixed_activations,
            dropout=self.dropout and scope.dropout,
            grid=self.grid,
            precision=precision,
            architectures=scope.architectures,
            own=weights_of(scope),
            frozen=scope.frozen,
            whole=self._whole(scope, precision),
            few=self.few,
        )
        return within_memory(space)

    def _whole(self, scope: Scope, precision: Precision) -> Space | None:
        if scope.shapes == "any":
            return None
        return Networks(mixed=True).space(replace(scope, shapes="any"), precision)

    def _room(self, scope: Scope) -> Room:
        return Room(
            hidden_layers=_meet("hidden layers", self.hidden_layers, scope.hidden_layers),
            features=_meet("features", (1, None), scope.widths),
            hidden_widths=_meet("hidden widths", self.hidden_widths, scope.widths),
            outputs=_meet("outputs", (1, None), scope.outputs),
            softmax_outputs=_meet("classes", (2, None), scope.softmax_outputs),
            rows=_meet("rows", (1, None), scope.rows),
        )

    def requires(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> tuple[str, ...]:
        """The required kinds; each head and activation, unless architectures are given or few.

        Raises: OutOfScope saying what the scope lacks.
        """
        space = self.space(scope, precision)
        kinds = _possible(space, self.required)
        if space.closed:
            return kinds
        names = space.activations if space.hidden_layers[1] else ()
        return (*kinds, *(" with ".join(head) for head in space.heads), *names)

    def _heads(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        heads = _common(self.heads, scope.heads)
        if not heads:
            wanted = " or ".join(" with ".join(head) for head in self.heads or ())
            raise OutOfScope(f"the law needs a head of {wanted}, which the scope lacks")
        (low, high), (least, most) = scope.outputs, scope.softmax_outputs
        if max(low, least) > min(high or math.inf, most or math.inf):
            heads = tuple(head for head in heads if head[0] != "softmax")
        if not heads:
            given = f"outputs {_words(scope.outputs)} and classes {_words(scope.softmax_outputs)}"
            raise OutOfScope(f"a softmax has no number of outputs where the scope has {given}")
        return heads

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Case]:
        """Cases of the recipe within the scope.

        Raises: OutOfScope saying what the scope lacks.
        """
        space = self.space(scope, precision)
        if space.architectures is not None:
            fitting = tuple(a for a in space.architectures if space.admits(a, space.rows[0]))
            if not fitting:
                first = space.outside(space.architectures[0], space.rows[0])
                raise OutOfScope(f"none of the scope's architectures fits: {first}")
            space = replace(space, architectures=fitting)
        kinds = _possible(space, self.kinds)
        every = len(space.architectures or space.units)
        cells = {kind: every for kind in kinds if kind in self.required}
        cells |= {kind: len(sweeps(space)) for kind in cells if kind == "sweep"}
        return _cases(space, _shares(kinds, cells))


def _possible(space: Space, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds that there is room for; of a frozen network those that leave its parameters."""
    if space.frozen:
        kinds = tuple(kind for kind in kinds if kind not in (*KINDS, "sweep")) or (OWN,)
    room = {
        OWN: bool(space.own) and space.grid is None,
        "saturated units": space.hidden_layers[1] > 0,
        "uneven weights": space.sample_weights,
        "soft targets": bool(softer(space).heads),
        "large": bool(larger(space)) if space.whole is None else has_large(space),
    }
    return tuple(kind for kind in kinds if room.get(kind, True))


def _shares(kinds: tuple[str, ...], cells: dict[str, int]) -> dict[str, int]:
    """How often each kind is to come up in a run: once for each of its cells, the others evenly.

    cells: of the kinds that must meet every activation, how many they have to meet
    """
    rest = (RUN - sum(cells.values())) // max(1, len(kinds) - len(cells))
    return {kind: max(cells.get(kind, 1), rest) for kind in kinds}


def networks(sweep: bool = False, **demands: Any) -> Networks:
    """The recipe of a law's networks, with or without the kind "sweep"; see `Networks`."""
    if sweep:
        demands |= {"kinds": (*USUAL, "sweep"), "required": (*REQUIRED, "sweep")}
    return Networks(**demands)


def _meet(what: str, demand: Range, scope: Range) -> Limits:
    low = max(demand[0], scope[0])
    high = min(math.inf if most is None else most for most in (demand[1], scope[1]))
    if low > high:
        raise OutOfScope(f"the law needs {what} {_words(demand)}, the scope has {_words(scope)}")
    return low, high


def _small(limits: Limits, most: int) -> tuple[int, int]:
    """The part of a range that most cases are drawn from."""
    low, high = limits
    return low, int(min(high, max(most, low)))


def _words(limits: Range) -> str:
    low, high = limits
    return f"{low} or more" if high is None else f"{low} to {high}" if high > low else f"{low}"


def _common(demand: tuple[Any, ...] | None, scope: tuple[Any, ...]) -> tuple[Any, ...]:
    if demand is None:
        return scope
    return tuple(name for name in demand if name in scope)


@st.composite
def _cases(draw: DrawFn, space: Space, kinds: dict[str, int]) -> Case:
    """Structure first, which Hypothesis shrinks; then a seed decides all the rest."""
    kind = in_turn(draw, "kind", tuple(kinds), tuple(kinds.values()))
    drawn, rows = structure(draw, space, kind)
    rng = np.random.default_rng(draw(SEEDS))
    if kind == "sweep":
        return _swept(rng, space, drawn, rows)
    architecture = drawn if space.closed else extended(space, drawn, rng)
    if kind == OWN or space.frozen:
        own = space.own[architecture]
        parameters, inputs = filled(rng, architecture, rows, space.precision, own)
    else:
        fill = KINDS.get(kind, KINDS["general position"])
        parameters, inputs = fill(rng, architecture, rows, space.precision)
        _override(parameters, rng, 2 if architecture.biases else 1)
    weights = None
    if kind == "uneven weights":
        weights = uneven_weights(rng, rows)
    elif space.sample_weights and rng.integers(4) == 0:
        weights = rng.integers(1, 8, rows) / 4.0
    aims = soft_targets if kind == "soft targets" else targets
    return NetworkCase(
        architecture=architecture,
        parameters=[Layer(_rounded(space, w), _rounded(space, b)) for w, b in parameters],
        inputs=space.precision.round(inputs),
        targets=space.precision.round(aims(rng, architecture, rows)),
        space=space,
        sample_weights=weights,
        kind=kind,
    )


def _swept(rng: np.random.Generator, space: Space, a: Architecture, rows: int) -> Case:
    parameters, inputs = swept(rng, a, rows, space.precision)
    aims = one_sided(a, rows) if a.hidden_layers else targets(rng, a, rows)
    return NetworkCase(a, parameters, inputs, space.precision.round(aims), space, kind="sweep")


def _rounded(space: Space, values: Array) -> Array:
    if space.grid is None:
        return space.precision.round(values)
    return np.asarray(np.clip(np.round(values * 2.0**space.grid) / 2.0**space.grid, -8, 8))


def _override(parameters: Parameters, rng: np.random.Generator, parts: int) -> None:
    """Set up to two entries of the parameters, weights alone or both parts, to corners."""
    for _ in range(rng.integers(3)):
        array = parameters[rng.integers(len(parameters))][rng.integers(parts)]
        array.flat[rng.integers(array.size)] = rng.choice(OVERRIDES)
