"""JAX with optax: jax.nn's activations, optax's losses and optimizers, jax.nn.initializers.

A network is the loop that everybody writes, x = activation(x @ w + b), jitted; its gradient is
jax.grad's, and a step is `update` and `apply_updates`. Every shape is a program to be compiled, so
that networks come from a pool, and what was compiled is kept in a cache of the user's.

What the two have no code for is not offered: weights of rows and batches put together in a loss, a
penalty, smoothed labels of a sigmoid, decoupled decay but Adam's, dropout, U(-a, a) (their uniform
begins at 0), biases, which are zeros here as in every tutorial.

What is declared was read in jax 0.10.2 and optax 0.2.8: `jax.nn.gelu` is the tanh form unless told
otherwise, `optax.l2_loss` halves squares, epsilon stands outside the root in Adam and inside in
RMSprop, truncated normals are corrected. Losses are averaged by `mean()`. Below float32 XLA adds up
in float32.

On `device=cuda` float32 is that of the cores, and precision=tf32 their tensor cores'.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # most of a run compiles

import jax
import jax.numpy as jnp
import numpy as np
import optax

from backproof.adapters import jax_programs as programs
from backproof.contract import Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import FLOAT32, PRESETS, Precision
from refnet.training.optimizers import OPTIMIZERS, Optimizer

PRECISIONS = ("float64", "float32", "bfloat16", "float16", "tf32")


class Jax(Implementation):
    """Networks of matrix products on a CPU, or on a GPU."""

    name = "jax"
    version = f"{jax.__version__}, optax {optax.__version__}"
    conventions = Conventions(
        reduction="mean over elements",
        gelu="tanh",
        nesterov="sutskever",
        momentum_rate="outside",
        adam_epsilon="outside",
        rmsprop_epsilon="inside",
    )
    scope = Scope(
        activations=tuple(programs.ACTIVATIONS),
        heads=tuple(programs.LOSSES),
        optimizers=OPTIMIZERS,
        weight_decay=("coupled", "decoupled"),
        initializers=tuple(programs.STARTS),
        label_smoothing=True,
        soft_targets=True,
        batches=True,
        mixed_activations=True,
        shapes="few",
    )

    def __init__(self, precision: str = "float64", device: str = "cpu") -> None:
        self.precision: Precision = arithmetic(precision, device)
        self._dtype = jnp.dtype("float32" if precision == "tf32" else precision)

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        form, pairs = self._given(architecture, parameters)
        return self._array(programs.outputs(form, pairs, self._tensor(inputs)))

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        form, pairs = self._given(architecture, parameters)
        return [self._array(units) for units in programs.units(form, pairs, self._tensor(inputs))]

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:
        return self._array(programs.loss(*self._asked(architecture, parameters, inputs, targets)))

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        return self._layers(
            programs.gradient(*self._asked(architecture, parameters, inputs, targets))
        )

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
        form, pairs, *data, numbers = self._asked(architecture, parameters, inputs, targets)
        kind, given = (
            _named(optimizer),
            {k: self._tensor(v) for k, v in _numbers(optimizer).items()},
        )
        state, size = programs.begun(kind, given, pairs), batch_size or len(inputs)
        for start in [*range(0, len(inputs), size)] * epochs:
            rows = [part[start : start + size] for part in data]
            pairs, state = programs.step(form, kind, given, state, pairs, *rows, numbers)
        return self._layers(pairs)

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        if initializer == "orthogonal" and self._dtype.itemsize < 4:
            raise NotSupported("orthogonal has no code for half precision")
        keys = jax.random.split(jax.random.key(seed), len(architecture.shapes))
        return [
            Layer(
                self._array(programs.started(initializer, shape, self._dtype, key)),
                np.zeros(shape[1]),
            )
            for key, shape in zip(keys, architecture.shapes, strict=True)
        ]

    def _given(self, a: Architecture, parameters: Parameters) -> tuple[programs.Form, Any]:
        pairs = [(self._tensor(weights), self._tensor(biases)) for weights, biases in parameters]
        return (a.activations, a.head), pairs

    def _asked(
        self, a: Architecture, parameters: Parameters, inputs: Array, targets: Array
    ) -> tuple[Any, ...]:
        """What a loss is taken of, and its numbers, which are no part of a program.

        Raises: NotSupported where optax has no such loss.
        """
        if a.label_smoothing and a.output == "sigmoid":
            raise NotSupported("sigmoid_binary_cross_entropy smooths no labels")
        numbers = self._tensor(a.label_smoothing), self._tensor(a.delta)
        data = self._tensor(inputs), self._tensor(targets)
        return (*self._given(a, parameters), *data, numbers)

    def _tensor(self, values: Any) -> Any:
        return jnp.asarray(values, self._dtype)

    def _array(self, values: Any) -> Array:
        return np.asarray(values).astype(self.precision.dtype)

    def _layers(self, pairs: Any) -> Parameters:
        return [Layer(self._array(weights), self._array(biases)) for weights, biases in pairs]


def arithmetic(precision: str, device: str) -> Precision:
    """What the dtype promises on the device, which is made to compute so.

    Raises: ValueError for a precision or a device that is not there.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r}: choose one of {', '.join(PRECISIONS)}")
    if precision == "tf32" and device == "cpu":
        raise ValueError("precision='tf32' on a CPU: it is of GPUs, device=cuda")
    try:
        jax.config.update("jax_default_device", jax.devices(device)[0])
    except RuntimeError:
        raise ValueError(f"device={device!r}: jax finds no such device") from None
    jax.config.update("jax_enable_x64", precision == "float64")
    most = "tensorfloat32" if precision == "tf32" else "highest"
    jax.config.update("jax_default_matmul_precision", most)
    _keep_programs()
    if precision not in ("bfloat16", "float16"):
        return PRESETS[precision]
    return replace(PRESETS[precision], accumulation=FLOAT32.unit, sums=FLOAT32.unit)


def _keep_programs() -> None:
    """What is compiled is kept where the user keeps caches, unless it is said where."""
    if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        jax.config.update("jax_compilation_cache_dir", f"{caches}/backproof/jax")
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _named(optimizer: Optimizer) -> str:
    """The optimizer in one word, which decides the program.

    Raises: NotSupported for a decoupled decay, which is adamw's alone.
    """
    if not optimizer.weight_decay:
        return optimizer.name
    if not optimizer.decoupled:
        return f"decayed {optimizer.name}"
    if optimizer.name != "adam":
        raise NotSupported("of the optimizers adamw alone has a decoupled decay")
    return "adamw"


def _numbers(given: Optimizer) -> dict[str, float]:
    names = ("learning_rate", "momentum", "beta1", "beta2", "rho", "epsilon", "weight_decay")
    return {name: getattr(given, name) for name in names}
