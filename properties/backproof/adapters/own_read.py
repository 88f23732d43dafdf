"""What a user's own module is, before it is judged: its architecture, head, scope.

Random rows go through a copy of it at random parameters. What a `build` builds is read at a small
architecture for each activation; where the criterion smooths labels or has a threshold of its own,
the networks are a few of each activation, for a criterion has one of these numbers for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from backproof.adapters.own_found import Trace, recognised
from backproof.adapters.own_heads import Head
from backproof.adapters.own_library import Library
from backproof.contract import Conventions, NotSupported, Scope
from refnet.architecture import ACTIVATIONS, Architecture

SIZES = ((3, 2), (2, 4, 2), (3, 5, 3), (1, 8, 4), (4, 3, 2, 3), (2, 6, 4, 5))
"""Widths where a criterion has a number of its own; with one output where the head has one."""

AFTER = "what the module makes of its last layer is no output"


class Read(NamedTuple):
    """What is declared of a module, and how it gives its outputs and takes its targets.

    flat: one output comes as (n,)
    """

    scope: Scope
    conventions: Conventions
    flat: bool
    head: Head


@dataclass(frozen=True)
class Reader:
    """A module or what builds it, and what it is read with."""

    found: Any
    criterion: Any
    library: Library
    options: Mapping[str, str]
    beside: Mapping[str, Any]

    def read(self) -> Read:
        """What is declared.

        Raises: NotSupported saying what cannot be judged.
        """
        return self._module() if self.library.is_module(self.found) else self._build()

    def _module(self) -> Read:
        trace = self._passed(self.found)
        names, head, chain = tuple(self._activations(trace)), self._head(trace), trace.chain
        a = Architecture(
            chain.widths, names, head.output, head.loss, **head.numbers, biases=chain.biases
        )
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
            more["architectures"] = self._few(head, built, trace.chain.biases)
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
            module = self.library.placed(self.found(probe(name, 0.5)))
            one, other = (self.library.outputs(module, np.ones((64, 3)), seed) for seed in (0, 1))
            return not np.array_equal(one, other)
        except (ValueError, NotSupported):
            return False

    def _passed(self, module: Any) -> Trace:
        return self.library.at_random(self.library.placed(module))

    def _activations(self, trace: Trace) -> list[str]:
        pairs = zip(trace.leaving, trace.entering[1:], strict=False)
        return [
            recognised(
                z, units, f"what stands between layers {place} and {place + 1} is no activation"
            )
            for place, (z, units) in enumerate(pairs, 1)
        ]

    def _head(self, trace: Trace) -> Head:
        (given, logs), outputs = self._given(trace), trace.chain.widths[-1]
        head = self.library.head(self.criterion, given, logs, outputs, self.options)
        return head._replace(logs=logs)

    def _given(self, trace: Trace) -> tuple[str, bool]:
        """The output activation that is seen, and whether outputs are logarithms of it."""
        logits = trace.leaving[-1]
        for logs in self.library.logs(self.criterion):
            outputs = np.exp(trace.outputs) if logs else trace.outputs
            try:
                return recognised(logits, outputs.reshape(logits.shape), AFTER), logs
            except NotSupported as reason:
                refusal = reason
        raise NotSupported(f"{refusal}{self.library.after}")

    def _declared(self, trace: Trace, head: Head, names: tuple[str, ...], **more: Any) -> Read:
        beside, trains = self.beside, "train" in self.beside
        starts = self.library.draws(beside)
        scope = Scope(
            activations=tuple(dict.fromkeys(names)),
            heads=((head.output, head.loss),),
            biases=trace.chain.biases,
            mixed_activations=len(set(names)) > 1 and self.library.is_module(self.found),
            optimizers=tuple(beside.get("optimizers", ("gradient_descent",))) if trains else (),
            weight_decay=tuple(beside.get("weight_decay", ())) if trains else (),
            initializers=tuple(beside.get("initializers", ())) if starts else (),
            batches=trains,
            label_smoothing="label_smoothing" in head.numbers,
            shapes=self.library.shapes,
            **more,
        )
        meant = replace(head.conventions, **dict(beside.get("conventions", {})))
        return Read(scope, meant, trace.outputs.ndim == 1, head)


def probe(name: str, dropout: float = 0.0) -> Architecture:
    """A small architecture to look at."""
    return Architecture((3, 4, 2), name, "identity", "squared_error", dropout=dropout)
