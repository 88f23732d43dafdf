"""What a module of a user's does with its layers: found by hooks, in the order of the calls.

A layer is a part with a weight (fan_out, fan_in) and perhaps a bias of its own, be it an nn.Linear
or not. What enters the next layer is what the activation before it gives, in whatever way the
module computes it; a dropout in between does nothing in evaluation.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

from backproof.adapters.torch_modules import array
from backproof.contract import NotSupported
from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.functions.activations import TABLE, activation
from refnet.rounding.arithmetic import plain, quiet

NEAR = 0.02
"""A median difference, beside 1 + |f(z)|, beyond which a function is another one.

The median is taken left and right of 0 apart, where many functions are the same on one side.
"""


class Trace(NamedTuple):
    """One pass: the layers in call order, what enters and leaves each, the outputs."""

    layers: list[Any]
    entering: list[Any]
    leaving: list[Any]
    outputs: Any


def traced(module: Any, inputs: Any) -> Trace:
    """The pass of these inputs through a module.

    Raises: NotSupported where the module is no chain of layers with weights of their own.
    """
    parts = _layers(module)
    calls: list[tuple[Any, Any, Any]] = []
    hooks = [
        part.register_forward_hook(lambda part, given, out: calls.append((part, given[0], out)))
        for part in parts
    ]
    try:
        with torch.no_grad():
            outputs = module(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if len(calls) != len(parts) or len({id(part) for part, *_ in calls}) != len(parts):
        raise NotSupported("a layer is called twice, or never: tied layers are not judged")
    layers, entering, leaving = (list(column) for column in zip(*calls, strict=True))
    return Trace(layers, entering, leaving, outputs)


def _layers(module: Any) -> list[Any]:
    """The parts that are layers; every parameter has to be of one of them."""
    found: list[Any] = []
    seen: set[int] = set()
    for name, part in module.named_modules():
        own = dict(part.named_parameters(recurse=False))
        if not own:
            continue
        if set(own) - {"weight", "bias"} or getattr(own.get("weight"), "ndim", 0) != 2:
            kind = type(part).__name__
            raise NotSupported(f"{name or 'the module'} is a {kind}: it has parameters of no layer")
        if seen & {id(one) for one in own.values()}:
            raise NotSupported(f"{name} shares its parameters: tied layers are not judged")
        seen |= {id(one) for one in own.values()}
        found.append(part)
    if not found:
        raise NotSupported("the module has no layer with a weight, such as nn.Linear")
    if len({part.bias is None for part in found}) > 1:
        raise NotSupported("some layers have biases and some have none; give all the same")
    return found


def widths(layers: list[Any]) -> tuple[int, ...]:
    """Features, hidden units and outputs.

    Raises: NotSupported where one layer does not take what the one before it gives.
    """
    shapes = [tuple(layer.weight.shape) for layer in layers]
    for (out, _), (_, into) in pairwise(shapes):
        if out != into:
            raise NotSupported(f"a layer gives {out} numbers and the next one takes {into}")
    return (shapes[0][1], *(out for out, _ in shapes))


def recognised(z: Any, units: Any, otherwise: str) -> str:
    """The name of the activation that makes units of logits, by its values.

    Raises: NotSupported where it is none that is known.
    """
    if z.shape == units.shape:
        logits, found = (array(one).astype(np.float64) for one in (z, units))
        distances = {name: _distance(name, logits, found) for name in TABLE}
        best = min(distances, key=lambda name: distances[name])
        if distances[best] <= NEAR:
            return best
    raise NotSupported(f"{otherwise} that is known")


@quiet
def _distance(name: str, logits: Array, found: Array) -> float:
    expected = plain(activation(name, Conventions()).value, logits)
    distances, left = np.abs(found - expected) / (1 + np.abs(expected)), logits < 0
    sides = [distances[side] for side in (left, ~left) if np.any(side)]
    distance = float(max(map(np.median, sides)))
    return distance if np.isfinite(distance) else np.inf
