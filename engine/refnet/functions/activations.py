"""The activations by name, in the form that the conventions declare."""

from collections.abc import Callable

from refnet.conventions import STRICT, Conventions
from refnet.functions.elementwise import Activation, Facts
from refnet.functions.gated import GELU_ERF, GELU_TANH, SILU
from refnet.functions.kinked import RELU, SELU, elu, leaky_relu, softplus
from refnet.functions.smooth import EXP, IDENTITY, SIGMOID, TANH
from refnet.functions.softmax import SOFTMAX

TABLE: dict[str, Callable[[Conventions], Activation]] = {
    "identity": lambda conventions: IDENTITY,
    "sigmoid": lambda conventions: SIGMOID,
    "tanh": lambda conventions: TANH,
    "relu": lambda conventions: RELU,
    "leaky_relu": lambda conventions: leaky_relu(conventions.leaky_slope),
    "elu": lambda conventions: elu(conventions.elu_alpha),
    "selu": lambda conventions: SELU,
    "softplus": lambda conventions: softplus(conventions.softplus_threshold),
    "exp": lambda conventions: EXP,
    "softmax": lambda conventions: SOFTMAX,
    "gelu": lambda conventions: GELU_ERF if conventions.gelu == "erf" else GELU_TANH,
    "silu": lambda conventions: SILU,
}


def activation(name: str, conventions: Conventions) -> Activation:
    """The row of the table, in the form that the conventions declare."""
    return TABLE[name](conventions)


def names_where(holds: Callable[[Facts], bool]) -> tuple[str, ...]:
    """The names of the activations of whose strict form it holds, in the order of the table."""
    return tuple(name for name in TABLE if holds(activation(name, STRICT).facts))
