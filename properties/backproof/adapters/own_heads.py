"""Which head a module and its criterion are together, and by which conventions: by its values.

A criterion is a function of outputs and targets. It is asked on a few rows, and what it gives is
compared with the loss of each head that the outputs allow, under each reduction.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from backproof.contract import NotSupported
from refnet import network
from refnet.architecture import HEADS, Architecture, Array, Layer
from refnet.conventions import Conventions
from refnet.functions.activations import activation
from refnet.rounding.arithmetic import plain, quiet

LOSSES = ("cross_entropy", "squared_error", "huber", "poisson")

NEAR = 0.02
"""A relative difference beyond which a loss is another one."""

ROWS, SETS = 7, 4
"""How many rows a criterion is asked on, and how often."""

REDUCTIONS: tuple[dict[str, Any], ...] = (
    {"reduction": "mean over elements"}, {"reduction": "mean"}, {"reduction": "sum"},
)  # fmt: skip

FORMS: dict[str, tuple[dict[str, Any], ...]] = {
    "squared_error": ({"squared_error": 0.5}, {"squared_error": 1.0}),
}
"""What a loss may mean beside its reduction."""

FROM_PROBABILITIES: dict[str, Any] = {
    "loss_from": "probabilities",
    "gradient_from": "probabilities",
}


class Head(NamedTuple):
    """An output activation, a loss, what they mean, and Huber's threshold and the smoothing.

    classes: targets are class numbers; logs: outputs are logarithms of probabilities
    """

    output: str
    loss: str
    conventions: Conventions
    numbers: Mapping[str, float]
    classes: bool = False
    logs: bool = False


def usual(loss: str, given: str, outputs: int) -> str:
    """The output activation of a loss, where the module shows none."""
    if given != "identity":
        return given
    softest = "softmax" if outputs > 1 else "sigmoid"
    return {"cross_entropy": softest, "poisson": "exp"}.get(loss, "identity")


def unknown(criterion: Any) -> NotSupported:
    """What is raised for a criterion that is none that is known."""
    name = getattr(criterion, "__name__", type(criterion).__name__)
    way_out = f"declare --option loss={'|'.join(LOSSES)}"
    return NotSupported(f"the criterion {name} is none that is known: {way_out}")


def head_of(
    ask: Callable[[Array, Array], float],
    given: str,
    outputs: int,
    options: Mapping[str, str],
    means: Conventions,
    criterion: Any,
) -> Head:
    """The head whose loss a criterion gives, on outputs after the activation `given`.

    ask: what it gives for outputs and targets

    Raises: NotSupported where no loss is near, unless it is declared: then it is the nearest one.
    """
    candidates = list(_candidates(given, outputs, options, means))
    distances = [_distance(ask, given, outputs, one) for one in candidates]
    if not candidates or min(distances) > (np.inf if "loss" in options else NEAR):
        raise unknown(criterion)
    return candidates[int(np.argmin(distances))]


def _candidates(
    given: str, outputs: int, options: Mapping[str, str], means: Conventions
) -> Iterator[Head]:
    for output, loss in HEADS:
        asked = options.get("output", output), options.get("loss", loss)
        if asked != (output, loss) or not _fits(output, loss, given, outputs):
            continue
        more: dict[str, Any] = {"outputs": "logits"} if given != output else {}
        if loss == "cross_entropy" and given == output:
            more = FROM_PROBABILITIES
        for reduction, form in product(REDUCTIONS, FORMS.get(loss, ({},))):
            meant = replace(means, **more, **reduction, **form)
            for classes in (False, True)[: 1 + (output == "softmax")]:
                yield Head(output, loss, meant, {}, classes)


def _fits(output: str, loss: str, given: str, outputs: int) -> bool:
    """Whether a module that gives outputs after this activation may have such a head."""
    if output == "softmax" and outputs == 1:
        return False
    return given == "identity" or (given == output and loss != "poisson")


@quiet
def _distance(ask: Callable[[Array, Array], float], given: str, outputs: int, head: Head) -> float:
    """The largest |criterion / loss - 1| of a few sets, infinite where it does not take them."""
    net = Architecture((outputs, outputs), (), head.output, head.loss)
    through, distance = [Layer(np.eye(outputs), np.zeros(outputs))], 0.0
    for seed in range(SETS):
        logits, targets = _rows(head, outputs, seed)
        answered = plain(activation(given, head.conventions).value, logits)
        try:
            found = ask(answered, np.argmax(targets, axis=1) if head.classes else targets)
        except Exception:  # whatever a user's function does with targets of another loss
            return np.inf
        expected = network.loss(net, through, logits, targets, conventions=head.conventions)
        distance = max(distance, abs(found / float(expected) - 1))
    return distance if np.isfinite(distance) else np.inf


def _rows(head: Head, outputs: int, seed: int) -> tuple[Array, Array]:
    """Logits, and targets that the loss allows."""
    rng = np.random.default_rng(seed)
    logits, drawn = 2 * rng.normal(size=(2, ROWS, outputs))
    if head.output == "softmax":
        return logits, np.eye(outputs)[np.argmax(drawn, axis=1)]
    if head.output == "sigmoid":
        return logits, (drawn > 0).astype(np.float64)
    return logits, np.floor(np.abs(drawn)) if head.output == "exp" else drawn
