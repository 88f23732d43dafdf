"""Flax with optax: `nnx.Linear`, `nnx.Dropout`, and the activations and initializers of `nnx`.

    check flax

A network is `nnx.Sequential`; its gradient is that of `nnx.grad`, and a step is `update` of
`nnx.Optimizer`. Weights are started by `kernel_init`, and biases as they are unless one says how:
zeros. Dropout divides by the share that stays. What of it is JAX's or optax's is declared as
`jax.py` has it, and what they have no code for is not offered here either: weights of rows, batches
put together, a penalty, U(-a, a). All was read in version 0.12.8.
"""

from dataclasses import replace

import flax

from backproof.adapters import flax_programs
from backproof.adapters.jax import SCOPE, Dropping, Jax


class Flax(Dropping):
    """Networks of nnx.Linear on a CPU, or on a GPU."""

    name = "flax"
    version = f"{flax.__version__}, jax {Jax.version}"
    scope = replace(SCOPE, dropout=True)
    programs = flax_programs
