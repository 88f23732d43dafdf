"""What judging a user's module needs of JAX, whichever library of modules stands on it.

A module is held as its parameters and a function that puts it together from them; what is asked of
it is compiled once for each shape. Its layers are found by a walk through the program of one row.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from backproof.adapters.jax import Jax, arithmetic
from backproof.adapters.jax_found import Found, Part, Walk
from backproof.adapters.own_found import Chain, Trace
from backproof.adapters.own_heads import Head, head_of
from backproof.adapters.own_library import Library
from backproof.contract import Conventions, NotSupported
from refnet.architecture import Array, Layer, Parameters

ARGUMENTS = {"criterion": 2, "train": 6, "evaluate": 4, "initialize": 3}
"""What may stand beside a module, and how many arguments it takes."""

SETTINGS = ("jax_enable_x64", "jax_default_device", "jax_default_matmul_precision")
"""What of a session decides in which precision and where is computed."""

ROWS = 256


def mean_squared_error(outputs: Any, targets: Any) -> Any:
    """The mean of (outputs - targets)^2, where no criterion is given."""
    return jnp.mean((outputs - targets) ** 2)


class Split(NamedTuple):
    """A module in parts: its parameters, their names, and what makes it of such parameters.

    rebuilt: of parameters and whether it trains
    """

    leaves: list[Any]
    names: list[str]
    rebuilt: Callable[[list[Any], bool], Any]


class Programs:
    """What is asked of a module, as programs of its parameters and rows."""

    def __init__(self, split: Split, called: Callable[[Any, Any, Any], Any]) -> None:
        self._split, self._called = split, called
        self.outputs, self.passed = jax.jit(self.gives), jax.jit(self.passes)
        self.slope = jax.jit(jax.value_and_grad(self._loss), static_argnums=3)
        self.walked = cache(self._walked)

    def gives(self, leaves: Any, x: Any, key: Any = None) -> Any:
        """The outputs; with a key in training.

        Raises: NotSupported where they are no array.
        """
        found = self._called(self._split.rebuilt(leaves, key is not None), x, key)
        if not isinstance(found, jax.Array):
            raise NotSupported(f"the module gives a {type(found).__name__}, and no array")
        return found

    def _loss(self, leaves: Any, x: Any, y: Any, criterion: Any) -> Any:
        return criterion(self.gives(leaves, x), y)

    def _row(self, leaves: Any, row: Any) -> Any:
        return self.gives(leaves, row[None])[0]

    def _walked(self, features: int) -> tuple[Any, list[Found]]:
        """The program of one row, and its layers."""
        row = jnp.zeros(features, self._split.leaves[0].dtype)
        program, walk = jax.make_jaxpr(self._row)(self._split.leaves, row), self._walk()
        jax.eval_shape(partial(walk.through, program), self._split.leaves, row)  # without numbers
        return program, walk.layers

    def _walk(self) -> Walk:
        return Walk(self._split.names)

    def passes(self, leaves: Any, x: Any) -> Any:
        """What enters and what leaves each layer, for all rows."""
        program, _ = self.walked(x.shape[1])

        def one(row: Any) -> Any:
            walk = self._walk()
            walk.through(program, leaves, row)
            return [(layer.entering, layer.leaving) for layer in walk.layers]

        return jax.vmap(one)(x)


class Held(NamedTuple):
    """A module at some parameters."""

    leaves: list[Any]
    split: Split
    programs: Programs


class JaxLibrary(Library):
    """Modules that are made of arrays of JAX's."""

    arguments = ARGUMENTS
    criterion = staticmethod(mean_squared_error)
    shapes = "few"
    changes = False
    means: Conventions = Jax.conventions
    in_place: bool

    def __init__(self, precision: str, device: str) -> None:
        before = _settings()
        self.precision = arithmetic(precision, device)
        self._set = _settings()
        _update(before)  # a session's own stays
        self._dtype = jnp.dtype("float32" if precision == "tf32" else precision)

    @staticmethod
    @abstractmethod
    def split(module: Any) -> Split:
        """The module in parts."""

    @staticmethod
    @abstractmethod
    def called(module: Any, x: Any, key: Any) -> Any:
        """What the module gives for rows; with a key in training."""

    @classmethod
    def precision_of(cls, module: Any) -> str:
        return next((str(leaf.dtype) for leaf in cls.split(module).leaves), "float32")

    def within(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def inside(*given: Any, **named: Any) -> Any:
            before = _settings()
            _update(self._set)
            try:
                return call(*given, **named)
            finally:
                _update(before)

        return inside

    def placed(self, built: Any) -> Any:
        found = self.split(self.checked(built))
        split = found._replace(
            leaves=[np.asarray(leaf).astype(self._dtype) for leaf in found.leaves]
        )
        return Held(split.leaves, split, Programs(split, self.called))

    def chain(self, module: Any, features: int) -> Chain:
        _, layers = module.programs.walked(features)
        shapes = [layer.weights.entries.shape for layer in layers]
        return Chain(list(layers), shapes, layers[0].biases is not None)

    def at_random(self, module: Any) -> Trace:
        sizes = dict.fromkeys(size for leaf in module.leaves for size in leaf.shape[::-1])
        failure: object = "it has no parameters"
        for features in sizes:
            try:
                _, layers = module.programs.walked(features)
            except (TypeError, ValueError) as error:  # another layer comes first
                failure = error
                continue
            rng = np.random.default_rng(0)
            drawn = [_drawn(layer, rng) for layer in layers]
            inputs = 3 * rng.normal(size=(ROWS, features))
            return self._trace(self.at(module, layers, drawn), inputs)
        raise NotSupported(f"the module takes no rows of numbers: {str(failure).splitlines()[0]}")

    def _trace(self, held: Held, inputs: Array) -> Trace:
        x, programs = self._given(inputs), held.programs
        passed = programs.passes(held.leaves, x)
        entering, leaving = ([self._array(one[side]) for one in passed] for side in (0, 1))
        outputs = self._array(programs.gives(held.leaves, x))
        return Trace(self.chain(held, inputs.shape[1]), entering, leaving, outputs)

    def parameters(self, module: Any, layers: list[Any]) -> Parameters:
        return self._layers(module.leaves, layers)

    def _layers(self, leaves: Any, layers: list[Any]) -> Parameters:
        return [Layer(*(self._part(leaves, one) for one in (f.weights, f.biases))) for f in layers]

    def _part(self, leaves: Any, part: Part | None) -> Any:
        return part and self._array(leaves[part.leaf]).reshape(-1)[part.entries]

    def at(self, module: Any, layers: list[Any], parameters: Parameters) -> Any:
        leaves = list(module.leaves)
        for found, layer in zip(layers, parameters, strict=True):
            for part, values in zip((found.weights, found.biases), layer, strict=True):
                if part is not None:
                    flat = np.empty(part.entries.size, self._dtype)
                    flat[part.entries] = values
                    leaves[part.leaf] = flat.reshape(leaves[part.leaf].shape)
        return module._replace(leaves=leaves)

    def outputs(self, module: Any, inputs: Array, seed: int | None = None) -> Array:
        key = None if seed is None else jax.random.key(seed)
        return self._array(module.programs.outputs(module.leaves, self._given(inputs), key))

    def hidden(self, module: Any, inputs: Array) -> list[Array]:
        passed = module.programs.passed(module.leaves, self._given(inputs))
        return [self._array(entering) for entering, _ in passed[1:]]

    def loss(self, module: Any, criterion: Any, inputs: Array, targets: Array) -> Array:
        return self._array(self._slope(module, criterion, inputs, targets)[0])

    def gradient(
        self, module: Any, layers: list[Any], criterion: Any, inputs: Array, targets: Array
    ) -> Parameters:
        return self._layers(self._slope(module, criterion, inputs, targets)[1], layers)

    def _slope(self, held: Held, criterion: Any, *data: Array) -> Any:
        return held.programs.slope(held.leaves, *map(self._given, data), criterion)

    def trained(self, module: Any, train: Callable[..., Any], *data: Array, seed: int) -> Any:
        own = self._whole(module, True)
        return self._after(module, "train", own, train(own, *map(self._tensor, data)))

    def evaluated(self, module: Any, evaluate: Callable[..., Any], *data: Array) -> Any:
        return self._array(evaluate(self._whole(module, False), *map(self._tensor, data)))

    def started(
        self, made: Callable[[], Any], initialize: Any, name: str, seed: int
    ) -> tuple[Any, list[Any]]:
        module, layers = made()
        own = self._whole(module, False)
        return self._after(module, "initialize", own, initialize(own, name, seed)), layers

    def _whole(self, held: Held, training: bool) -> Any:
        return held.split.rebuilt([jnp.asarray(leaf) for leaf in held.leaves], training)

    def _after(self, held: Held, name: str, given: Any, found: Any) -> Held:
        """The module after a function of the user's, which gives it back or has changed it.

        Raises: TypeError where it does neither.
        """
        after = given if found is None and self.in_place else found
        if not self.is_module(after):
            raise TypeError(f"{name} gave a {type(after).__name__}: return the {self.word}")
        return held._replace(leaves=self.split(after).leaves)

    def head(
        self, criterion: Any, given: str, logs: bool, outputs: int, options: Mapping[str, str]
    ) -> Head:
        def ask(answered: Array, targets: Array) -> float:
            taken = np.log(answered) if logs else answered
            return float(criterion(self._tensor(taken), self._tensor(targets)))

        return head_of(ask, given, outputs, options, self.means, criterion)

    def _given(self, numbers: Array) -> Any:
        """An array of NumPy's in the dtype; class numbers as they are."""
        return np.asarray(numbers, jnp.int32 if numbers.dtype.kind == "i" else self._dtype)

    def _tensor(self, numbers: Array) -> Any:
        return jnp.asarray(self._given(numbers))

    def _array(self, values: Any) -> Array:
        return np.asarray(values).astype(self.precision.dtype)


def _settings() -> dict[str, Any]:
    return {name: getattr(jax.config, name) for name in SETTINGS}


def _update(settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)


def _drawn(layer: Found, rng: np.random.Generator) -> Layer[Array]:
    """Numbers at which every activation shows what it is."""
    into, out = layer.weights.entries.shape
    return Layer(2 / np.sqrt(into) * rng.normal(size=(into, out)), 0.5 * rng.normal(size=out))
