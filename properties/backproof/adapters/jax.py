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

The slope of `optax.huber_loss` is (r - delta) + delta, which loses the digits of small residuals:
it is refused, and `huber=judged` lets the laws find it. On `device=cuda` float32 is that of the
cores, and precision=tf32 their tensor cores'.
"""

import os
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from backproof.adapters import jax_programs, optax_parts
from backproof.contract import Implementation, NotSupported, Scope
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.rounding.precision import FLOAT32, PRESETS, Precision
from refnet.training.optimizers import OPTIMIZERS, Optimizer

os.environ.setdefault(  # most of a run compiles; XLA ends the process over a flag that it lacks
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0"
    + " --xla_cpu_use_fusion_emitters=false" * version("jaxlib").startswith(("0.9.", "0.10.")),
)

PRECISIONS = ("float64", "float32", "bfloat16", "float16", "tf32")

SCOPE = Scope(
    activations=tuple(jax_programs.ACTIVATIONS),
    heads=tuple(optax_parts.LOSSES),
    optimizers=OPTIMIZERS,
    weight_decay=("coupled", "decoupled"),
    initializers=tuple(jax_programs.STARTS),
    label_smoothing=True,
    soft_targets=True,
    batches=True,
    mixed_activations=True,
    shapes="few",
)


class Jax(Implementation):
    """Networks of matrix products on a CPU, or on a GPU."""

    name = "jax"
    version = f"{jax.__version__}, optax {optax.__version__}"
    conventions = replace(optax_parts.MEANS, gelu="tanh")
    scope = SCOPE
    programs: Any = jax_programs

    def __init__(
        self, precision: str = "float64", device: str = "cpu", huber: str = "documented"
    ) -> None:
        if huber not in ("documented", "judged"):
            raise ValueError(f"huber={huber!r}: choose documented or judged")
        self._excused = huber == "documented"
        self.precision: Precision = arithmetic(precision, device)
        self._dtype = jnp.dtype("float32" if precision == "tf32" else precision)

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        return self._passed(architecture, parameters, inputs)[-1]

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        return self._passed(architecture, parameters, inputs)[:-1]

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:
        return self._array(self._slope(architecture, parameters, inputs, targets)[0])

    def gradient(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Parameters:
        self._check_slope(architecture)
        return self._layers(self._slope(architecture, parameters, inputs, targets)[1])

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
        self._check_slope(architecture)
        kind = optax_parts.named(optimizer)
        given = optax_parts.numbers_of(optimizer)
        form, net = _form(architecture), self._net(architecture, parameters)
        state, size = self.programs.begun(kind, given, net), batch_size or len(inputs)
        key = jax.random.key(seed) if architecture.dropout else None
        for count, start in enumerate([*range(0, len(inputs), size)] * epochs):
            rows = slice(start, start + size)
            asked = self._asked(architecture, inputs[rows], targets[rows])
            own = None if key is None else jax.random.fold_in(key, count)
            _, gradient = self.programs.slope(form, net, *asked, own)
            net, state = self.programs.stepped(kind, given, state, net, gradient)
        return self._layers(net)

    def initialize(self, architecture: Architecture, initializer: str, seed: int) -> Parameters:
        if initializer == "orthogonal" and self._dtype.itemsize < 4:
            raise NotSupported("orthogonal has no code for half precision")
        keys = jax.random.split(jax.random.key(seed), len(architecture.shapes))
        drawn = [
            self.programs.started(initializer, shape, self._dtype, key)
            for key, shape in zip(keys, architecture.shapes, strict=True)
        ]
        return [Layer(self._array(weights), self._array(biases)) for weights, biases in drawn]

    def _net(self, architecture: Architecture, parameters: Parameters) -> Any:
        pairs = [(self._given(weights), self._given(biases)) for weights, biases in parameters]
        return self.programs.made(architecture, pairs)

    def _passed(self, a: Architecture, parameters: Parameters, inputs: Array) -> list[Array]:
        net = self._net(a, parameters)
        found = self.programs.passed(_form(a), net, self._given(inputs))
        return [self._array(one) for one in found]

    def _slope(self, a: Architecture, parameters: Parameters, *data: Array) -> Any:
        asked = self._asked(a, *data)
        return self.programs.slope(_form(a), self._net(a, parameters), *asked)

    def _check_slope(self, architecture: Architecture) -> None:
        if self._excused and architecture.loss == "huber":
            raise NotSupported("huber_loss takes its slope as (r - delta) + delta")

    def _asked(self, a: Architecture, inputs: Array, targets: Array) -> tuple[Any, ...]:
        """What a loss is taken of, and its numbers, which are no part of a program.

        Raises: NotSupported where optax has no such loss.
        """
        return self._given(inputs), self._given(targets), optax_parts.settings(a)

    def _given(self, values: Any) -> Any:
        """An array of NumPy's in the dtype: a program takes it as fast as one of its own."""
        return np.asarray(values, self._dtype)

    def _array(self, values: Any) -> Array:
        return np.asarray(values).astype(self.precision.dtype)

    def _layers(self, net: Any) -> Parameters:
        pairs = self.programs.pairs(net)
        return [Layer(self._array(weights), self._array(biases)) for weights, biases in pairs]


class Dropping(Jax):
    """What has a dropout of its own."""

    def forward_training(
        self, architecture: Architecture, parameters: Parameters, inputs: Array, seed: int
    ) -> Array:
        net, key = self._net(architecture, parameters), jax.random.key(seed)
        x = self._given(inputs)
        return self._array(self.programs.dropped(_form(architecture), net, x, key))


def _form(a: Architecture) -> optax_parts.Form:
    return a.activations, a.head


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
