"""PyTorch's `nn.Linear` with its activations, criteria, optimizers and starts.

A network is Linear, activation and Dropout for each hidden layer, and a Linear that gives the
logits; the criterion takes these, the gradient is autograd's, and training is the loop that
everybody writes: for each batch `zero_grad`, `backward`, `step`.

What the library has no code for is not offered: a loss of batches put together (`evaluate`), a
penalty in the loss, weights of rows in `cross_entropy` and `poisson_nll_loss`, smoothed labels of
a sigmoid, decoupled decay but Adam's, starts that are cut by the fans (`trunc_normal_` is told a
deviation). SGD is run without dampening: its first step takes the whole gradient nevertheless,
which the published recurrence does not.

What is declared was read in version 2.13.0: the mean losses are over elements, and MSELoss squares
without a half; nn.Softplus is the identity beyond 20, and where its derivative g exp(z) /
(1 + exp(z)) overflows before it is divided, it is refused; biases start as nn.Linear has them,
whatever draws the weights. Below float32 matrix products and sums are accumulated in float32 on a
CPU.

`binary=BCELoss` puts nn.Sigmoid and nn.BCELoss in the place of BCEWithLogitsLoss, and
`softplus=exact` lets the laws find both.
On `device=cuda` float32 is that of the cores (`allow_tf32` is off), and precision=tf32 turns it on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from backproof.adapters import torch_criteria
from backproof.adapters.torch_modules import Form, array, linears, network, seeded
from backproof.adapters.torch_optimizers import optimizer as made
from backproof.adapters.torch_starts import STARTS, started
from backproof.contract import Implementation, NotSupported, Scope
from refnet.architecture import ACTIVATIONS, HEADS, Architecture, Array, Parameters
from refnet.rounding.precision import FLOAT32, PRESETS, Precision
from refnet.training.optimizers import OPTIMIZERS, Optimizer

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "tf32": torch.float32,
}
"""The dtype behind each precision."""


class Torch(Implementation):
    """Networks of nn.Linear on a CPU, or on a GPU."""

    name = "torch"
    version = torch.__version__
    scope = Scope(
        activations=ACTIVATIONS,
        heads=HEADS,
        optimizers=OPTIMIZERS,
        weight_decay=("coupled", "decoupled"),
        initializers=tuple(STARTS),
        sample_weights=True,
        label_smoothing=True,
        soft_targets=True,
        batches=True,
        dropout=True,
        mixed_activations=True,
    )

    def __init__(
        self,
        precision: str = "float64",
        device: str = "cpu",
        binary: str = "BCEWithLogitsLoss",
        softplus: str = "documented",
    ) -> None:
        self.precision = arithmetic(precision, device)
        self.conventions = torch_criteria.conventions(binary, softplus)
        self._form, self._binary = Form(DTYPES[precision], device), binary
        self._excused = softplus == "documented"

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        with torch.no_grad():
            return self._outputs(
                architecture, network(architecture, parameters, self._form), inputs
            )

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        units, found = self._form.tensor(inputs), []
        with torch.no_grad():
            for block in network(architecture, parameters, self._form)[:-1]:
                units = block(units)
                found.append(array(units))
        return found

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:
        module = network(architecture, parameters, self._form)
        with torch.no_grad():
            return array(self._loss(architecture, module, inputs, targets, sample_weights))

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        module = network(architecture, parameters, self._form)
        self._loss(architecture, module, inputs, targets, sample_weights).backward()
        return self._found(architecture, module, lambda parameter: parameter.grad)

    def train(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        optimizer: Optimizer,
        epochs: int,
        batch_size: int | None = None,
        sample_weights: Array | None = None,
        seed: int = 0,
    ) -> Parameters:
        module = network(architecture, parameters, self._form).train()
        step, size = made(optimizer, module.parameters()), batch_size or len(inputs)
        batches = [slice(start, start + size) for start in range(0, len(inputs), size)] * epochs
        with seeded(seed):
            for rows in batches:
                weights = None if sample_weights is None else sample_weights[rows]
                step.zero_grad()
                self._loss(architecture, module, inputs[rows], targets[rows], weights).backward()
                step.step()
        return self._found(architecture, module, lambda parameter: parameter)

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        with seeded(seed):
            layers = started(architecture, initializer, self._form)
        return self._form.layers(layers, lambda parameter: parameter)

    def forward_training(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, seed: int
    ) -> Array:
        module = network(architecture, parameters, self._form).train()
        with seeded(seed), torch.no_grad():
            return self._outputs(architecture, module, inputs)

    def _found(
        self, architecture: Architecture, module: Any, part: Callable[[Any], Any]
    ) -> Parameters:
        """A part of each parameter, unless nn.Softplus has spoilt it."""
        layers = self._form.layers(linears(module), part)
        whole = all(bool(np.isfinite(one).all()) for layer in layers for one in layer)
        if self._excused and not whole and "softplus" in architecture.activations:
            raise NotSupported("nn.Softplus multiplies by exp(z) before it divides: that overflows")
        return layers

    def _outputs(self, architecture: Architecture, module: Any, inputs: Array) -> Array:
        return array(torch_criteria.OUTPUTS[architecture.output](module(self._form.tensor(inputs))))

    def _loss(
        self,
        architecture: Architecture,
        module: Any,
        inputs: Array,
        targets: Array,
        weights: Array | None,
    ) -> Any:
        logits, wanted = module(self._form.tensor(inputs)), self._form.tensor(targets)
        rows = None if weights is None else self._form.tensor(weights)
        return torch_criteria.loss(architecture, logits, wanted, rows, self._binary)


def arithmetic(precision: str, device: str) -> Precision:
    """What the dtype promises on the device, which is made to compute so.

    Raises: ValueError for a precision or a device that is not there.
    """
    if precision not in DTYPES:
        raise ValueError(f"precision={precision!r}: choose one of {', '.join(DTYPES)}")
    if device != "cpu" and not (device.startswith("cuda") and torch.cuda.is_available()):
        raise ValueError(f"device={device!r}: there is cpu, and cuda where torch finds a GPU")
    if precision == "tf32" and device == "cpu":
        raise ValueError("precision='tf32' on a CPU: it is of GPUs, device=cuda")
    torch.set_num_threads(1)  # small matrices; and no sum depends on how the rows are shared out
    matmul = torch.backends.cuda.matmul
    matmul.allow_tf32 = precision == "tf32"
    matmul.allow_bf16_reduced_precision_reduction = False
    matmul.allow_fp16_reduced_precision_reduction = False
    if precision not in ("bfloat16", "float16"):
        return PRESETS[precision]
    return replace(PRESETS[precision], accumulation=FLOAT32.unit, sums=FLOAT32.unit)
