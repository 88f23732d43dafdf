"""The layers of a program of JAX's: the matrix products with a parameter, in the order they come.

The program maps the parameters and one row. It is walked through operation by operation, with the
programs that it calls, and of each value is known whether it is a parameter, in whatever layout,
or a product that waits for its biases. So it is no matter how the module is written, as nn.Linear
or as x @ w + b. What else is done with a parameter is no layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from backproof.contract import NotSupported
from refnet.architecture import Array

LAYOUT: dict[str, Callable[[Array, Any], Array]] = {
    "transpose": lambda entries, how: np.transpose(entries, how["permutation"]),
    "reshape": lambda entries, how: np.reshape(entries, how["new_sizes"]),
    "squeeze": lambda entries, how: np.squeeze(entries, tuple(how["dimensions"])),
    "broadcast_in_dim": lambda entries, how: _broadcast(entries, **how),
    "convert_element_type": lambda entries, how: entries,
    "reduce_precision": lambda entries, how: entries,
    "copy": lambda entries, how: entries,
    "copy_p": lambda entries, how: entries,
}
"""The operations that leave numbers what they are, and where they put them."""

CALLS = (
    "jit", "pjit", "closed_call", "core_call", "checkpoint", "remat", "remat2",
    "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr",
)  # fmt: skip
"""The operations that are programs of their own."""


class Part(NamedTuple):
    """A value that is a parameter: which one, and which entry of it stands at each place."""

    leaf: int
    entries: Array


@dataclass
class Found:
    """A layer: its weights (fan_in, fan_out), its biases (fan_out,), what enters and leaves it."""

    weights: Part
    entering: Any
    leaving: Any
    biases: Part | None = None


class Seen(NamedTuple):
    """A value of the program, and what it is known to be."""

    value: Any
    what: Part | Found | None = None


@dataclass
class Walk:
    """What is found on the way through a program whose parameters have these names."""

    names: Sequence[str]
    layers: list[Found] = field(default_factory=list)

    def through(self, program: Any, leaves: Sequence[Any], row: Any) -> Any:
        """What the program gives.

        Raises: NotSupported where a parameter is no weights and no biases of a layer.
        """
        given = [Seen(leaf, _whole(place, leaf)) for place, leaf in enumerate(leaves)]
        [outputs] = self._called(program.jaxpr, program.consts, [*given, Seen(row)])
        self._check()
        return outputs.value

    def _called(self, jaxpr: Any, constants: Any, given: Sequence[Seen]) -> list[Seen]:
        known = dict(zip(jaxpr.constvars, map(Seen, constants), strict=True))
        known |= zip(jaxpr.invars, given, strict=True)

        def read(name: Any) -> Seen:
            return Seen(name.val) if hasattr(name, "val") else known[name]

        for operation in jaxpr.eqns:
            results = self._done(operation, [read(name) for name in operation.invars])
            known |= zip(operation.outvars, results, strict=True)
        return [read(name) for name in jaxpr.outvars]

    def _done(self, operation: Any, given: list[Seen]) -> list[Seen]:
        primitive, settings = operation.primitive, operation.params
        inner = settings.get("jaxpr", settings.get("call_jaxpr"))
        if primitive.name in CALLS and inner is not None:
            return self._called(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), given)
        found = primitive.bind(*(one.value for one in given), **settings)
        results = found if primitive.multiple_results else [found]
        if all(one.what is None for one in given):
            return [Seen(one) for one in results]
        return [Seen(results[0], self._what(operation, given, results[0])), *map(Seen, results[1:])]

    def _what(self, operation: Any, given: list[Seen], result: Any) -> Part | Found | None:
        name, first = operation.primitive.name, given[0].what
        parts = [one.what for one in given if isinstance(one.what, Part)]
        if name in LAYOUT and parts:
            return Part(parts[0].leaf, LAYOUT[name](parts[0].entries, operation.params))
        if name in LAYOUT:
            return first
        if not parts:
            return None
        layers = [one.what for one in given if isinstance(one.what, Found)]
        if name == "dot_general" and len(parts) == 1:
            return self._product(operation, given, parts[0], result)
        if name in ("add", "add_any") and layers:
            self._add_biases(layers[0], parts[0], result)
            return None
        raise self._foreign(parts[0], name)

    def _product(self, operation: Any, given: list[Seen], part: Part, result: Any) -> Found:
        contracted, batched = operation.params["dimension_numbers"]
        side = next(place for place, one in enumerate(given) if one.what is part)
        one_matrix = part.entries.ndim == 2 and not any(batched) and len(contracted[side]) == 1
        if not one_matrix or np.unique(part.entries).size < part.entries.size:
            raise self._foreign(part, "dot_general")
        weights = Part(part.leaf, np.moveaxis(part.entries, contracted[side][0], 0))
        entering = given[1 - side].value.reshape(-1)
        if entering.size != weights.entries.shape[0]:
            raise self._foreign(part, "dot_general of several rows at once")
        self.layers.append(Found(weights, entering, result.reshape(-1)))
        return self.layers[-1]

    def _add_biases(self, layer: Found, part: Part, result: Any) -> None:
        entries = np.broadcast_to(part.entries, result.shape).reshape(-1)
        if layer.biases is not None or len(set(entries)) != layer.weights.entries.shape[1]:
            raise self._foreign(part, "add")
        layer.biases, layer.leaving = Part(part.leaf, entries), result.reshape(-1)

    def _foreign(self, part: Part, name: str) -> NotSupported:
        what = f"{self.names[part.leaf]} goes into {name}"
        return NotSupported(f"{what}: weights and biases of layers alone are judged")

    def _check(self) -> None:
        """Every parameter is of one layer, and all have biases or none."""
        if not self.layers:
            raise NotSupported("the module has no layer, a product with a matrix of weights")
        used = [part.leaf for one in self.layers for part in (one.weights, one.biases) if part]
        if twice := [leaf for leaf in used if used.count(leaf) > 1]:
            name = self.names[twice[0]]
            raise NotSupported(f"{name} is used twice: tied layers are not judged")
        if unused := [name for leaf, name in enumerate(self.names) if leaf not in used]:
            raise NotSupported(f"{unused[0]} is of no layer that is used")
        if len({one.biases is None for one in self.layers}) > 1:
            raise NotSupported("some layers have biases and some have none; give all the same")


def _whole(place: int, leaf: Any) -> Part:
    return Part(place, np.arange(np.size(leaf)).reshape(np.shape(leaf)))


def _broadcast(entries: Array, shape: Any, broadcast_dimensions: Any, **_: Any) -> Array:
    sizes = [1] * len(shape)
    for size, place in zip(entries.shape, broadcast_dimensions, strict=True):
        sizes[place] = size
    return np.broadcast_to(entries.reshape(sizes), shape)
