"""A user's own nnx.Module, judged without an adapter.

What is named is `build(architecture) -> nnx.Module`, or a module as it is. It maps all rows.
Layers, activations and the head are found by what a pass through it shows. Beside it the file may
hold

criterion(outputs, targets) -> loss     of all rows, a number
train(module, inputs, targets, optimizer, epochs, batch_size)       in place, or gives the module
evaluate(module, inputs, targets, batch_size) -> loss
initialize(module, initializer, seed)   draws the parameters anew, in place, or gives the module
optimizers, weight_decay, initializers  which of them these two know, as in Scope
conventions                             a dict of what differs from what JAX and optax mean

What the criterion is, and whether it takes class numbers, is found by what it gives. `optimizer`
is the contract's, with name, learning_rate and the rest. Without a criterion it is the mean of
squares. A ValueError of `build` refuses an architecture.
"""

from typing import Any

import flax
import jax
from flax import nnx

from backproof.adapters.jax_own import JaxLibrary, Split
from backproof.adapters.own import OwnModule


class FlaxLibrary(JaxLibrary):
    """Flax's nnx, whose modules hold their parameters."""

    word = "nnx.Module"
    version = f"flax {flax.__version__}, jax {jax.__version__}"
    page = "backproof/adapters/flax_own.py"
    in_place = True

    @staticmethod
    def is_module(found: Any) -> bool:
        return isinstance(found, nnx.Module)

    @staticmethod
    def split(module: Any) -> Split:
        graph, own, rest = nnx.split(module, nnx.Param, ...)
        named, form = jax.tree_util.tree_flatten_with_path(own)

        def rebuilt(leaves: list[Any], training: bool) -> Any:
            whole = nnx.merge(graph, form.unflatten(leaves), rest, copy=True)
            (whole.train if training else whole.eval)()
            return whole

        names = [".".join(str(part.key) for part in path[:-1]) for path, _ in named]
        return Split([leaf for _, leaf in named], names, rebuilt)

    @staticmethod
    def called(module: Any, x: Any, key: Any) -> Any:
        if key is not None:
            drawn = (one for _, one in nnx.iter_graph(module) if isinstance(one, nnx.RngKey))
            nnx.reseed(module, **dict.fromkeys([one.tag for one in drawn], key))
        return module(x)


class Own(OwnModule):
    """A module of the user's in Flax."""

    library = FlaxLibrary
