"""The optimizers: what they are called, what they remember, and which published form is meant.

| name             | remembers               | moves against                            |
|------------------|-------------------------|------------------------------------------|
| gradient_descent | nothing                 | g                                        |
| momentum         | v' = mu v + (1 - d) g   | v'                                       |
| nesterov         | v' = mu v + (1 - d) g   | g + mu v', or v' with g taken at w - lr mu v |
| rmsprop          | s' = rho s + (1-rho) g² | g / (sqrt s' + eps), or g / sqrt(s' + eps) |
| adam             | both, with corrections  | m / (sqrt s + eps)                       |

Sources: Polyak 1964 (momentum); Sutskever, Martens, Dahl, Hinton, ICML 2013 (nesterov, taken at the
point ahead); Kingma and Ba, arXiv 1412.6980 (adam); Loshchilov and Hutter, arXiv 1711.05101
(decoupled decay).
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any, NamedTuple

import numpy as np

from refnet.architecture import Layer, Parameters
from refnet.conventions import Conventions
from refnet.legal import AT_LEAST_ZERO, BELOW_ONE, check_fields, shown

OPTIMIZERS = ("gradient_descent", "momentum", "nesterov", "rmsprop", "adam")


@dataclass(frozen=True)
class Optimizer:
    """w' = w - learning_rate * direction, with a direction that depends on the name

    `weight_decay` adds weight_decay * w to the gradient; where `decoupled`, it shrinks w by
    learning_rate * weight_decay * w instead, in the manner of AdamW.

    Raises: ValueError naming the field, the rule and the value.
    """

    name: str
    learning_rate: Annotated[float, AT_LEAST_ZERO]
    momentum: Annotated[float, BELOW_ONE] = 0.0
    beta1: Annotated[float, BELOW_ONE] = 0.9
    beta2: Annotated[float, BELOW_ONE] = 0.999
    rho: Annotated[float, BELOW_ONE] = 0.9
    epsilon: Annotated[float, AT_LEAST_ZERO] = 1e-8
    weight_decay: Annotated[float, AT_LEAST_ZERO] = 0.0
    decoupled: bool = False

    def __post_init__(self) -> None:
        check_fields(self, Optimizer)
        if type(self.name) is not str or self.name not in OPTIMIZERS:
            raise ValueError(f"name={shown(self.name)}: choose one of {', '.join(OPTIMIZERS)}")
        if self.momentum and self.name not in ("momentum", "nesterov"):
            raise ValueError(
                f"momentum={self.momentum!r} with name={self.name!r}: "
                "only momentum and nesterov use it"
            )


class State(NamedTuple):
    """What an optimizer remembers after so many steps: a velocity, and mean squares.

    Both are like the parameters, in plain numbers or in balls.
    """

    steps: int
    velocity: list[Layer[Any]]
    squares: list[Layer[Any]]


def initial_state(parameters: Parameters) -> State:
    """Zeros, of the parameters' shapes, before the first step."""
    zeros = [Layer(np.zeros_like(w), np.zeros_like(b)) for w, b in parameters]
    return State(0, zeros, zeros)


_CHOICES = {
    "momentum": {"momentum_rate": ("outside", "inside")},
    "nesterov": {
        "nesterov": ("sutskever", "lookahead"),
        "momentum_rate": ("outside", "inside"),
    },
    "rmsprop": {"rmsprop_epsilon": ("outside", "inside")},
    "adam": {"adam_epsilon": ("outside", "uncorrected")},
}


def variants(optimizer: Optimizer, conventions: Conventions) -> list[Conventions]:
    """Every published form that the conventions leave open for this optimizer, each resolved.

    The first is what plain arithmetic uses: the gradient at the parameters themselves (nesterov),
    the rate outside the velocity, and epsilon beside the root, after Adam's corrections.
    """
    open_choices = {
        field: forms
        for field, forms in _CHOICES.get(optimizer.name, {}).items()
        if getattr(conventions, field) == "either"
    }
    if not open_choices:
        return [conventions]
    settings = [
        dict(zip(open_choices, forms, strict=True)) for forms in product(*open_choices.values())
    ]
    return [replace(conventions, **setting) for setting in settings]  # type: ignore[arg-type]


def resolved(optimizer: Optimizer, conventions: Conventions) -> Conventions:
    """The conventions with the default form wherever they say "either"."""
    return variants(optimizer, conventions)[0]
