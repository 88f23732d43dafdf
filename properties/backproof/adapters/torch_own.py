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

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import nn

from backproof.adapters.own import OwnModule
from backproof.adapters.own_found import Chain, Trace
from backproof.adapters.own_heads import Head, head_of
from backproof.adapters.own_library import Library
from backproof.adapters.torch import DTYPES, arithmetic
from backproof.adapters.torch_criteria import MEANS
from backproof.adapters.torch_found import traced
from backproof.adapters.torch_heads import KNOWN, head
from backproof.adapters.torch_modules import Form, array, seeded, set_parameters
from backproof.contract import NotSupported
from refnet.architecture import Array, Parameters

ARGUMENTS = {"criterion": 2, "train": 6, "evaluate": 4, "initialize": 2}
"""What may stand beside a module, and how many arguments it takes."""

ROWS = 256


class TorchLibrary(Library):
    """PyTorch, whose modules hold their parameters and are set in place."""

    word = "nn.Module"
    version = f"torch {torch.__version__}"
    page = "backproof/adapters/torch_own.py"
    arguments = ARGUMENTS
    criterion = nn.MSELoss()
    after = " (log-probabilities go with the criterion nn.NLLLoss)"

    def __init__(self, precision: str, device: str) -> None:
        self.precision = arithmetic(precision, device)
        self._form = Form(DTYPES[precision], device)

    @staticmethod
    def is_module(found: Any) -> bool:
        return isinstance(found, nn.Module)

    @staticmethod
    def precision_of(module: Any) -> str:
        own = next((one.dtype for one in module.parameters()), torch.float32)
        return str(own).removeprefix("torch.")

    def placed(self, built: Any) -> Any:
        module = deepcopy(self.checked(built))
        return module.to(self._form.device, self._form.dtype).eval()

    def chain(self, module: Any, features: int) -> Chain:
        return traced(module, self._form.tensor(np.zeros((1, features)))).chain

    def at_random(self, module: Any) -> Trace:
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

    def parameters(self, module: Any, layers: list[Any]) -> Parameters:
        return self._form.layers(layers, lambda parameter: parameter)

    def at(self, module: Any, layers: list[Any], parameters: Parameters) -> Any:
        set_parameters(layers, parameters, self._form)
        module.zero_grad()
        return module.eval()

    def outputs(self, module: Any, inputs: Array, seed: int | None = None) -> Array:
        drawn = nullcontext() if seed is None else seeded(seed)
        with drawn, torch.no_grad():
            return array(module.train(seed is not None)(self._form.tensor(inputs)))

    def hidden(self, module: Any, inputs: Array) -> list[Array]:
        return traced(module, self._form.tensor(inputs)).entering[1:]

    def loss(self, module: Any, criterion: Any, inputs: Array, targets: Array) -> Array:
        return array(self._loss(module, criterion, inputs, targets))

    def gradient(
        self, module: Any, layers: list[Any], criterion: Any, inputs: Array, targets: Array
    ) -> Parameters:
        self._loss(module, criterion, inputs, targets).backward()
        return self._form.layers(layers, _slope)

    def trained(self, module: Any, train: Callable[..., Any], *data: Array, seed: int) -> Any:
        with seeded(seed):
            train(module.train(), *map(self._given, data))
        return module

    def evaluated(self, module: Any, evaluate: Callable[..., Any], *data: Array) -> Any:
        found = evaluate(module, *map(self._given, data))
        return array(found) if isinstance(found, torch.Tensor) else found

    def started(
        self, made: Callable[[], Any], initialize: Any, name: str, seed: int
    ) -> tuple[Any, list[Any]]:
        with seeded(seed):
            module, layers = made()
            if initialize:
                initialize(module, name)
        return module, layers

    def head(
        self, criterion: Any, given: str, logs: bool, outputs: int, options: Mapping[str, str]
    ) -> Head:
        if "loss" in options or type(criterion).__name__ in KNOWN:
            return head(criterion, given, outputs, options)

        def ask(outputs: Array, targets: Array) -> float:
            return float(criterion(self._given(outputs), self._given(targets)))

        return head_of(ask, given, outputs, options, MEANS, criterion)

    def logs(self, criterion: Any) -> tuple[bool, ...]:
        return (isinstance(criterion, nn.NLLLoss),)

    def draws(self, beside: Mapping[str, Any]) -> bool:
        return "initialize" in beside or "initializers" in beside

    def _loss(self, module: Any, criterion: Any, inputs: Array, targets: Array) -> Any:
        return criterion(module(self._form.tensor(inputs)), self._given(targets))

    def _given(self, numbers: Array) -> Any:
        """A tensor in the dtype, of class numbers as they are."""
        if numbers.dtype.kind == "i":
            return torch.tensor(numbers, device=self._form.device)
        return self._form.tensor(numbers)


class Own(OwnModule):
    """A module of the user's in PyTorch."""

    library = TorchLibrary


def _slope(parameter: Any) -> Any:
    """The gradient of a parameter; what the loss does not reach has none, which is zeros."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
