"""The contract: what an implementation offers to be judged, in plain arrays.

Any subset of the capabilities will do; what is missing is reported as unsupported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from refnet.architecture import ACTIVATIONS, HEADS, Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.legal import check_fields, shown
from refnet.rounding.precision import PRESETS, Precision
from refnet.training.initializers import INITIALIZERS
from refnet.training.optimizers import OPTIMIZERS

Range = tuple[int, int | None]
ByHead = Mapping[tuple[str, str], Conventions]
Declared = Conventions | ByHead
"""Conventions for all heads, or for each head (output, loss)."""

CAPABILITIES: dict[str, tuple[str, ...]] = {
    "forward": ("architecture", "parameters", "inputs"),
    "hidden": ("architecture", "parameters", "inputs"),
    "loss": ("architecture", "parameters", "inputs", "targets", "sample_weights"),
    "gradient": ("architecture", "parameters", "inputs", "targets", "sample_weights"),
    "evaluate": (
        "architecture", "parameters", "inputs", "targets", "batch_size", "sample_weights",
    ),
    "train": (
        "architecture", "parameters", "inputs", "targets", "optimizer", "epochs", "batch_size",
        "sample_weights", "seed",
    ),
    "fit": ("architecture", "inputs", "targets", "seed", "sample_weights"),
    "initialize": ("architecture", "initializer", "seed"),
    "forward_training": ("architecture", "parameters", "inputs", "seed"),
}  # fmt: skip
"""Each capability with its arguments, in the order in which it is called."""


class NotSupported(Exception):  # noqa: N818 (a promise to users: an implementation raises this name)
    """Raised by a capability for a case that lies outside what it can express."""


class Fit(NamedTuple):
    """What `fit` answers: the parameters, and the gradient that its own stop promises.

    gradient_tolerance: the largest absolute entry of the gradient of the mean loss, in the
                        declared conventions; None where nothing is promised.
    """

    parameters: Parameters
    gradient_tolerance: float | None = None


LEAST = {"hidden_layers": 0, "widths": 1, "rows": 1, "outputs": 1, "softmax_outputs": 2}
"""What the ranges of a scope begin with, at the least."""

KNOWN: dict[str, tuple[Any, ...]] = {
    "activations": ACTIVATIONS, "heads": HEADS, "optimizers": OPTIMIZERS,
    "weight_decay": ("coupled", "decoupled"), "initializers": INITIALIZERS,
}  # fmt: skip
"""The names that the fields of a scope are made of."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What an implementation can express; cases are drawn inside it.

    activations:   names, of hidden layers
    heads:         pairs (output, loss)
    hidden_layers, widths, rows, outputs: least and most (None: no limit)
    softmax_outputs: least and most classes of a softmax, where they are others than `outputs`
    biases:        False: layers have none; they arrive as zeros, and of an answer they may be None
    optimizers:    names: gradient_descent, momentum, nesterov, rmsprop, adam
    weight_decay:  of the optimizers: "coupled", "decoupled", or both
    initializers:  names: zeros, constant, normal, uniform, orthogonal, and lecun, glorot, he, each
                   with _normal, _uniform or _truncated; fan_in_uniform, U(+-1 / sqrt(fan_in))
    l2, sample_weights, dropout, label_smoothing: whether they are offered
    soft_targets:  whether targets of a sigmoid may lie between 0 and 1, and those of a softmax be
                   any rows that sum to 1
    batches:       whether `train` takes a batch_size; "one row": it is 1 or None
    mixed_activations: whether each hidden layer may have another one
    architectures: only these (a compiled or frozen network), whatever their size
    frozen:        it answers for its own `weights` alone, a list of layers for each architecture
    shapes:        "few" where every new shape or program is expensive: whole architectures, with
                   rows, come from a pool of about a dozen a run

    Raises: ValueError naming the field, the rule and the value.
    """

    activations: tuple[str, ...]
    heads: tuple[tuple[str, str], ...]
    hidden_layers: Range = (0, None)
    widths: Range = (1, None)
    rows: Range = (1, None)
    outputs: Range = (1, None)
    softmax_outputs: Range = (2, None)
    biases: bool = True
    optimizers: tuple[str, ...] = ()
    weight_decay: tuple[Literal["coupled", "decoupled"], ...] = ()
    initializers: tuple[str, ...] = ()
    l2: bool = False
    sample_weights: bool = False
    batches: bool | Literal["one row"] = False
    dropout: bool = False
    label_smoothing: bool = False
    soft_targets: bool = False
    mixed_activations: bool = False
    architectures: tuple[Architecture, ...] | None = None
    frozen: bool = False
    shapes: Literal["any", "few"] = "any"

    def __post_init__(self) -> None:
        check_fields(self, Scope, "scope.")
        for field, known in KNOWN.items():
            _check_names(field, getattr(self, field), known)
        for field, least in LEAST.items():
            _check_range(field, getattr(self, field), least)
        if not self.heads:
            raise ValueError(f"scope.heads=(): name at least one, such as ({HEADS[0]},)")
        if self.hidden_layers[0] and not self.activations:
            raise ValueError("scope.activations=(): hidden layers need an activation; name them")
        if self.weight_decay and not self.optimizers:
            given = f"scope.weight_decay={self.weight_decay!r}"
            raise ValueError(f"{given} without optimizers: name those that decay")
        if self.frozen and self.architectures is None:
            raise ValueError(
                "scope.frozen=True without architectures: name those that its weights belong to"
            )
        if self.architectures is not None:
            _check_architectures(self.architectures, self)


def _check_names(field: str, given: Any, known: tuple[Any, ...]) -> None:
    if isinstance(given, str):
        raise ValueError(f"scope.{field}={shown(given)}: give a tuple, ({shown(given)},)")
    if not isinstance(given, tuple):
        raise ValueError(f"scope.{field}={shown(given)}: give a tuple of names")
    for name in given:
        parts = name if isinstance(name, tuple) else (name,)
        if not all(type(part) is str for part in parts) or name not in known:
            raise ValueError(f"scope.{field} has {shown(name)}: choose from {known}")


def _check_range(field: str, given: Any, least: int) -> None:
    if not isinstance(given, tuple) or len(given) != 2:
        raise ValueError(f"scope.{field}={shown(given)}: give (least, most), such as (1, None)")
    low, high = given
    whole = type(low) is int and (type(high) is int or high is None)
    if not whole or not least <= low <= (2**63 - 1 if high is None else high) < 2**63:
        rule = f"give (least, most), whole numbers with {least} <= least <= most"
        raise ValueError(f"scope.{field}={shown(given)}: {rule}, or None for no limit")


def _check_architectures(given: Any, scope: Scope) -> None:
    if not isinstance(given, tuple) or not given:
        rule = "give a tuple of them, or None for any"
        raise ValueError(f"scope.architectures={shown(given)}: {rule}")
    for place, one in enumerate(given):
        if not isinstance(one, Architecture):
            rule = "give Architecture(widths, activation, output, loss)"
            raise ValueError(f"scope.architectures[{place}]={shown(one)}: {rule}")
        if one.biases != scope.biases:
            said = f"scope.architectures[{place}] has biases={one.biases}"
            raise ValueError(f"{said}, the scope biases={scope.biases}: give both the same")
        for field in ("l2", "label_smoothing", "dropout"):
            if getattr(one, field) and not getattr(scope, field):
                said = f"scope.architectures[{place}] has {field}={getattr(one, field)}"
                raise ValueError(f"{said}: say scope.{field}=True")


def conventions_of(declared: Declared, head: tuple[str, str]) -> Conventions:
    """What is declared for a head."""
    return declared if isinstance(declared, Conventions) else declared[head]


def by_head(declared: Declared, heads: tuple[tuple[str, str], ...]) -> dict[Any, Conventions]:
    """The conventions of each of the heads.

    Raises: ValueError naming the head that is unknown, missing, or without conventions.
    """
    given = dict.fromkeys(heads, declared) if isinstance(declared, Conventions) else declared
    if unknown := [head for head in given if head not in HEADS]:
        raise ValueError(f"conventions of {shown(unknown[0])}: choose heads from {HEADS}")
    for head in heads:
        if not isinstance(found := given.get(head), Conventions):
            said = f"are {shown(found)}" if head in given else "are missing, and it is in the scope"
            raise ValueError(
                f"the conventions of {head!r} {said}; "
                "give Conventions for each head, or once for all of them"
            )
    return {head: given[head] for head in heads}


class Implementation:
    """What is judged: subclass it, or give any object with the same attributes.

    `scope` must be given. `conventions` are those of all heads, or a mapping with one for each head
    (output, loss) of the scope. `weights` are what the networks of `scope.architectures` came with,
    a list of layers for each: the laws ask there too, and in a frozen scope nowhere else. The
    capabilities are methods; offer those that you have:

    forward(architecture, parameters, inputs) -> outputs (n, k), after the output activation, unless
            logits are declared
    hidden(architecture, parameters, inputs) -> [activations (n, width) of each hidden layer]
    loss(architecture, parameters, inputs, targets, sample_weights=None) -> float
    gradient(architecture, parameters, inputs, targets, sample_weights=None) -> [Layer, ...]
    evaluate(architecture, parameters, inputs, targets, batch_size, sample_weights=None) -> float
    train(architecture, parameters, inputs, targets, optimizer, epochs, batch_size=None,
          sample_weights=None, seed=0) -> [Layer, ...]
    fit(architecture, inputs, targets, seed, sample_weights=None) -> Fit
    initialize(architecture, initializer, seed) -> [Layer, ...]
    forward_training(architecture, parameters, inputs, seed) -> outputs with dropout active
    """

    name: str = ""
    scope: Scope
    precision: Precision | str = PRESETS["float64"]
    conventions: Declared = Conventions()
    weights: Sequence[Sequence[Layer[Any]]] | None = None


def capabilities(implementation: object) -> tuple[str, ...]:
    """The names of the capabilities that an implementation offers."""
    return tuple(c for c in CAPABILITIES if callable(getattr(implementation, c, None)))


__all__ = [
    "CAPABILITIES",
    "Architecture",
    "Array",
    "Conventions",
    "Declared",
    "Fit",
    "Implementation",
    "Layer",
    "NotSupported",
    "Parameters",
    "Precision",
    "Scope",
    "by_head",
    "capabilities",
    "conventions_of",
]
