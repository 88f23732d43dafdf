"""A user's own module of Equinox, judged without an adapter.

What is named is `build(architecture) -> eqx.Module`, or a module as it is. It maps one row, as
those of Equinox do, and takes a `key` if it drops units. Layers, activations and the head are found
by what a pass through it shows. Beside it the file may hold

criterion(outputs, targets) -> loss     of all rows, a number
train(module, inputs, targets, optimizer, epochs, batch_size) -> the trained module
evaluate(module, inputs, targets, batch_size) -> loss
initialize(module, initializer, seed) -> the module with new parameters
optimizers, weight_decay, initializers  which of them these two know, as in Scope
conventions                             a dict of what differs from what JAX and optax mean

What the criterion is, and whether it takes class numbers, is found by what it gives. `optimizer`
is the contract's, with name, learning_rate and the rest. Without a criterion it is the mean of
squares. A ValueError of `build` refuses an architecture.
"""

import inspect
from typing import Any

import equinox as eqx
import jax

from backproof.adapters.jax_own import JaxLibrary, Split
from backproof.adapters.own import OwnModule


class EquinoxLibrary(JaxLibrary):
    """Equinox, whose modules are trees of arrays and do not change."""

    word = "eqx.Module"
    version = f"equinox {eqx.__version__}, jax {jax.__version__}"
    page = "backproof/adapters/equinox_own.py"
    in_place = False

    @staticmethod
    def is_module(found: Any) -> bool:
        return isinstance(found, eqx.Module)

    @staticmethod
    def split(module: Any) -> Split:
        own, rest = eqx.partition(module, eqx.is_inexact_array)
        named, form = jax.tree_util.tree_flatten_with_path(own)

        def rebuilt(leaves: list[Any], training: bool) -> Any:
            whole = eqx.combine(form.unflatten(leaves), rest)
            return eqx.nn.inference_mode(whole, value=not training)

        names = [jax.tree_util.keystr(path).removeprefix(".") for path, _ in named]
        return Split([leaf for _, leaf in named], names, rebuilt)

    @staticmethod
    def called(module: Any, x: Any, key: Any) -> Any:
        taken = inspect.signature(module).parameters.get("key")
        if taken is None or (key is None and taken.default is not taken.empty):
            return jax.vmap(module)(x)
        keys = jax.random.split(jax.random.key(0) if key is None else key, len(x))
        return jax.vmap(lambda row, own: module(row, key=own))(x, keys)


class Own(OwnModule):
    """A module of the user's in Equinox."""

    library = EquinoxLibrary
