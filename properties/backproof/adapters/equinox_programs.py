"""The programs of Equinox: `eqx.nn.Sequential` of Linear, Lambda and Dropout, and the usual step.

A network maps one row, and `jax.vmap` maps all of them. Its functions are those of
`jax_programs.py`.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from equinox import nn

from backproof.adapters.jax_programs import ACTIVATIONS, Pairs
from backproof.adapters.optax_parts import Form, mean_loss, optimizer
from refnet.architecture import Architecture

compiled: Callable[[Any], Any] = eqx.filter_jit

STARTS = ("fan_in_uniform",)
"""The starts: as `eqx.nn.Linear` draws its weights, and its biases."""


def made(architecture: Architecture, given: Pairs) -> Any:
    """The network at these parameters; `eqx.nn.Linear` has the transpose of the weights."""
    a = architecture
    empty = _empty(a.widths, a.activations, a.dropout)
    return eqx.tree_at(_arrays, empty, [jnp.asarray(part) for w, b in given for part in (w.T, b)])


@lru_cache(maxsize=64)
def _empty(widths: tuple[int, ...], names: tuple[str, ...], rate: float) -> Any:
    """The network of these widths without numbers: drawing them would be a program."""
    return eqx.filter_eval_shape(_built, widths, names, rate, jax.random.key(0))


def _built(widths: tuple[int, ...], names: tuple[str, ...], rate: float, key: Any) -> Any:
    linears = [nn.Linear(*pair, key=key) for pair in pairwise(widths)]
    hidden = [
        part
        for linear, name in zip(linears[:-1], names, strict=True)
        for part in (linear, nn.Lambda(ACTIVATIONS[name]), nn.Dropout(rate))
    ]
    return nn.Sequential([*hidden, linears[-1]])


def _linears(net: Any) -> list[Any]:
    return [part for part in net.layers if isinstance(part, nn.Linear)]


def _arrays(net: Any) -> list[Any]:
    return [part for linear in _linears(net) for part in (linear.weight, linear.bias)]


def pairs(net: Any) -> Pairs:
    """The parameters of a network, or of what has its form."""
    return [(linear.weight.T, linear.bias) for linear in _linears(net)]


def _logits(net: Any, x: Any, key: Any) -> Any:
    """Those of all rows, with dropout where there is a key."""
    if key is None:
        return jax.vmap(nn.inference_mode(net))(x)
    return jax.vmap(net)(x, key=jax.random.split(key, len(x)))


def _mean_loss(net: Any, form: Form, x: Any, y: Any, numbers: Any, key: Any) -> Any:
    return mean_loss(form, _logits(net, x, key), y, numbers)


@compiled
def passed(form: Form, net: Any, x: Any) -> Any:
    """What each hidden layer gives, and the network after its output activation."""
    found = []
    for part in nn.inference_mode(net).layers:
        x = jax.vmap(part)(x)
        if isinstance(part, nn.Dropout):
            found.append(x)
    return [*found, ACTIVATIONS[form[1][0]](x)]


@compiled
def dropped(form: Form, net: Any, x: Any, key: Any) -> Any:
    """What the network gives with dropout, after its output activation."""
    return ACTIVATIONS[form[1][0]](_logits(net, x, key))


@compiled
def slope(form: Form, net: Any, x: Any, y: Any, numbers: Any, key: Any = None) -> Any:
    """The mean loss and its derivative by the parameters, in the form of the network."""
    return eqx.filter_value_and_grad(_mean_loss)(net, form, x, y, numbers, key)


def begun(kind: str, numbers: dict[str, Any], net: Any) -> Any:
    """What an optimizer remembers before its first step."""
    return optimizer(kind, numbers).init(eqx.filter(net, eqx.is_array))


@compiled
def stepped(kind: str, numbers: dict[str, Any], state: Any, net: Any, gradient: Any) -> Any:
    """The network after a step, and what the optimizer remembers then."""
    own = eqx.filter(net, eqx.is_array)
    updates, state = optimizer(kind, numbers).update(gradient, state, own)
    return eqx.apply_updates(net, updates), state


@partial(jax.jit, static_argnums=(0, 1, 2))
def started(initializer: str, shape: tuple[int, int], dtype: Any, key: Any) -> tuple[Any, Any]:
    """New weights and biases of a layer, from a key."""
    linear = nn.Linear(*shape, dtype=dtype, key=key)
    return linear.weight.T, linear.bias
