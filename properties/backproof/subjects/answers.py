"""What a subject said, beside the ball of what it may say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backproof.reports.row import Finding
from backproof.subjects.failures import SubjectError
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.arithmetic import Ball

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What the subject said, beside the ball of what it may say.

    value: the answer as float64; expected, radius: the engine's value and the largest legal
    distance from it; of: what was asked for, in the words of the contract and of the scope
    """

    value: Array
    _ball: Callable[[], Ball]
    of: tuple[str, ...] = ()

    def __getitem__(self, index: Any) -> "Answer":
        """A part of the answer, with the same part of its ball."""
        return Answer(
            self.value[index], lambda: Ball(self.expected[index], self.radius[index]), self.of
        )

    def with_value(self, value: Array) -> "Answer":
        """Another answer to the same question, beside the same ball."""
        return Answer(value, lambda: self.ball, self.of)

    @cached_property
    def ball(self) -> Ball:
        """The ball, computed when a law first asks for it."""
        return self._ball()

    @property
    def expected(self) -> Array:
        """The engine's value."""
        return self.ball.value

    @property
    def radius(self) -> Array:
        """The largest legal distance from the engine's value."""
        return np.asarray(self.ball.radius)

    @property
    def astray(self) -> NDArray[np.bool_]:
        """Where it lies outside its ball: there the value itself is wrong."""
        radius = self.radius
        with np.errstate(invalid="ignore"):  # what overflows has no bound to lie outside of
            inside = np.abs(self.value - self.expected) <= radius
        return np.isfinite(radius) & ~inside


def checked_answer(
    name: str, value: Any, ball: Callable[[], Ball], of: tuple[str, ...] = ()
) -> Answer:
    """The answer, once every number is finite that must be: nan is legal where any value is.

    Raises: SubjectError naming the entry.
    """
    answer = Answer(np.asarray(value), ball, of or (name,))
    usual = np.isfinite(answer.value)
    if not usual.all():  # legal only where the precision itself overflows
        worst = ~usual & np.isfinite(answer.radius)
        if np.any(worst):
            at = [int(i) for i in np.argwhere(worst)[0]]
            value, expected = float(answer.value[tuple(at)]), float(answer.expected[tuple(at)])
            what = f"{name}{at if at else ''} is {value}, expected {expected!r}"
            raise SubjectError(Finding(kind="error", what=what, at=at, expected=expected))
    return answer


def checked_list(name: str, values: list[Any], balls: Callable[[], list[Ball]]) -> list[Answer]:
    """An answer for each array, with the balls computed once, when a law first asks for one."""
    found = _lazy(balls)
    return [
        checked_answer(f"{name}[{i}]", v, partial(_entry, found, i), (name,))
        for i, v in enumerate(values)
    ]


def checked_layers(
    name: str,
    layers: list[Any],
    balls: Callable[[], list[Layer[Ball]]],
    of: tuple[str, ...] = (),
) -> list[Layer[Answer]]:
    """Answers for the weights and the biases of each layer, with the balls computed once."""
    found, of = _lazy(balls), of or (name,)

    def part(place: int, which: str, value: Any) -> Answer:
        ball = partial(_entry, found, place, which)
        return checked_answer(f"{name}[{place}].{which}", value, ball, of)

    return [
        Layer(part(i, "weights", weights), part(i, "biases", biases))
        for i, (weights, biases) in enumerate(layers)
    ]


def parts(architecture: Architecture, name: str, layers: list[Layer[T]]) -> Iterator[tuple[str, T]]:
    """The weights of each layer, and the biases where it has any, as in "gradient[0].weights"."""
    for place, layer in enumerate(layers):
        for part in Layer._fields if architecture.biases else ("weights",):
            yield f"{name}[{place}].{part}", getattr(layer, part)


def finite(name: str, layers: list[Any]) -> Parameters:
    """The layers themselves, once every number in them is finite."""
    for place, layer in enumerate(layers):
        for part, array in zip(Layer._fields, layer, strict=True):
            wrong = np.argwhere(~np.isfinite(array))
            if len(wrong):
                at = [int(i) for i in wrong[0]]
                what = f"{name}[{place}].{part}{at} is {array[tuple(at)]}"
                raise SubjectError(Finding(kind="error", what=what, at=at))
    return [Layer(weights, biases) for weights, biases in layers]


def _lazy(make: Callable[[], Any]) -> Callable[[], Any]:
    """The same value, computed once, when it is first asked for."""
    made: list[Any] = []

    def get() -> Any:
        if not made:
            made.append(make())
        return made[0]

    return get


def _entry(found: Callable[[], Any], place: int, part: str = "") -> Ball:
    """One ball of a list of balls, or of a list of layers of them."""
    entry: Ball = getattr(found()[place], part) if part else found()[place]
    return entry
