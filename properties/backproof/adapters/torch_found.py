"""What a module of a user's does with its layers: found by hooks, in the order of the calls.

A layer is a part with a weight (fan_out, fan_in) and perhaps a bias of its own, be it an nn.Linear
or not.
"""

from typing import Any

import torch

from backproof.adapters.own_found import Chain, Trace
from backproof.adapters.torch_modules import array
from backproof.contract import NotSupported


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
    layers = [part for part, *_ in calls]
    entering, leaving = ([array(call[place]) for call in calls] for place in (1, 2))
    shapes = [(one.weight.shape[1], one.weight.shape[0]) for one in layers]
    biases = layers[0].bias is not None
    return Trace(Chain(layers, shapes, biases), entering, leaving, array(outputs))


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
