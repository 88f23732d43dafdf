"""Where cases are drawn: what a law demands, within what a subject can express."""

from dataclasses import dataclass

from hypothesis.strategies import DrawFn

from backproof.cases.turns import among
from refnet.architecture import Architecture
from refnet.rounding.precision import Precision


@dataclass(frozen=True)
class Space:
    """What may be drawn: the law's demands within the subject's scope. Ranges are closed."""

    activations: tuple[str, ...]
    heads: tuple[tuple[str, str], ...]
    hidden_layers: tuple[int, int]
    features: tuple[int, int]
    hidden_widths: tuple[int, int]
    outputs: tuple[int, int]
    softmax_outputs: tuple[int, int]
    rows: tuple[int, int]
    sizes: tuple[int, ...]
    l2: bool
    sample_weights: bool
    label_smoothing: bool
    mixed: bool
    grid: int | None
    precision: Precision
    architectures: tuple[Architecture, ...] | None

    def admits(self, architecture: Architecture, rows: int) -> bool:
        """Whether a case of this architecture and so many rows lies in the space."""
        widths = architecture.widths
        if architecture.head not in self.heads or (architecture.l2 and not self.l2):
            return False
        if architecture.label_smoothing and not self.label_smoothing:
            return False
        if not set(architecture.activations) <= set(self.activations):
            return False
        within = [
            (architecture.hidden_layers, self.hidden_layers),
            (widths[0], self.features),
            (widths[-1], self.outputs_of(architecture.output)),
            (rows, self.rows),
            *((width, self.hidden_widths) for width in widths[1:-1]),
        ]
        return all(low <= value <= high for value, (low, high) in within)

    def outputs_of(self, output: str) -> tuple[int, int]:
        """The least and the most outputs of a head with this output activation."""
        if output != "softmax":
            return self.outputs
        (low, high), (least, most) = self.outputs, self.softmax_outputs
        return max(low, least), min(high, most)

    def size(self, draw: DrawFn, limits: tuple[int, int]) -> int:
        """A width or a number of rows, small ones first."""
        low, high = limits
        fitting = tuple(s for s in self.sizes if low <= s <= high) or (low,)
        size: int = draw(among(fitting)) if len(fitting) > 1 else fitting[0]
        return size
