"""The programs that JAX compiles: networks, their losses and gradients, optax's steps, starts.

A program is compiled for each form and for each shape; numbers are no part of it. What stands
beside this file for Equinox and for Flax has the same functions, of networks of theirs.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import nn

from backproof.adapters.optax_parts import Form, mean_loss, optimizer
from refnet.architecture import Architecture
from refnet.training.initializers import PLAIN_CONSTANT, PLAIN_DEVIATION

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": nn.identity,
    "sigmoid": nn.sigmoid,
    "tanh": nn.tanh,
    "relu": nn.relu,
    "leaky_relu": nn.leaky_relu,
    "elu": nn.elu,
    "selu": nn.selu,
    "softplus": nn.softplus,
    "exp": jnp.exp,
    "softmax": nn.softmax,
    "gelu": nn.gelu,
    "silu": nn.silu,
}

_scaled = nn.initializers.variance_scaling
STARTS: dict[str, Any] = {
    "zeros": nn.initializers.zeros,
    "constant": nn.initializers.constant(PLAIN_CONSTANT),
    "normal": nn.initializers.normal(PLAIN_DEVIATION),
    "orthogonal": nn.initializers.orthogonal(),
    "lecun_normal": _scaled(1.0, "fan_in", "normal"),
    "lecun_uniform": nn.initializers.lecun_uniform(),
    "lecun_truncated": nn.initializers.lecun_normal(),
    "glorot_normal": _scaled(1.0, "fan_avg", "normal"),
    "glorot_uniform": nn.initializers.glorot_uniform(),
    "glorot_truncated": nn.initializers.glorot_normal(),
    "he_normal": _scaled(2.0, "fan_in", "normal"),
    "he_uniform": nn.initializers.he_uniform(),
    "he_truncated": nn.initializers.he_normal(),
    "fan_in_uniform": _scaled(1 / 3, "fan_in", "uniform"),
}

Pairs = list[tuple[Any, Any]]
"""The weights (fan_in, fan_out) and biases of each layer; here it is the network itself."""


def made(architecture: Architecture, given: Pairs) -> Any:
    """The network at these parameters."""
    return given


def pairs(net: Any) -> Pairs:
    """The parameters of a network, or of what has its form."""
    found: Pairs = net
    return found


def _propagated(form: Form, net: Any, x: Any) -> list[Any]:
    """What each hidden layer gives, and the logits."""
    found = []
    for name, (weights, biases) in zip(form[0], net, strict=False):
        x = ACTIVATIONS[name](x @ weights + biases)
        found.append(x)
    weights, biases = net[-1]
    return [*found, x @ weights + biases]


def _mean_loss(net: Any, form: Form, x: Any, y: Any, numbers: Any) -> Any:
    return mean_loss(form, _propagated(form, net, x)[-1], y, numbers)


@partial(jax.jit, static_argnums=0)
def passed(form: Form, net: Any, x: Any) -> Any:
    """What each hidden layer gives, and the network after its output activation."""
    *units, logits = _propagated(form, net, x)
    return [*units, ACTIVATIONS[form[1][0]](logits)]


@partial(jax.jit, static_argnums=0)
def slope(form: Form, net: Any, x: Any, y: Any, numbers: Any, key: Any = None) -> Any:
    """The mean loss and its derivative by the parameters, in the form of the network."""
    return jax.value_and_grad(_mean_loss)(net, form, x, y, numbers)


def begun(kind: str, numbers: dict[str, Any], net: Any) -> Any:
    """What an optimizer remembers before its first step."""
    return optimizer(kind, numbers).init(net)


@partial(jax.jit, static_argnums=0)
def stepped(kind: str, numbers: dict[str, Any], state: Any, net: Any, gradient: Any) -> Any:
    """The network after a step, and what the optimizer remembers then."""
    updates, state = optimizer(kind, numbers).update(gradient, state, net)
    return optax.apply_updates(net, updates), state


def started(initializer: str, shape: tuple[int, int], dtype: Any, key: Any) -> tuple[Any, Any]:
    """New weights and biases of a layer, from a key."""
    return STARTS[initializer](key, shape, dtype), nn.initializers.zeros(key, shape[1:], dtype)
