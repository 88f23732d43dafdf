"""Networks taken apart and put together, for the laws on what a network is composed of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from backproof.cases.case import Case
from backproof.cases.networks import Networks
from backproof.cases.pool import some
from backproof.cases.recipe import Drawn, MadeOfCases, OutOfScope, Recipe
from backproof.cases.space import Space
from backproof.cases.turns import SEEDS, among
from backproof.contract import Declared, Scope
from refnet.architecture import Array, Layer
from refnet.rounding.precision import Precision

LINEAR = ("identity", "squared_error")
WIDTHS_BETWEEN = (1, 2, 3, 4, 5, 8)


@dataclass(frozen=True)
class Apart(Networks):
    """Networks of which the scope also has every part: each layer, and each unit, by itself."""

    def space(self, scope: Scope, precision: Precision) -> Space:
        """The recipe within a scope.

        Raises: OutOfScope where the parts lie outside.
        """
        if scope.architectures is not None:
            raise OutOfScope("the law takes networks apart, and the scope has only certain ones")
        if scope.hidden_layers[0] > 0 or scope.widths[0] > 1:
            raise OutOfScope("the law needs networks without hidden layer, and layers of one unit")
        return super().space(scope, precision)


def apart(**demands: Any) -> Apart:
    """The recipe of networks that a law takes apart; see `Networks` for the demands."""
    return Apart(**demands)


def layers_alone(
    case: Case, first: int, last: int, inputs: Array, head: tuple[str, str] | None = None
) -> Case:
    """The layers first, ..., last - 1 of a network, as a network of their own on these inputs.

    Where the last of them was hidden, it becomes the output of a head with its activation.
    """
    a = case.architecture
    widths = a.widths[first : last + 1]
    output, loss = head or a.head
    hidden = a.activation if isinstance(a.activation, str) else a.activations[first : last - 1]
    return replace(
        case,
        architecture=replace(a, widths=widths, activation=hidden, output=output, loss=loss),
        parameters=case.parameters[first:last],
        inputs=inputs,
        targets=case.targets if head is None else np.zeros((len(inputs), widths[-1])),
    )


def hidden_layer_alone(case: Case, place: int, inputs: Array, units: slice = slice(None)) -> Case:
    """Units of a hidden layer as a network with one hidden layer, whose output is zero."""
    a, (weights, biases) = case.architecture, case.parameters[place]
    chosen = Layer(weights[:, units], biases[units])
    silent = Layer(np.zeros((len(chosen.biases), a.widths[-1])), np.zeros(a.widths[-1]))
    widths = (a.widths[place], len(chosen.biases), a.widths[-1])
    one = replace(a, widths=widths, activation=a.activations[place])
    return replace(case, architecture=one, parameters=[chosen, silent], inputs=inputs)


@dataclass(frozen=True, eq=False)
class Composition(Drawn):
    """Two networks, the second of which takes in the outputs of the first, and the longer network.

    The inputs of `second` are still to be replaced by the outputs of `first`.
    """

    first: Case
    second: Case
    whole: Case

    @property
    def met(self) -> tuple[str, ...]:
        """What the longer network is an example of."""
        return self.whole.met

    def literal(self) -> dict[str, Any]:
        """The inputs and the three networks as plain values, each by its own name."""
        shown: dict[str, Any] = {"inputs": self.first.literal()["inputs"]}
        for name in ("first", "second", "whole"):
            words = getattr(self, name).literal()
            shown[f"{name}.architecture"] = words["architecture"]
            for place, layer in enumerate(words["parameters"]):
                for field, values in layer.items():
                    shown[f"{name}.parameters[{place}].{field}"] = values
        return shown

    def simpler(self) -> Iterator[Self]:
        """The composition with one row of inputs."""
        space, rows = self.whole.space, len(self.whole.inputs)
        for row in range(rows if rows > max(space.rows[0], 1) and space.whole is None else 0):
            first, second, whole = (
                replace(case, inputs=case.inputs[[row]], targets=case.targets[[row]])
                for case in (self.first, self.second, self.whole)
            )
            yield replace(self, first=first, second=second, whole=whole)


@dataclass(frozen=True)
class Compositions(Apart):
    """The recipe: a longer network, cut where one of two things joins its parts.

    Either a hidden layer whose activation is also an output, or a linear output that the next
    network's first layer takes in; there the longer network has the product of the two matrices,
    which small whole numbers make exact.
    """

    plain: bool = True
    few: int | None = 1

    def space(self, scope: Scope, precision: Precision) -> Space:
        """The recipe within a scope.

        Raises: OutOfScope where it has no joint.
        """
        space = super().space(scope, precision)
        if _between(space, scope):
            return space
        outputs = [output for output, _ in space.heads]
        names = tuple(name for name in space.activations if name in outputs)
        low, high = space.hidden_widths
        wide = max(low, scope.outputs[0]), min(high, scope.outputs[1] or high)
        deep = max(1, space.hidden_layers[0]), space.hidden_layers[1]
        if not names or wide[0] > wide[1] or deep[0] > deep[1]:
            raise OutOfScope("the law needs a linear output, or one that is a hidden activation")
        return replace(space, activations=names, hidden_widths=wide, hidden_layers=deep)


@dataclass(frozen=True)
class Composed(MadeOfCases):
    """The recipe of `Compositions`, as an argument of a law."""

    cases: Recipe = Compositions()

    def strategy(
        self, scope: Scope, precision: Precision, conventions: Declared
    ) -> SearchStrategy[Composition]:
        """Compositions that the scope can express.

        Raises: OutOfScope saying what it lacks.
        """
        return _compositions(self.cases.strategy(scope, precision, conventions), scope)


@st.composite
def _compositions(draw: DrawFn, wholes: SearchStrategy[Case], scope: Scope) -> Composition:
    whole = draw(wholes)
    joints, widths = _joints(whole, scope), _between(whole.space, scope)
    merged = not joints or (bool(widths) and draw(among((False, True))))
    if not merged:
        cut, head = draw(among(joints))
        first = layers_alone(whole, 0, cut, whole.inputs, head)
        nothing = np.zeros((len(whole.inputs), whole.architecture.widths[cut]))
        return Composition(first, layers_alone(whole, cut, len(whole.parameters), nothing), whole)
    cut = draw(among(tuple(range(len(whole.parameters)))))
    return _merged(whole, cut, draw(among(some(whole.space, widths))), draw(SEEDS))


def _between(space: Space, scope: Scope) -> tuple[int, ...]:
    """The widths that a linear output between two networks may have."""
    if LINEAR not in space.heads:
        return ()
    most = min(scope.widths[1] or 8, scope.outputs[1] or 8)
    return tuple(width for width in WIDTHS_BETWEEN if scope.outputs[0] <= width <= most)


def _joints(whole: Case, scope: Scope) -> tuple[tuple[int, tuple[str, str]], ...]:
    """The hidden layers that can end a network of their own, each with the head that ends it."""
    a, (low, high) = whole.architecture, scope.outputs
    classes, most = scope.softmax_outputs
    heads = {head[0]: head for head in reversed(whole.space.heads)}
    return tuple(
        (cut, heads[name])
        for cut, name in enumerate(a.activations, start=1)
        if name in heads
        and low <= a.widths[cut] <= (high or 10**9)
        and (name != "softmax" or classes <= a.widths[cut] <= (most or 10**9))
    )


def _merged(whole: Case, cut: int, width: int, seed: int) -> Composition:
    """The longer network with layer `cut` replaced by a product of two, which are not activated."""
    a, rng = whole.architecture, np.random.default_rng(seed)
    fan_in, fan_out = a.shapes[cut]
    shapes = (fan_in, width), (width,), (width, fan_out), (fan_out,)
    M, c, N, b = (rng.integers(-2, 3, shape).astype(np.float64) for shape in shapes)
    c, b = a.biases * c, a.biases * b
    before, after = whole.parameters[:cut], whole.parameters[cut + 1 :]
    middle = np.zeros((len(whole.inputs), width))
    first = replace(
        whole,
        architecture=replace(
            a, widths=(*a.widths[: cut + 1], width), output=LINEAR[0], loss=LINEAR[1]
        ),
        parameters=[*before, Layer(M, c)],
        targets=middle,
    )
    second = replace(
        whole,
        architecture=replace(a, widths=(width, *a.widths[cut + 1 :])),
        parameters=[Layer(N, b), *after],
        inputs=middle,
    )
    return Composition(
        first, second, whole.with_parameters([*before, Layer(M @ N, c @ N + b), *after])
    )
