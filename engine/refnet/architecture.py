"""What a feed-forward network is: its shape, its layers, and the words for them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from refnet.legal import ABOVE_ZERO, AT_LEAST_ZERO, BELOW_ONE, check_fields, shown

Array = NDArray[np.float64]

ACTIVATIONS = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "exp",
    "softmax", "gelu", "silu",
)  # fmt: skip

HEADS = (
    ("sigmoid", "cross_entropy"), ("softmax", "cross_entropy"), ("identity", "squared_error"),
    ("sigmoid", "squared_error"), ("softmax", "squared_error"), ("exp", "poisson"),
    ("identity", "huber"),
)  # fmt: skip

T = TypeVar("T")


class Layer(NamedTuple, Generic[T]):
    """inputs @ weights + biases, before the activation.

    The gradient of a layer is a layer; its bound is a layer of balls.

    Shapes: weights (fan_in, fan_out); biases (fan_out,). Leading axes make a stack of layers.
    """

    weights: T
    biases: T


Parameters = list[Layer[Array]]


@dataclass(frozen=True)
class Architecture:
    """f(x) = output(W_L a_{L-1} + b_L), a_l = activation(W_l a_{l-1} + b_l), a_0 = x

    `widths=(3, 7, 1)` is three features, seven hidden units and one output; `widths=(3, 1)` has
    no hidden layer. `activation` is one name, or one per hidden layer. `output` and `loss`
    together form the head. Without `biases` they are zeros, and so is the derivative by them.

    Units:  l2 multiplies the squared weights (half of them, unless declared); dropout is the share
            of hidden units dropped; delta is Huber's threshold.
    Raises: ValueError naming the field, the rule and the value.
    """

    widths: tuple[int, ...]
    activation: str | tuple[str, ...]
    output: str
    loss: str
    l2: Annotated[float, AT_LEAST_ZERO] = 0.0
    dropout: Annotated[float, BELOW_ONE] = 0.0
    label_smoothing: Annotated[float, BELOW_ONE] = 0.0
    delta: Annotated[float, ABOVE_ZERO] = 1.0
    biases: bool = True

    def __post_init__(self) -> None:
        check_fields(self, Architecture)
        _check_widths(self.widths)
        _check_activation(self.activation, len(self.widths) - 2)
        _check_head(self.output, self.loss, self.widths[-1])
        if self.label_smoothing and self.loss != "cross_entropy":
            raise ValueError(
                f"label_smoothing={self.label_smoothing!r} with loss={self.loss!r}: "
                "only cross_entropy smooths its targets"
            )

    @property
    def hidden_layers(self) -> int:
        """The number of hidden layers."""
        return len(self.widths) - 2

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The name of the function of each layer: the activations, then the output."""
        return (*self.activations, self.output)

    @property
    def activations(self) -> tuple[str, ...]:
        """The name of the activation of each hidden layer."""
        if isinstance(self.activation, str):
            return (self.activation,) * self.hidden_layers
        return self.activation

    @property
    def head(self) -> tuple[str, str]:
        """The pair (output, loss)."""
        return (self.output, self.loss)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The pair (fan_in, fan_out) of each layer."""
        return list(zip(self.widths[:-1], self.widths[1:], strict=True))


def _check_widths(widths: tuple[int, ...]) -> None:
    if not isinstance(widths, tuple):
        raise ValueError(f"widths={shown(widths)}: give a tuple, such as (3, 7, 1)")
    if len(widths) < 2:
        raise ValueError(f"widths={widths!r}: give at least two, the features and the outputs")
    for place, width in enumerate(widths):
        if type(width) is not int or not 1 <= width < 2**63:
            given = f"widths[{place}]={shown(width)}"
            raise ValueError(f"{given}: a width is a whole number of at least 1")


def _check_activation(activation: str | tuple[str, ...], hidden_layers: int) -> None:
    names = activation if isinstance(activation, tuple) else (activation,)
    if isinstance(activation, tuple) and len(names) != hidden_layers:
        raise ValueError(
            f"activation={shown(activation)}: {len(names)} names for {hidden_layers} hidden "
            "layers; give one name, or one per hidden layer"
        )
    for name in names:
        if type(name) is not str or name not in ACTIVATIONS:
            raise ValueError(f"activation={shown(name)}: choose one of {', '.join(ACTIVATIONS)}")


def _check_head(output: str, loss: str, outputs: int) -> None:
    if not (type(output) is type(loss) is str) or (output, loss) not in HEADS:
        known = ", ".join(f"{o} with {name}" for o, name in HEADS)
        given = f"output={shown(output)} with loss={shown(loss)}"
        raise ValueError(f"{given}: choose one of {known}")
    if output == "softmax" and outputs < 2:
        raise ValueError(f"output='softmax' with {outputs} output: softmax needs at least two")
