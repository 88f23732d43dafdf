"""optax's losses and optimizers, by the names of the contract; inside a program that JAX compiles.

Their numbers are Python's, which are no part of a program and do not decide its dtype: in that of
the parameters 1 - 0.999 would be 0 in half precision.
"""

from collections.abc import Callable
from typing import Any

import optax
from jax import nn

from backproof.contract import NotSupported
from refnet.architecture import Architecture
from refnet.conventions import Conventions
from refnet.training.optimizers import Optimizer

LOSSES: dict[tuple[str, str], Callable[[Any, Any, Any], Any]] = {
    ("sigmoid", "cross_entropy"): lambda z, y, delta: optax.sigmoid_binary_cross_entropy(z, y),
    ("softmax", "cross_entropy"): lambda z, y, delta: optax.softmax_cross_entropy(z, y),
    ("identity", "squared_error"): lambda z, y, delta: optax.l2_loss(z, y),
    ("sigmoid", "squared_error"): lambda z, y, delta: optax.l2_loss(nn.sigmoid(z), y),
    ("softmax", "squared_error"): lambda z, y, delta: optax.l2_loss(nn.softmax(z), y),
    ("identity", "huber"): lambda z, y, delta: optax.huber_loss(z, y, delta=delta),
}
"""The losses of the rows, or of their elements, by the head; they take logits, targets, delta."""

MEANS = Conventions(
    reduction="mean over elements",
    nesterov="sutskever",
    momentum_rate="outside",
    adam_epsilon="outside",
    rmsprop_epsilon="inside",
)
"""What optax means by its losses, averaged by `mean()`, and by its steps."""

Form = tuple[tuple[str, ...], tuple[str, str]]
"""What a program is compiled for, beside shapes: the activations, and the head."""


def settings(a: Architecture) -> tuple[float, float]:
    """The numbers of a loss: the smoothing of its labels, and Huber's threshold.

    Raises: NotSupported for smoothed labels of a sigmoid.
    """
    if a.label_smoothing and a.output == "sigmoid":
        raise NotSupported("sigmoid_binary_cross_entropy smooths no labels")
    return float(a.label_smoothing), float(a.delta)


def mean_loss(form: Form, logits: Any, y: Any, numbers: Any) -> Any:
    """The mean of a head's losses."""
    smoothing, delta = numbers
    if form[1] == ("softmax", "cross_entropy"):
        y = optax.smooth_labels(y, smoothing)
    return LOSSES[form[1]](logits, y, delta).mean()


def optimizer(kind: str, n: dict[str, Any]) -> Any:
    """The optimizer of optax's, of numbers that may change from call to call."""
    if kind.startswith("decayed "):
        rest = optimizer(kind.removeprefix("decayed "), n)
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


def named(given: Optimizer) -> str:
    """The optimizer in one word, which decides the program.

    Raises: NotSupported for a decoupled decay, which is adamw's alone.
    """
    if not given.weight_decay:
        return given.name
    if not given.decoupled:
        return f"decayed {given.name}"
    if given.name != "adam":
        raise NotSupported("of the optimizers adamw alone has a decoupled decay")
    return "adamw"


def numbers_of(given: Optimizer) -> dict[str, float]:
    """What of it may change from call to call."""
    names = ("learning_rate", "momentum", "beta1", "beta2", "rho", "epsilon", "weight_decay")
    return {name: float(getattr(given, name)) for name in names}
