"""PyTorch's modules for an architecture, set to given parameters; arrays in and out of tensors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from refnet.architecture import Architecture, Array, Layer, Parameters

ACTIVATIONS: dict[str, Callable[[], Any]] = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
    "softmax": partial(nn.Softmax, dim=-1),
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}
"""The modules of the activations; of `exp` PyTorch has the function alone."""


@dataclass(frozen=True)
class Form:
    """What the tensors are: their dtype, and the device where they lie."""

    dtype: Any
    device: str

    def tensor(self, array: Any) -> Any:
        """A tensor with these numbers, in memory of its own."""
        return torch.tensor(array, dtype=self.dtype, device=self.device)

    def layers(self, linears: list[Any], part: Callable[[Any], Any]) -> Parameters:
        """What a part of each weight and bias is, its value or its gradient, as layers."""
        return [
            Layer(array(part(one.weight)).T, None if one.bias is None else array(part(one.bias)))  # type: ignore[arg-type]
            for one in linears
        ]


def array(tensor: Any) -> Array:
    """The numbers of a tensor in memory of their own; NumPy has no bfloat16, float32 holds them."""
    held = tensor.detach().cpu()
    values: Array = (held.float() if held.dtype == torch.bfloat16 else held).numpy().copy()
    return values


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """PyTorch's generators started from a seed, and put back."""
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_available():  # torch.manual_seed notes a stack for each GPU to come
            torch.cuda.manual_seed_all(seed)
        yield


def network(architecture: Architecture, parameters: Parameters, form: Form) -> Any:
    """The network at these parameters, in evaluation: blocks of hidden layers, and a Linear."""
    a = architecture
    made = _made(a.widths, a.activations, a.dropout, form).eval()
    made.zero_grad()
    set_parameters(linears(made), parameters, form)
    return made


def set_parameters(linears: list[Any], parameters: Parameters, form: Form) -> None:
    """Give the layers these parameters; `nn.Linear` has the transpose of the weights."""
    with torch.no_grad():
        for one, (weights, biases) in zip(linears, parameters, strict=True):
            one.weight.copy_(form.tensor(weights.T))
            if one.bias is not None:
                one.bias.copy_(form.tensor(biases))


def linears(module: Any) -> list[Any]:
    """The Linear layers of a module, in the order in which it has them."""
    return [part for part in module.modules() if isinstance(part, nn.Linear)]


@lru_cache(maxsize=64)
def _made(widths: tuple[int, ...], names: tuple[str, ...], dropout: float, form: Form) -> Any:
    """The network of these widths, which is set before each use: it takes long to make."""
    with seeded(0):
        made = [nn.Linear(*pair, dtype=form.dtype, device=form.device) for pair in pairwise(widths)]
    hidden = [
        nn.Sequential(linear, _activation(name), nn.Dropout(dropout))
        for linear, name in zip(made[:-1], names, strict=True)
    ]
    return nn.Sequential(*hidden, made[-1])


def _activation(name: str) -> Any:
    return _Exp() if name == "exp" else ACTIVATIONS[name]()


class _Exp(nn.Module):  # type: ignore[misc]
    """torch.exp as a module."""

    def forward(self, logits: Any) -> Any:
        return torch.exp(logits)
