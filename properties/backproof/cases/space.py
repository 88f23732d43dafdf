"""Where cases are drawn: what a law demands, within what a subject can express."""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from hypothesis.strategies import DrawFn

from backproof.cases.turns import among
from refnet.architecture import Architecture, Parameters
from refnet.rounding.precision import Precision

Limits = tuple[int, float]
"""A closed range; infinity where there is no limit."""


N = TypeVar("N", int, float)


def _outputs_of(output: str, outputs: tuple[int, N], softmax: tuple[int, N]) -> tuple[int, N]:
    """The range of outputs that a head with this output activation has."""
    if output != "softmax":
        return outputs
    (low, high), (least, most) = outputs, softmax
    return max(low, least), min(high, most)


class Room(NamedTuple):
    """What the law's demands leave of the subject's scope, which may be more than is drawn."""

    hidden_layers: Limits
    features: Limits
    hidden_widths: Limits
    outputs: Limits
    softmax_outputs: Limits
    rows: Limits

    def outputs_of(self, output: str) -> Limits:
        """The least and the most outputs of a head with this output activation."""
        return _outputs_of(output, self.outputs, self.softmax_outputs)


@dataclass(frozen=True, eq=False)
class Space:
    """What may be drawn: the law's demands within the subject's scope. Ranges are closed.

    The ranges are those of most cases, which are small; `room` is all that there is. Where every
    new shape is dear, `whole` is the space of no demands, whose pool the laws share, and `few` how
    many shapes of it a law takes, if not all.
    """

    activations: tuple[str, ...]
    heads: tuple[tuple[str, str], ...]
    hidden_layers: tuple[int, int]
    features: tuple[int, int]
    hidden_widths: tuple[int, int]
    outputs: tuple[int, int]
    softmax_outputs: tuple[int, int]
    rows: tuple[int, int]
    room: Room
    sizes: tuple[int, ...]
    biases: bool
    l2: bool
    sample_weights: bool
    soft_targets: bool
    label_smoothing: bool
    mixed: bool
    dropout: bool
    grid: int | None
    precision: Precision
    architectures: tuple[Architecture, ...] | None
    own: dict[Architecture, Parameters]
    frozen: bool
    whole: "Space | None"
    few: int | None

    @property
    def closed(self) -> bool:
        """Whether no architectures may be asked for but those that are drawn."""
        return self.architectures is not None or self.whole is not None

    @property
    def units(self) -> tuple[str | None, ...]:
        """What hidden layers may be made of, None being no hidden layer at all."""
        low, high = self.hidden_layers
        return (None,) * (low == 0) + (self.activations if high else ())

    def admits(self, architecture: Architecture, rows: int) -> bool:
        """Whether a case of this architecture and so many rows lies in the space."""
        return not self.outside(architecture, rows)

    def outside(self, a: Architecture, rows: int) -> str:
        """In what a case of this architecture and so many rows lies outside the space, or ""."""
        if a.head not in self.heads:
            return f"its head is {' with '.join(a.head)}"
        if a.l2 and not self.l2:
            return f"its l2 is {a.l2}, and the law is about networks without a penalty"
        if a.label_smoothing and not self.label_smoothing:
            return f"its label_smoothing is {a.label_smoothing}"
        if others := set(a.activations) - set(self.activations):
            return f"its units are {' and '.join(sorted(others))}"
        within = {
            "hidden layers": (a.hidden_layers, self.room.hidden_layers),
            "features": (a.widths[0], self.room.features),
            "outputs": (a.widths[-1], self.room.outputs_of(a.output)),
            "rows": (rows, self.room.rows),
            "hidden units": (min(a.widths[1:-1], default=1), self.room.hidden_widths),
            "hidden units, at most": (max(a.widths[1:-1], default=1), self.room.hidden_widths),
        }
        odd = [n for n, (value, (low, high)) in within.items() if not low <= value <= high]
        return f"it has {within[odd[0]][0]} {odd[0]}" if odd else ""

    def outputs_of(self, output: str) -> tuple[int, int]:
        """The least and the most outputs of a head with this output activation."""
        return _outputs_of(output, self.outputs, self.softmax_outputs)

    def rows_up_to(self, most: int) -> int:
        """So many rows, or as near to that as the ranges allow."""
        return max(self.rows[0], min(self.rows[1], most))

    def size(self, draw: DrawFn, limits: tuple[int, int]) -> int:
        """A width or a number of rows, small ones first."""
        low, high = limits
        fitting = tuple(s for s in self.sizes if low <= s <= high) or (low,)
        size: int = draw(among(fitting)) if len(fitting) > 1 else fitting[0]
        return size
