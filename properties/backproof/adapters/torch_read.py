"""What a user's own nn.Module is, before it is judged: its architecture, head, scope.

Random rows go through a copy of it at random parameters. What a `build` builds is read at a small
architecture for each activation; where the criterion smooths labels or has a threshold of its own,
the networks are a few of each activation, for a criterion has one of these numbers for all.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import nn

from backproof.adapters.torch_found import Trace, recognised, traced, widths
from backproof.adapters.torch_heads import Head, head
from backproof.adapters.torch_modules import Form, seeded
from backproof.contract import Conventions, NotSupported, Scope
from refnet.architecture import ACTIVATIONS, Architecture

ROWS = 256

SIZES = ((3, 2), (2, 4, 2), (3, 5, 3), (1, 8, 4), (4, 3, 2, 3), (2, 6, 4, 5))
"""Widths where a criterion has a number of its own; with one output where the head has one."""


AFTER = (
    "what the module makes of its last layer is no output "
    "(log-probabilities go with the criterion nn.NLLLoss)"
)


class Read(NamedTuple):
    """What is declared of a module, and how it gives its outputs.

    flat: one output comes as (n,); logs: outputs are logarithms of probabilities
    """

    scope: Scope
    conventions: Conventions
    flat: bool
    logs: bool


@dataclass(frozen=True)
class Reader:
    """A module or what builds it, and what it is read with."""

    found: Any
    criterion: Any
    form: Form
    options: dict[str, str]
    beside: Mapping[str, Any]

    def read(self) -> Read:
        """What is declared.

        Raises: NotSupported saying what cannot be judged.
        """
        return self._module() if isinstance(self.found, nn.Module) else self._build()

    def _module(self) -> Read:
        trace = self._passed(self.found)
        names, head = tuple(self._activations(trace)), self._head(trace)
        a = Architecture(
            widths(trace.layers), names, head.output, head.loss, **head.numbers,
            biases=trace.layers[0].bias is not None,
        )  # fmt: skip
        return self._declared(trace, head, names, architectures=(a,))

    def _build(self) -> Read:
        """Which activations it builds: those that are recognised as what was asked for."""
        built, refusals, trace = list[str](), list[str](), None
        asked = self.options.get("activation")
        for name in (asked,) if asked else ACTIVATIONS:
            try:
                trace = self._passed(self.found(probe(name)))
                found = [name] if asked else self._activations(trace)
                built += [name] * (found == [name])
                refusals += [f"asked for {name} it gives {found[0]}"] * (found != [name])
            except (ValueError, NotSupported) as reason:
                refusals.append(str(reason))
        if trace is None or not built:
            raise NotSupported(f"build gives no activation that was asked for: {refusals[0]}")
        more: dict[str, Any] = {"dropout": self._drops(built[0])}
        if (head := self._head(trace)).numbers:
            more["architectures"] = self._few(head, built, trace.layers[0].bias is not None)
        return self._declared(trace, head, tuple(built), **more)

    def _few(self, head: Head, built: list[str], biases: bool) -> tuple[Architecture, ...]:
        one = (1,) if head.output == "sigmoid" else ()
        sizes = [(*size[:-1], *(one or size[-1:])) for size in SIZES]
        found = (
            Architecture(size, name, head.output, head.loss, **head.numbers, biases=biases)
            for size in sizes for name in built[:1 if len(size) == 2 else None]
        )  # fmt: skip
        return tuple(found)

    def _drops(self, name: str) -> bool:
        """Whether a module that is built with dropout gives two answers in training."""
        try:
            module = placed(self.found(probe(name, 0.5)), self.form).train()
            inputs = torch.ones((64, 3), dtype=self.form.dtype, device=self.form.device)
            with seeded(0), torch.no_grad():
                return not torch.equal(module(inputs), module(inputs))
        except (ValueError, NotSupported):
            return False

    def _passed(self, module: Any) -> Trace:
        """Random rows through a copy of the module at random parameters."""
        module = placed(deepcopy(module), self.form)
        with seeded(0):
            for one in module.parameters():
                nn.init.normal_(one, std=2 / max(1, one.shape[-1]) ** 0.5)
            sizes = dict.fromkeys(p.shape[1] for p in module.parameters() if p.ndim == 2)
            for features in sizes:
                inputs = 3 * torch.randn(ROWS, features).to(self.form.device, self.form.dtype)
                try:
                    return traced(module, inputs)
                except RuntimeError as error:  # shapes that do not fit: another layer comes first
                    failure = error
            if not sizes:
                return traced(module, torch.zeros(1, 1))
        raise NotSupported(f"the module takes no rows of numbers: {failure}")

    def _activations(self, trace: Trace) -> list[str]:
        pairs = zip(trace.leaving, trace.entering[1:], strict=False)
        return [
            recognised(
                z, units, f"what stands between layers {place} and {place + 1} is no activation"
            )
            for place, (z, units) in enumerate(pairs, 1)
        ]

    def _head(self, trace: Trace) -> Head:
        logits = trace.leaving[-1]
        outputs = trace.outputs.exp() if self._logs else trace.outputs
        given = recognised(logits, outputs.reshape(logits.shape), AFTER)
        return head(self.criterion, given, logits.shape[1], self.options)

    @property
    def _logs(self) -> bool:
        return isinstance(self.criterion, nn.NLLLoss)

    def _declared(self, trace: Trace, head: Head, names: tuple[str, ...], **more: Any) -> Read:
        beside, trains = self.beside, "train" in self.beside
        starts = "initialize" in beside or "initializers" in beside
        scope = Scope(
            activations=tuple(dict.fromkeys(names)),
            heads=((head.output, head.loss),),
            biases=trace.layers[0].bias is not None,
            mixed_activations=len(set(names)) > 1 and isinstance(self.found, nn.Module),
            optimizers=tuple(beside.get("optimizers", ("gradient_descent",))) if trains else (),
            weight_decay=tuple(beside.get("weight_decay", ())) if trains else (),
            initializers=tuple(beside.get("initializers", ())) if starts else (),
            batches=trains,
            label_smoothing="label_smoothing" in head.numbers,
            **more,
        )
        meant = replace(head.conventions, **dict(beside.get("conventions", {})))
        return Read(scope, meant, trace.outputs.ndim == 1, self._logs)


def probe(name: str, dropout: float = 0.0) -> Architecture:
    """A small architecture to look at."""
    return Architecture((3, 4, 2), name, "identity", "squared_error", dropout=dropout)


def module_of(built: Any) -> Any:
    """What was built.

    Raises: NotSupported where it is no module.
    """
    if not isinstance(built, nn.Module):
        raise NotSupported(f"build gave a {type(built).__name__}, and no nn.Module")
    return built


def placed(module: Any, form: Form) -> Any:
    """The module on its device, in its dtype, in evaluation."""
    return module_of(module).to(form.device, form.dtype).eval()
