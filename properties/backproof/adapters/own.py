"""A user's own module, judged without an adapter: what is asked of it, whatever its library.

What is named is `build(architecture) -> module`, or a module as it is. Layers, activations and the
head are found by what a pass through it shows; `torch_own.py`, `equinox_own.py` and `flax_own.py`
say what may stand beside it in its file. A ValueError of `build` refuses an architecture.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from backproof.adapters.own_library import Library
from backproof.adapters.own_read import Reader, probe
from backproof.contract import Architecture, Array, Implementation, NotSupported, Parameters
from refnet.architecture import ACTIVATIONS
from refnet.training.optimizers import Optimizer

DECLARED = ("optimizers", "weight_decay", "initializers", "conventions")
"""What else may stand beside a module."""

OPTIONS = ("loss", "output", "activation", "device")


class OwnModule(Implementation):
    """A module of the user's, or what builds it for an architecture, in a library."""

    library: type[Library]

    def __init__(
        self, found: Any, beside: Mapping[str, Any], precision: str | None, options: dict[str, str]
    ) -> None:
        library = self.library
        if unknown := [name for name in options if name not in OPTIONS]:
            raise ValueError(f"--option {unknown[0]}: choose one of {', '.join(OPTIONS)}")
        if not callable(found):
            raise NotSupported(f"give an {library.word}, or a function that builds it")
        self._build, self._fixed = found, library.is_module(found)
        self._beside = {n: beside[n] for n in library.arguments if callable(beside.get(n))}
        for name, taken in self._beside.items():
            _check_arguments(name, taken, library)
        self._criterion = self._beside.get("criterion", library.criterion)
        self.name = type(found).__name__ if self._fixed else getattr(found, "__name__", "build")
        self.version = library.version
        precision = precision or library.precision_of(self._example(options))
        self._library = library(precision, options.get("device", "cpu"))
        self.precision = self._library.precision
        self._at = cache(self._made)
        self._fresh = self._made if library.changes else self._at
        self._library.within(self._declare)(beside, options)
        self._offer()

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """What may stand beside a module."""
        return (*cls.library.arguments, *DECLARED)

    def _example(self, options: Mapping[str, str]) -> Any:
        """A module to look at: the one that is given, or a small one."""
        if self._fixed:
            return self._build
        for name in (options.get("activation", "tanh"), *ACTIVATIONS):
            try:
                built = self._build(probe(name))
            except (ValueError, NotSupported) as reason:
                refusal = reason
                continue
            return self.library.checked(built)
        raise NotSupported(f"build refuses every architecture: {refusal}")

    def _declare(self, beside: Mapping[str, Any], options: Mapping[str, str]) -> None:
        """The scope, the conventions and the weights, by what is there and what is seen."""
        said = {name: beside[name] for name in DECLARED if name in beside} | self._beside
        reader = Reader(self._build, self._criterion, self._library, options, said)
        self._read = reader.read()
        self.scope, self.conventions = self._read.scope, self._read.conventions
        if self._fixed:
            (only,) = self.scope.architectures or ()
            self.weights = [self._library.parameters(*self._made(only))]

    def _offer(self) -> None:
        """The capabilities that what is there gives."""
        offered: dict[str, Callable[..., Any]] = {"forward": self.forward, "hidden": self.hidden}
        offered |= {"loss": self._loss, "gradient": self._gradient}
        if "train" in self._beside:
            offered["train"] = self._run_loop
        if "evaluate" in self._beside:
            offered["evaluate"] = self._run_evaluation
        if self.scope.initializers:
            offered["initialize"] = self._draw
        if self.scope.dropout:
            offered["forward_training"] = self._with_dropout
        for name, capability in offered.items():
            setattr(self, name, self._library.within(capability))

    def _made(self, architecture: Architecture) -> tuple[Any, list[Any]]:
        """A module of the architecture, and its layers in the order of the calls."""
        try:
            built = self._build if self._fixed else self._build(architecture)
        except ValueError as reason:
            raise NotSupported(f"build: {reason}") from None
        module = self._library.placed(built)
        chain = self._library.chain(module, architecture.widths[0])
        if chain.widths != architecture.widths:
            raise NotSupported(f"build gave layers of widths {chain.widths}")
        return module, chain.layers

    def _set(self, architecture: Architecture, parameters: Parameters) -> Any:
        return self._library.at(*self._at(architecture), parameters)

    def _targets(self, targets: Array) -> Array:
        """The targets as the criterion takes them."""
        numbers: Array = np.argmax(targets, axis=1) if self._read.head.classes else targets
        return numbers[:, 0] if self._read.flat else numbers

    def _outputs(self, a: Architecture, module: Any, inputs: Array, seed: int | None) -> Array:
        outputs = self._library.outputs(module, inputs, seed)
        if self._read.head.logs:
            outputs = np.exp(outputs)
        rows: Array = outputs.reshape(-1, a.widths[-1])
        return rows

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        return self._outputs(architecture, self._set(architecture, parameters), inputs, None)

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        return self._library.hidden(self._set(architecture, parameters), inputs)

    def _loss(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:  # fmt: skip
        module = self._set(architecture, parameters)
        return self._library.loss(module, self._criterion, inputs, self._targets(targets))

    def _gradient(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:  # fmt: skip
        module, (_, layers) = self._set(architecture, parameters), self._at(architecture)
        data = inputs, self._targets(targets)
        return self._library.gradient(module, layers, self._criterion, *data)

    def _run_loop(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        optimizer: Optimizer, epochs: int, batch_size: int | None = None,
        sample_weights: Array | None = None, seed: int = 0,
    ) -> Parameters:  # fmt: skip
        made, layers = self._fresh(architecture)  # nothing stays of what trains
        module = self._library.at(made, layers, parameters)

        def train(*given: Any) -> Any:
            return self._beside["train"](*given, optimizer, epochs, batch_size)

        trained = self._library.trained(module, train, inputs, self._targets(targets), seed=seed)
        return self._library.parameters(trained, layers)

    def _run_evaluation(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        batch_size: int, sample_weights: Array | None = None,
    ) -> Any:  # fmt: skip
        module = self._set(architecture, parameters)

        def evaluate(*given: Any) -> Any:
            return self._beside["evaluate"](*given, batch_size)

        return self._library.evaluated(module, evaluate, inputs, self._targets(targets))

    def _draw(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        def made() -> tuple[Any, list[Any]]:
            return self._fresh(architecture)

        initialize = self._beside.get("initialize")
        return self._library.parameters(*self._library.started(made, initialize, initializer, seed))

    def _with_dropout(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, seed: int
    ) -> Array:
        return self._outputs(architecture, self._set(architecture, parameters), inputs, seed)


def _check_arguments(name: str, taken: Any, library: type[Library]) -> None:
    count = library.arguments[name]
    try:
        inspect.signature(taken).bind(*[None] * count)
    except TypeError:
        rule = f"take {count} arguments, as {library.page} says"
        raise NotSupported(f"{name}{inspect.signature(taken)} does not {rule}") from None
