"""The programs that JAX compiles: networks, their losses and gradients, optax's steps, starts.

A program is compiled for each form and for each shape; numbers are no part of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import nn

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

LOSSES: dict[tuple[str, str], Callable[[Any, Any, Any], Any]] = {
    ("sigmoid", "cross_entropy"): lambda z, y, delta: optax.sigmoid_binary_cross_entropy(z, y),
    ("softmax", "cross_entropy"): lambda z, y, delta: optax.softmax_cross_entropy(z, y),
    ("identity", "squared_error"): lambda z, y, delta: optax.l2_loss(z, y),
    ("sigmoid", "squared_error"): lambda z, y, delta: optax.l2_loss(nn.sigmoid(z), y),
    ("softmax", "squared_error"): lambda z, y, delta: optax.l2_loss(nn.softmax(z), y),
    ("identity", "huber"): lambda z, y, delta: optax.huber_loss(z, y, delta=delta),
}
"""The losses of the rows, or of their elements, by the head; they take logits, targets, delta."""

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
}

Form = tuple[tuple[str, ...], tuple[str, str]]
"""What a program is compiled for, beside shapes: the activations, and the head."""


def _propagated(form: Form, pairs: Any, x: Any) -> list[Any]:
    """What each hidden layer gives, and the logits."""
    found = []
    for name, (weights, biases) in zip(form[0], pairs, strict=False):
        x = ACTIVATIONS[name](x @ weights + biases)
        found.append(x)
    weights, biases = pairs[-1]
    return [*found, x @ weights + biases]


def _mean_loss(form: Form, pairs: Any, x: Any, y: Any, numbers: Any) -> Any:
    smoothing, delta = numbers
    if form[1] == ("softmax", "cross_entropy"):
        y = optax.smooth_labels(y, smoothing)
    return LOSSES[form[1]](_propagated(form, pairs, x)[-1], y, delta).mean()


def _made(kind: str, n: dict[str, Any]) -> Any:
    """The optimizer of optax's, of numbers that may change from call to call."""
    if kind.startswith("decayed "):
        rest = _made(kind.removeprefix("decayed "), n)
        return optax.chain(optax.add_decayed_weights(n["weight_decay"]), rest)
    rate, betas = n["learning_rate"], {"b1": n["beta1"], "b2": n["beta2"], "eps": n["epsilon"]}
    if kind == "adam":
        return optax.adam(rate, **betas)
    if kind == "adamw":
        return optax.adamw(rate, **betas, weight_decay=n["weight_decay"])
    if kind == "rmsprop":
        return optax.rmsprop(rate, decay=n["rho"], eps=n["epsilon"])
    if kind == "gradient_descent":
        return optax.sgd(rate)
    return optax.sgd(rate, momentum=n["momentum"], nesterov=kind == "nesterov")


@partial(jax.jit, static_argnums=(0, 1, 2))
def started(initializer: str, shape: tuple[int, int], dtype: Any, key: Any) -> Any:
    """New weights of a shape, from a key."""
    return STARTS[initializer](key, shape, dtype)


@partial(jax.jit, static_argnums=0)
def outputs(form: Form, pairs: Any, x: Any) -> Any:
    """What the network gives, after its output activation."""
    return ACTIVATIONS[form[1][0]](_propagated(form, pairs, x)[-1])


@partial(jax.jit, static_argnums=0)
def units(form: Form, pairs: Any, x: Any) -> Any:
    """What each hidden layer gives."""
    return _propagated(form, pairs, x)[:-1]


loss = partial(jax.jit, static_argnums=0)(_mean_loss)
gradient = partial(jax.jit, static_argnums=0)(jax.grad(_mean_loss, argnums=1))


@partial(jax.jit, static_argnums=0)
def begun(kind: str, numbers: dict[str, Any], pairs: Any) -> Any:
    """What an optimizer remembers before its first step."""
    return _made(kind, numbers).init(pairs)


@partial(jax.jit, static_argnums=(0, 1))
def step(
    form: Form,
    kind: str,
    numbers: dict[str, Any],
    state: Any,
    pairs: Any,
    x: Any,
    y: Any,
    more: Any,
) -> Any:
    """The parameters after a step, and what the optimizer remembers then."""
    slope = jax.grad(_mean_loss, argnums=1)(form, pairs, x, y, more)
    updates, state = _made(kind, numbers).update(slope, state, pairs)
    return optax.apply_updates(pairs, updates), state
