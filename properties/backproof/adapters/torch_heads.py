"""Which head a module and its criterion are together, and by which conventions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from backproof.adapters.own_heads import LOSSES, Head, unknown, usual
from backproof.adapters.torch_criteria import BINARY, MEANS
from backproof.contract import NotSupported
from refnet.architecture import HEADS

KNOWN: dict[str, tuple[str | None, str, dict[str, Any]]] = {
    "BCEWithLogitsLoss": ("sigmoid", "cross_entropy", {}),
    "BCELoss": ("sigmoid", "cross_entropy", BINARY["BCELoss"]),
    "CrossEntropyLoss": ("softmax", "cross_entropy", {}),
    "NLLLoss": ("softmax", "cross_entropy", {}),
    "PoissonNLLLoss": ("exp", "poisson", {}),
    "MSELoss": (None, "squared_error", {}),
    "HuberLoss": ("identity", "huber", {}),
    "SmoothL1Loss": ("identity", "huber", {"huber": "smooth_l1"}),
}
"""The output (None: the module's own), the loss and the conventions of each criterion of torch."""

PLAIN = {
    "weight": None, "pos_weight": None, "log_input": True, "full": False, "ignore_index": -100,
}  # fmt: skip
"""What is judged of the criteria's further settings."""


def head(criterion: Any, given: str, outputs: int, options: Mapping[str, str]) -> Head:
    """The head of a criterion that is known, or whose loss is declared.

    given: the activation after which the module gives its outputs

    Raises: NotSupported where what is declared is none, or no head.
    """
    if "loss" in options:
        output, loss, more = None, options["loss"], dict[str, Any]()
        if loss not in LOSSES:
            raise unknown(criterion)
    else:
        output, loss, more = KNOWN[type(criterion).__name__]
    output = options.get("output") or output or usual(loss, given, outputs)
    if (output, loss) not in HEADS:
        raise NotSupported(f"{output} with {loss} is no head that is known")
    means = replace(MEANS, **more, reduction=_reduction(criterion))
    if loss == "cross_entropy" and output == "sigmoid":
        means = replace(means, sample_weight_mean="rows")
    if given == "identity" != output:
        means = replace(means, outputs="logits")
    classes = isinstance(criterion, nn.CrossEntropyLoss | nn.NLLLoss)
    return Head(output, loss, means, _numbers(criterion), classes)


def _reduction(criterion: Any) -> Any:
    said = getattr(criterion, "reduction", "mean")
    if said == "none":
        raise NotSupported("the criterion has reduction='none'; give mean or sum")
    for setting, value in PLAIN.items():
        if isinstance(criterion, nn.Module) and getattr(criterion, setting, value) != value:
            raise NotSupported(f"the criterion has {setting}: only {setting}={value} is judged")
    return "sum" if said == "sum" else "mean over elements"


def _numbers(criterion: Any) -> dict[str, float]:
    """Smoothing and threshold, where they are not the default."""
    found = {
        "label_smoothing": float(getattr(criterion, "label_smoothing", 0.0)),
        "delta": float(getattr(criterion, "delta", getattr(criterion, "beta", 1.0))),
    }
    return {name: value for name, value in found.items() if value != (name == "delta")}
