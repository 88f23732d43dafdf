"""Equinox with optax: `eqx.nn.Linear`, `eqx.nn.Dropout`, and JAX's activations between them.

    check equinox

A network is `eqx.nn.Sequential`, mapped over the rows by `jax.vmap`; its gradient is that of
`eqx.filter_grad`, and a step ends in `eqx.apply_updates`. What of it is JAX's or optax's is
declared as `jax.py` has it, and what they have no code for is not offered here either.

`eqx.nn.Linear` has one start of its own, U(+-1 / sqrt(fan_in)) for weights and biases, and no other
is offered; Equinox's dropout divides by the share that stays. Both were read in version 0.13.8.
"""

from dataclasses import replace

import equinox

from backproof.adapters import equinox_programs
from backproof.adapters.jax import SCOPE, Dropping, Jax


class Equinox(Dropping):
    """Networks of eqx.nn.Linear on a CPU, or on a GPU."""

    name = "equinox"
    version = f"{equinox.__version__}, jax {Jax.version}"
    conventions = replace(Jax.conventions, initial_biases="fan_in_uniform")
    scope = replace(SCOPE, dropout=True, initializers=equinox_programs.STARTS)
    programs = equinox_programs
