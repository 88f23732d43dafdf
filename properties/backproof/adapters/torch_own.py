"""A user's own nn.Module, judged without an adapter.

What is named is `build(architecture) -> nn.Module`, or a module as it is. Layers, activations and
the head are found by what a pass through it shows. Beside it the file may hold

criterion(outputs, targets) -> loss     an nn.CrossEntropyLoss() and its like, or a function
train(module, inputs, targets, optimizer, epochs, batch_size)       trains the module in place
evaluate(module, inputs, targets, batch_size) -> loss
initialize(module, initializer)         draws the parameters anew
optimizers, weight_decay, initializers  which of them these two know, as in Scope
conventions                             a dict of what differs from what PyTorch means

Targets come as the criterion takes them: class numbers for nn.CrossEntropyLoss, and in the shape
of the outputs otherwise. `optimizer` is the contract's, with name, learning_rate and the rest.
Without a criterion it is nn.MSELoss. A ValueError of `build` refuses an architecture.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import nn

from backproof.adapters.torch import DTYPES, arithmetic
from backproof.adapters.torch_found import Trace, recognised, traced, widths
from backproof.adapters.torch_heads import Head, head
from backproof.adapters.torch_modules import Form, array, seeded, set_parameters
from backproof.contract import Architecture, Array, Implementation, NotSupported, Parameters, Scope
from refnet.architecture import ACTIVATIONS
from refnet.training.optimizers import Optimizer

ARGUMENTS = {"criterion": 2, "train": 6, "evaluate": 4, "initialize": 2}
"""What may stand beside the module, and how many arguments it takes."""

OPTIONS = ("loss", "output", "activation")
ROWS = 256


class Own(Implementation):
    """A module of the user's, or what builds it for an architecture."""

    def __init__(
        self, found: Any, beside: Mapping[str, Any], precision: str | None, options: dict[str, str]
    ) -> None:
        given = dict(options)
        device = given.pop("device", "cpu")
        if unknown := [name for name in given if name not in OPTIONS]:
            known = ", ".join((*OPTIONS, "device"))
            raise ValueError(f"--option {unknown[0]}: choose one of {known}")
        if not callable(found):
            raise NotSupported("give an nn.Module, or a function that builds it")
        self._options, self._build = given, found
        self._fixed = isinstance(found, nn.Module)
        self._beside = {name: beside[name] for name in ARGUMENTS if callable(beside.get(name))}
        self._criterion = self._beside.get("criterion", nn.MSELoss())
        for name, taken in self._beside.items():
            _check_arguments(name, taken)
        self.name = type(found).__name__ if self._fixed else getattr(found, "__name__", "build")
        self.version = f"torch {torch.__version__}"
        own = next((p.dtype for p in self._example().parameters()), torch.float32)
        precision = precision or str(own).removeprefix("torch.")
        self.precision = arithmetic(precision, device)
        self._form = Form(DTYPES[precision], device)
        self._at = cache(self._made)
        if self._fixed:
            self._read_module(beside)
        else:
            self._read_build(beside)
        self._offer()

    def _example(self) -> Any:
        """A module to look at: the one that is given, or a small one."""
        if self._fixed:
            return self._build
        small = Architecture((3, 4, 2), "tanh", "identity", "squared_error")
        for name in (self._options.get("activation", "tanh"), *ACTIVATIONS):
            try:
                built = self._build(replace(small, activation=name))
            except (ValueError, NotSupported) as reason:
                refusal = reason
                continue
            return _module(built)
        raise NotSupported(f"build refuses every architecture: {refusal}")

    def _read_module(self, beside: Mapping[str, Any]) -> None:
        """The one architecture, its head and its weights."""
        module = self._placed(deepcopy(self._build))
        trace = self._passed(module)
        self._flat = trace.outputs.ndim == 1
        names = tuple(self._activations(trace))
        found = self._head(trace)
        a = Architecture(
            widths(trace.layers), names, found.output, found.loss, **found.numbers,
            biases=trace.layers[0].bias is not None,
        )  # fmt: skip
        self.weights = [self._form.layers(self._made(a)[1], lambda parameter: parameter)]
        self._declare(found, names, a.biases, beside, architectures=(a,))

    def _read_build(self, beside: Mapping[str, Any]) -> None:
        """Which activations it builds: those that are recognised as what was asked for."""
        built, refusals, trace = list[str](), list[str](), None
        asked = self._options.get("activation")
        for name in (asked,) if asked else ACTIVATIONS:
            try:
                module = self._placed(self._build(self._probe(name)))
                trace = self._passed(module)
                found = [name] if asked else self._activations(trace)
                built += [name] * (found == [name])
                refusals += [f"asked for {name} it gives {found[0]}"] * (found != [name])
            except (ValueError, NotSupported) as reason:
                refusals.append(str(reason))
        if trace is None or not built:
            raise NotSupported(f"build gives no activation that was asked for: {refusals[0]}")
        self._flat, head = trace.outputs.ndim == 1, self._head(trace)
        if head.numbers:
            word = next(iter(head.numbers))
            raise NotSupported(f"the criterion has {word}: only a module as it is may have one")
        biases = trace.layers[0].bias is not None
        self._declare(head, tuple(built), biases, beside, dropout=self._drops(built[0]))

    def _probe(self, name: str, dropout: float = 0.0) -> Architecture:
        return Architecture((3, 4, 2), name, "identity", "squared_error", dropout=dropout)

    def _drops(self, name: str) -> bool:
        """Whether a module that is built with dropout gives two answers in training."""
        try:
            module = self._placed(self._build(self._probe(name, 0.5))).train()
            inputs = torch.ones((64, 3), dtype=self._form.dtype, device=self._form.device)
            with seeded(0), torch.no_grad():
                return not torch.equal(module(inputs), module(inputs))
        except (ValueError, NotSupported):
            return False

    def _passed(self, module: Any) -> Trace:
        """Random rows through a copy of the module at random parameters."""
        module = deepcopy(module)
        with seeded(0):
            for one in module.parameters():
                nn.init.normal_(one, std=2 / max(1, one.shape[-1]) ** 0.5)
            sizes = dict.fromkeys(p.shape[1] for p in module.parameters() if p.ndim == 2)
            for features in sizes:
                inputs = 3 * torch.randn(ROWS, features).to(self._form.device, self._form.dtype)
                try:
                    return traced(module, inputs)
                except RuntimeError as error:  # shapes that do not fit: another layer comes first
                    failure = error
            if not sizes:
                return traced(module, torch.zeros(1, 1))
        raise NotSupported(f"the module takes no rows of numbers: {failure}")

    def _activations(self, trace: Trace) -> list[str]:
        pairs = zip(trace.leaving, trace.entering[1:], strict=False)
        return [recognised(z, units, place) for place, (z, units) in enumerate(pairs, 1)]

    def _head(self, trace: Trace) -> Head:
        logits = trace.leaving[-1]
        given = recognised(logits, trace.outputs.reshape(logits.shape), len(trace.layers))
        return head(self._criterion, given, logits.shape[1], self._options)

    def _declare(
        self, head: Head, names: tuple[str, ...], biases: bool, beside: Mapping[str, Any],
        **more: Any,
    ) -> None:  # fmt: skip
        self._head_of, known = head, "initialize" in self._beside or "initializers" in beside
        self.conventions = replace(head.conventions, **dict(beside.get("conventions", {})))
        trains = "train" in self._beside
        self.scope = Scope(
            activations=tuple(dict.fromkeys(names)),
            heads=((head.output, head.loss),),
            biases=biases,
            mixed_activations=len(set(names)) > 1 and self._fixed,
            optimizers=tuple(beside.get("optimizers", ("gradient_descent",))) if trains else (),
            weight_decay=tuple(beside.get("weight_decay", ())) if trains else (),
            initializers=tuple(beside.get("initializers", ())) if known else (),
            batches=trains,
            **more,
        )

    def _offer(self) -> None:
        """The capabilities that what is there gives."""
        offered: dict[str, Callable[..., Any]] = {"loss": self._loss, "gradient": self._gradient}
        if "train" in self._beside:
            offered["train"] = self._run_loop
        if "evaluate" in self._beside:
            offered["evaluate"] = self._run_evaluation
        if self.scope.initializers:
            offered["initialize"] = self._draw
        if self.scope.dropout:
            offered["forward_training"] = self._with_dropout
        for name, capability in offered.items():
            setattr(self, name, capability)

    def _placed(self, module: Any) -> Any:
        return _module(module).to(self._form.device, self._form.dtype).eval()

    def _made(self, architecture: Architecture) -> tuple[Any, list[Any]]:
        """A module of the architecture, and its layers in the order of the calls."""
        try:
            built = deepcopy(self._build) if self._fixed else self._build(architecture)
        except ValueError as reason:
            raise NotSupported(f"build: {reason}") from None
        module = self._placed(built)
        row = torch.zeros((1, architecture.widths[0]), dtype=self._form.dtype)
        layers = traced(module, row.to(self._form.device)).layers
        if widths(layers) != architecture.widths:
            raise NotSupported(f"build gave layers of widths {widths(layers)}")
        return module, layers

    def _set(self, made: tuple[Any, list[Any]], parameters: Parameters) -> tuple[Any, list[Any]]:
        module, layers = made
        set_parameters(layers, parameters, self._form)
        module.zero_grad()
        return module.eval(), layers

    def _targets(self, targets: Array) -> Any:
        """The targets as the criterion takes them."""
        wanted = self._form.tensor(targets)
        if isinstance(self._criterion, nn.CrossEntropyLoss):
            return wanted.argmax(dim=1)
        return wanted[:, 0] if self._flat else wanted

    def _outputs(self, architecture: Architecture, module: Any, inputs: Array) -> Array:
        return array(module(self._form.tensor(inputs))).reshape(-1, architecture.widths[-1])

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        module, _ = self._set(self._at(architecture), parameters)
        with torch.no_grad():
            return self._outputs(architecture, module, inputs)

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        module, _ = self._set(self._at(architecture), parameters)
        return [array(one) for one in traced(module, self._form.tensor(inputs)).entering[1:]]

    def _loss(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:  # fmt: skip
        module, _ = self._set(self._at(architecture), parameters)
        return array(self._criterion(module(self._form.tensor(inputs)), self._targets(targets)))

    def _gradient(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:  # fmt: skip
        module, layers = self._set(self._at(architecture), parameters)
        self._criterion(module(self._form.tensor(inputs)), self._targets(targets)).backward()
        return self._form.layers(layers, _slope)

    def _run_loop(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        optimizer: Optimizer, epochs: int, batch_size: int | None = None,
        sample_weights: Array | None = None, seed: int = 0,
    ) -> Parameters:  # fmt: skip
        module, layers = self._set(self._made(architecture), parameters)  # nothing stays of it
        data = self._form.tensor(inputs), self._targets(targets)
        with seeded(seed):
            self._beside["train"](module.train(), *data, optimizer, epochs, batch_size)
        return self._form.layers(layers, lambda parameter: parameter)

    def _run_evaluation(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, targets: Array,
        batch_size: int, sample_weights: Array | None = None,
    ) -> Any:  # fmt: skip
        module, _ = self._set(self._at(architecture), parameters)
        data = self._form.tensor(inputs), self._targets(targets)
        found = self._beside["evaluate"](module, *data, batch_size)
        return array(found) if isinstance(found, torch.Tensor) else found

    def _draw(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        with seeded(seed):
            module, layers = self._made(architecture)
            if "initialize" in self._beside:
                self._beside["initialize"](module, initializer)
        return self._form.layers(layers, lambda parameter: parameter)

    def _with_dropout(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, seed: int
    ) -> Array:
        module, _ = self._set(self._at(architecture), parameters)
        with seeded(seed), torch.no_grad():
            return self._outputs(architecture, module.train(), inputs)


def _module(built: Any) -> Any:
    if not isinstance(built, nn.Module):
        raise NotSupported(f"build gave a {type(built).__name__}, and no nn.Module")
    return built


def _slope(parameter: Any) -> Any:
    """The gradient of a parameter; what the loss does not reach has none, which is zeros."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _check_arguments(name: str, taken: Any) -> None:
    try:
        inspect.signature(taken).bind(*[None] * ARGUMENTS[name])
    except TypeError:
        rule = f"take {ARGUMENTS[name]} arguments, as backproof/adapters/torch_own.py says"
        raise NotSupported(f"{name}{inspect.signature(taken)} does not {rule}") from None
