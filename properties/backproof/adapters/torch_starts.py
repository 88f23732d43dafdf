"""The starts of `torch.nn.init`; biases begin as nn.Linear draws them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import init

from backproof.adapters.torch_modules import Form
from backproof.contract import NotSupported
from refnet.architecture import Architecture
from refnet.training.initializers import PLAIN_CONSTANT, PLAIN_DEVIATION, PLAIN_LIMIT

STARTS: dict[str, Callable[[Any], Any]] = {
    "zeros": init.zeros_,
    "constant": partial(init.constant_, val=PLAIN_CONSTANT),
    "normal": partial(init.normal_, std=PLAIN_DEVIATION),
    "uniform": partial(init.uniform_, a=-PLAIN_LIMIT, b=PLAIN_LIMIT),
    "orthogonal": init.orthogonal_,
    "lecun_normal": partial(init.kaiming_normal_, nonlinearity="linear"),
    "lecun_uniform": partial(init.kaiming_uniform_, nonlinearity="linear"),
    "glorot_normal": init.xavier_normal_,
    "glorot_uniform": init.xavier_uniform_,
    "he_normal": partial(init.kaiming_normal_, nonlinearity="relu"),
    "he_uniform": partial(init.kaiming_uniform_, nonlinearity="relu"),
    "fan_in_uniform": lambda weight: weight,  # as nn.Linear has left it
}
"""What fills the weights of a new nn.Linear."""


def started(architecture: Architecture, initializer: str, form: Form) -> list[Any]:
    """New layers, one after another.

    Raises: NotSupported for an orthogonal start in half precision, which PyTorch has not.
    """
    if initializer == "orthogonal" and form.dtype in (torch.bfloat16, torch.float16):
        raise NotSupported("orthogonal_ has no code for half precision")
    layers = []
    for pair in architecture.shapes:
        layers.append(nn.Linear(*pair, dtype=form.dtype, device=form.device))
        STARTS[initializer](layers[-1].weight)
    return layers
