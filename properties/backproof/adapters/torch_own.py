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
from functools import cache
from typing import Any

import torch
from torch import nn

from backproof.adapters.torch import DTYPES, arithmetic
from backproof.adapters.torch_found import traced, widths
from backproof.adapters.torch_modules import Form, array, seeded, set_parameters
from backproof.adapters.torch_read import Reader, module_of, placed, probe
from backproof.contract import Architecture, Array, Implementation, NotSupported, Parameters
from refnet.architecture import ACTIVATIONS
from refnet.training.optimizers import Optimizer

ARGUMENTS = {"criterion": 2, "train": 6, "evaluate": 4, "initialize": 2}
"""What may stand beside the module, and how many arguments it takes."""

DECLARED = ("optimizers", "weight_decay", "initializers", "conventions")
"""What else may stand there."""

OPTIONS = ("loss", "output", "activation")


class Own(Implementation):
    """A module of the user's, or what builds it for an architecture."""

    def __init__(
        self, found: Any, beside: Mapping[str, Any], precision: str | None, options: dict[str, str]
    ) -> None:
        device, given = (
            options.get("device", "cpu"),
            {k: options[k] for k in options if k in OPTIONS},
        )
        if unknown := [name for name in options if name not in (*OPTIONS, "device")]:
            known = ", ".join((*OPTIONS, "device"))
            raise ValueError(f"--option {unknown[0]}: choose one of {known}")
        if not callable(found):
            raise NotSupported("give an nn.Module, or a function that builds it")
        self._build, self._fixed = found, isinstance(found, nn.Module)
        self._beside = {name: beside[name] for name in ARGUMENTS if callable(beside.get(name))}
        for name, taken in self._beside.items():
            _check_arguments(name, taken)
        self._criterion = self._beside.get("criterion", nn.MSELoss())
        self.name = type(found).__name__ if self._fixed else getattr(found, "__name__", "build")
        self.version = f"torch {torch.__version__}"
        precision = precision or _precision_of(self._example(given))
        self.precision = arithmetic(precision, device)
        self._form = Form(DTYPES[precision], device)
        self._at = cache(self._made)
        declared = {name: beside[name] for name in DECLARED if name in beside}
        self._read = Reader(
            found, self._criterion, self._form, given, declared | self._beside
        ).read()
        self.scope, self.conventions = self._read.scope, self._read.conventions
        if self._fixed:
            (only,) = self.scope.architectures or ()
            self.weights = [self._form.layers(self._made(only)[1], lambda parameter: parameter)]
        self._offer()

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
            return module_of(built)
        raise NotSupported(f"build refuses every architecture: {refusal}")

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

    def _made(self, architecture: Architecture) -> tuple[Any, list[Any]]:
        """A module of the architecture, and its layers in the order of the calls."""
        try:
            built = deepcopy(self._build) if self._fixed else self._build(architecture)
        except ValueError as reason:
            raise NotSupported(f"build: {reason}") from None
        module = placed(built, self._form)
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
        if isinstance(self._criterion, nn.CrossEntropyLoss | nn.NLLLoss):
            return wanted.argmax(dim=1)
        return wanted[:, 0] if self._read.flat else wanted

    def _outputs(self, architecture: Architecture, module: Any, inputs: Array) -> Array:
        outputs = module(self._form.tensor(inputs))
        plain = outputs.exp() if self._read.logs else outputs
        return array(plain).reshape(-1, architecture.widths[-1])

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


def _precision_of(module: Any) -> str:
    """The name of the precision of its parameters."""
    own = next((one.dtype for one in module.parameters()), torch.float32)
    return str(own).removeprefix("torch.")


def _slope(parameter: Any) -> Any:
    """The gradient of a parameter; what the loss does not reach has none, which is zeros."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _check_arguments(name: str, taken: Any) -> None:
    try:
        inspect.signature(taken).bind(*[None] * ARGUMENTS[name])
    except TypeError:
        rule = f"take {ARGUMENTS[name]} arguments, as backproof/adapters/torch_own.py says"
        raise NotSupported(f"{name}{inspect.signature(taken)} does not {rule}") from None
