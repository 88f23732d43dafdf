"""PyTorch's criteria, each for a head, and what it means by a loss.

The modules of `torch.nn` call the functions that stand here. Where a function takes weights of the
rows, its mean differs: that of `mse_loss` divides by their sum, those of `huber_loss` and
`binary_cross_entropy_with_logits` by the elements. `cross_entropy` weighs classes alone, and
`poisson_nll_loss` nothing.

`nn.Sigmoid` before `nn.BCELoss`, which people write too, is another head: its logarithms are those
of rounded probabilities, clipped at -100, and its gradient divides by p (1 - p), but by no less
than 1e-12, so that it vanishes where the unit saturates.
Source: torch/nn/functional.py, version 2.13.0.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch.nn import functional

from backproof.contract import NotSupported
from refnet.architecture import HEADS, Architecture
from refnet.conventions import Conventions

OUTPUTS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda logits: logits,
    "sigmoid": torch.sigmoid,
    "softmax": partial(torch.softmax, dim=-1),
    "exp": torch.exp,
}
"""The output activations."""

MEANS = Conventions(
    reduction="mean over elements",
    squared_error=1.0,
    softplus_threshold=20.0,
    nesterov="sutskever",
    momentum_rate="outside",
    adam_epsilon="outside",
    rmsprop_epsilon="outside",
    initial_biases="fan_in_uniform",
)
"""What PyTorch means, under any head."""

OVER_ROWS = (("sigmoid", "cross_entropy"), ("identity", "huber"))
"""The heads whose mean divides by the elements even where rows have weights."""

BINARY: dict[str, dict[str, Any]] = {
    "BCEWithLogitsLoss": {},
    "BCELoss": {
        "loss_from": "probabilities",
        "gradient_from": "probabilities",
        "probability_clip": math.exp(-100),
        "clip_gradient": "floored",
    },
}
"""What the criteria of a sigmoid mean beyond that."""


def conventions(binary: str, softplus: str) -> dict[tuple[str, str], Conventions]:
    """What each head means, under a criterion of a sigmoid; `softplus` may be held to be exact.

    Raises: ValueError for a word that is none of the choices.
    """
    if binary not in BINARY:
        raise ValueError(f"binary={binary!r}: choose {' or '.join(BINARY)}")
    if softplus not in ("documented", "exact"):
        raise ValueError(f"softplus={softplus!r}: choose documented or exact")
    means = MEANS if softplus == "documented" else replace(MEANS, softplus_threshold=None)
    rows = replace(means, sample_weight_mean="rows")
    found = {head: rows if head in OVER_ROWS else means for head in HEADS}
    head = ("sigmoid", "cross_entropy")
    return found | {head: replace(rows, **BINARY[binary])}


def loss(architecture: Architecture, logits: Any, targets: Any, weights: Any, binary: str) -> Any:
    """The mean loss of the rows, whose weights are (n,) if they are given.

    Raises: NotSupported where the library has no such criterion.
    """
    column = None if weights is None else weights[:, None]
    if architecture.head == ("sigmoid", "cross_entropy"):
        return _binary(architecture, logits, targets, column, binary)
    return _CRITERIA[architecture.loss](architecture, logits, targets, column)


def _binary(a: Architecture, logits: Any, targets: Any, weights: Any, binary: str) -> Any:
    if a.label_smoothing:
        raise NotSupported(f"{binary} smooths no labels")
    if binary == "BCELoss":
        probabilities = torch.sigmoid(logits)
        if bool(probabilities.isnan().any()):
            raise NotSupported("binary_cross_entropy refuses what is no number")
        return functional.binary_cross_entropy(probabilities, targets, weights)
    return functional.binary_cross_entropy_with_logits(logits, targets, weights)


def _cross_entropy(a: Architecture, logits: Any, targets: Any, weights: Any) -> Any:
    if weights is not None:
        raise NotSupported("cross_entropy weighs classes, and no rows")
    if bool(((targets == 0) | (targets == 1)).all()):
        targets = targets.argmax(dim=1)  # as class numbers, as nearly everybody gives them
    return functional.cross_entropy(logits, targets, label_smoothing=a.label_smoothing)


def _squared_error(a: Architecture, logits: Any, targets: Any, weights: Any) -> Any:
    each = None if weights is None else weights.expand_as(targets)
    return functional.mse_loss(OUTPUTS[a.output](logits), targets, weight=each)


def _huber(a: Architecture, logits: Any, targets: Any, weights: Any) -> Any:
    each = None if weights is None else weights.expand_as(targets)
    return functional.huber_loss(logits, targets, delta=a.delta, weight=each)


def _poisson(a: Architecture, logits: Any, targets: Any, weights: Any) -> Any:
    if weights is not None:
        raise NotSupported("poisson_nll_loss weighs no rows")
    return functional.poisson_nll_loss(logits, targets)


_CRITERIA = {
    "cross_entropy": _cross_entropy,
    "squared_error": _squared_error,
    "huber": _huber,
    "poisson": _poisson,
}
