"""The programs of Flax: `nnx.Sequential` of Linear, an activation and Dropout, `nnx.Optimizer`.

Its functions are those of `jax_programs.py`.
"""

from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from backproof.adapters.jax_programs import STARTS, Pairs
from backproof.adapters.optax_parts import Form, mean_loss, optimizer
from refnet.architecture import Architecture


def _activation(name: str) -> Any:
    return jnp.exp if name == "exp" else getattr(nnx, name)


def made(architecture: Architecture, given: Pairs) -> Any:
    """The network at these parameters."""
    a = architecture
    net = _made(a.widths, a.activations, a.dropout, given[0][0].dtype)
    for linear, (weights, biases) in zip(_linears(net), given, strict=True):
        linear.kernel[...], linear.bias[...] = jnp.asarray(weights), jnp.asarray(biases)
    return net


@lru_cache(maxsize=64)
def _made(widths: tuple[int, ...], names: tuple[str, ...], rate: float, dtype: Any) -> Any:
    """The network of these widths, which is set before each use: it takes long to make."""
    own = {"dtype": dtype, "param_dtype": dtype, "kernel_init": nnx.initializers.zeros}
    linears = [nnx.Linear(*pair, **own, rngs=nnx.Rngs(0)) for pair in pairwise(widths)]
    hidden = [
        part
        for linear, name in zip(linears[:-1], names, strict=True)
        for part in (linear, _activation(name), nnx.Dropout(rate))
    ]
    return nnx.Sequential(*hidden, linears[-1])


def _linears(net: Any) -> list[Any]:
    return [part for part in net.layers if isinstance(part, nnx.Linear)]


def pairs(net: Any) -> Pairs:
    """The parameters of a network, or of what has its form."""
    layers = nnx.to_pure_dict(nnx.state(net, nnx.Param))["layers"]
    return [(one["kernel"], one["bias"]) for _, one in sorted(layers.items())]


def _logits(net: Any, x: Any, key: Any) -> Any:
    """Those of all rows, with dropout where there is a key."""
    if key is None:
        return _evaluated(net)(x)
    return net(x, rngs=nnx.Rngs(dropout=key))


def _evaluated(net: Any) -> Any:
    return nnx.view(net, raise_if_not_found=False, deterministic=True)


def _mean_loss(net: Any, form: Form, x: Any, y: Any, numbers: Any, key: Any) -> Any:
    return mean_loss(form, _logits(net, x, key), y, numbers)


@partial(nnx.jit, static_argnums=0)
def passed(form: Form, net: Any, x: Any) -> Any:
    """What each hidden layer gives, and the network after its output activation."""
    found = []
    for part in _evaluated(net).layers:
        x = part(x)
        if isinstance(part, nnx.Dropout):
            found.append(x)
    return [*found, _activation(form[1][0])(x)]


@partial(nnx.jit, static_argnums=0)
def dropped(form: Form, net: Any, x: Any, key: Any) -> Any:
    """What the network gives with dropout, after its output activation."""
    return _activation(form[1][0])(_logits(net, x, key))


@partial(nnx.jit, static_argnums=0)
def slope(form: Form, net: Any, x: Any, y: Any, numbers: Any, key: Any = None) -> Any:
    """The mean loss and its derivative by the parameters, in the form of the network."""
    return nnx.value_and_grad(_mean_loss)(net, form, x, y, numbers, key)


def begun(kind: str, numbers: dict[str, Any], net: Any) -> Any:
    """What an optimizer remembers before its first step."""
    return nnx.state(nnx.Optimizer(net, optimizer(kind, numbers), wrt=nnx.Param))


@partial(nnx.jit, static_argnums=0)
def stepped(kind: str, numbers: dict[str, Any], state: Any, net: Any, gradient: Any) -> Any:
    """The network after a step, and what the optimizer remembers then.

    The optimizer is made anew in the program, because its numbers belong to the call.
    """
    own = nnx.Optimizer(net, optimizer(kind, numbers), wrt=nnx.Param)
    nnx.update(own, state)
    own.update(net, gradient)
    return net, nnx.state(own)


@partial(jax.jit, static_argnums=(0, 1, 2))
def started(initializer: str, shape: tuple[int, int], dtype: Any, key: Any) -> tuple[Any, Any]:
    """New weights and biases of a layer, from a key."""
    start = {"param_dtype": dtype, "kernel_init": STARTS[initializer]}
    linear: Any = nnx.Linear(*shape, **start, rngs=nnx.Rngs(key))
    return linear.kernel[...], linear.bias[...]
