"""The activations by name, in the form that the conventions declare."""

from collections.abc import Callable

from refnet.conventions import Conventions
from refnet.functions.elementwise import Activation
from refnet.functions.kinked import RELU, SELU, elu, leaky_relu
from refnet.functions.smooth import (
    EXP,
    GELU_ERF,
    GELU_TANH,
    IDENTITY,
    SIGMOID,
    SILU,
    SOFTPLUS,
    TANH,
)
from refnet.functions.softmax import SOFTMAX

TABLE: dict[str, Callable[[Conventions], Activation]] = {
    "identity": lambda conventions: IDENTITY,
    "sigmoid": lambda conventions: SIGMOID,
    "tanh": lambda conventions: TANH,
    "relu": lambda conventions: RELU,
    "leaky_relu": lambda conventions: leaky_relu(conventions.leaky_slope),
    "elu": lambda conventions: elu(conventions.elu_alpha),
    "selu": lambda conventions: SELU,
    "softplus": lambda conventions: SOFTPLUS,
    "exp": lambda conventions: EXP,
    "softmax": lambda conventions: SOFTMAX,
    "gelu": lambda conventions: GELU_ERF if conventions.gelu == "erf" else GELU_TANH,
    "silu": lambda conventions: SILU,
}


def activation(name: str, conventions: Conventions) -> Activation:
    """The row of the table, in the form that the conventions declare.

    Raises: ValueError for a name that the table lacks.
    """
    if name not in TABLE:
        raise ValueError(f"activation={name!r}: the engine has {', '.join(TABLE)}")
    return TABLE[name](conventions)
