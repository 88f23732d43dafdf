"""Mistakes at the start."""

from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np

import refnet
from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Architecture, Layer
from refnet.conventions import STRICT, Conventions

APART = "a_seed_decides_the_start_and_units_start_apart"

NAMED = "weights_start_with_the_named_distribution"


@mutant(APART)
class SeedIgnored(Refnet):
    """Every seed gives the same start."""

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, _ = arguments
        return super().initialize(architecture, initializer, 0)


@mutant(APART)
class SeedZeroTakenForNone(Refnet):
    """A seed of 0 counts as none, so that each start is another one."""

    def __init__(self, *options: Any) -> None:
        super().__init__(*options)
        self._unseeded = cycle((1, 2))

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, seed = arguments
        return super().initialize(architecture, initializer, seed or next(self._unseeded))


@mutant(APART)
class OneSeedForEveryLayer(Refnet):
    """Each layer is drawn with the seed of the network, so that layers of one shape are equal."""

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, seed = arguments
        layers = super().initialize(architecture, initializer, seed)
        return [
            Layer(np.resize(layers[0].weights, w.shape) if place else w, b)
            for place, (w, b) in enumerate(layers)
        ]


@mutant(APART)
class OneUnitRepeated(Refnet):
    """One unit is drawn for each layer, and the others are its copies."""

    def initialize(self, *arguments: Any) -> Any:
        return [
            Layer(np.repeat(w[:, :1], w.shape[1], axis=1), b)
            for w, b in super().initialize(*arguments)
        ]


@mutant(APART)
class BiasesDrawn(Refnet):
    """Biases are drawn like weights while they are declared to start at zero."""

    def initialize(self, *arguments: Any) -> Any:
        return [Layer(w, w[0].copy()) for w, b in super().initialize(*arguments)]


class Restarted(Refnet):
    """An engine that draws each layer in a way of its own."""

    def layer(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        """One layer of the start."""
        raise NotImplementedError

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, seed = arguments
        seeds = np.random.default_rng(seed).integers(2**32, size=len(architecture.shapes))
        shapes = zip(architecture.shapes, map(int, seeds), strict=True)
        return [self.layer(initializer, shape, seed) for shape, seed in shapes]

    def drawn(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        """The engine's own layer of this shape."""
        one = Architecture(shape, "identity", "identity", "squared_error")
        layers: list[Layer[Any]] = super().initialize(one, initializer, seed)
        return layers[0]


@mutant(NAMED)
class FanOutForFanIn(Restarted):
    """The variance goes by how many units a layer has, not by how many inputs."""

    def layer(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        weights = self.drawn(initializer, shape[::-1], seed).weights.T
        return Layer(np.ascontiguousarray(weights), np.zeros(shape[1], weights.dtype))


@mutant(NAMED)
class HalfOfHe(Restarted):
    """He's variance is 1 / fan_in, as if no unit were ever switched off."""

    def layer(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        return self.drawn(initializer.replace("he_", "lecun_"), shape, seed)


@mutant(NAMED)
class GlorotByOneFan(Restarted):
    """Glorot's variance is 1 / fan_in, and leaves out the other fan."""

    def layer(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        return self.drawn(initializer.replace("glorot_", "lecun_"), shape, seed)


@mutant(NAMED)
class OrthogonalInLengthAlone(Restarted):
    """Orthogonal weights are normal ones, scaled to rows or columns of length 1."""

    def layer(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        if initializer != "orthogonal":
            return self.drawn(initializer, shape, seed)
        weights, biases = self.drawn("normal", shape, seed)
        along = int(shape[0] < shape[1])
        return Layer(weights / np.linalg.norm(weights, axis=along, keepdims=True), biases)


@mutant(NAMED)
class UniformForNormal(Restarted):
    """Normal weights come from a uniform distribution with the same variance."""

    def layer(self, initializer: str, shape: tuple[int, int], seed: int) -> Layer[Any]:
        return self.drawn(initializer.replace("_normal", "_uniform"), shape, seed)


@mutant(NAMED)
class TruncationNotCorrected(Refnet):
    """A truncated normal has the named variance before it is cut."""

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, seed = arguments
        plain = replace(STRICT, truncated_normal="plain")
        return refnet.initialize(architecture, initializer, seed, plain)


@mutant(NAMED)
class GeneratorRestarted(Restarted):
    """The generator is made anew with the same seed for each layer."""

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, seed = arguments
        return [self.drawn(initializer, shape, seed) for shape in architecture.shapes]


class DeclaredBiases(Refnet):
    """An engine whose biases are declared to be drawn."""

    def __init__(self, precision: str = "float64") -> None:
        super().__init__(precision)
        self.conventions = Conventions(initial_biases="fan_in_uniform")


@mutant(NAMED)
class BiasesRepeatTheWeights(DeclaredBiases):
    """Biases are drawn with the generator of the weights begun anew: they repeat the first row."""

    def initialize(self, *arguments: Any) -> Any:
        layers = super().initialize(*arguments)
        fan_in = "fan_in_uniform"
        return [Layer(w, w[0].copy()) if arguments[1] == fan_in else Layer(w, b) for w, b in layers]


@mutant(APART)
class BiasesBeyondTheFan(DeclaredBiases):
    """Biases are drawn from -1 to 1, whatever the fan, while they are declared to depend on it."""

    def initialize(self, *arguments: Any) -> Any:
        layers = super().initialize(*arguments)
        return [Layer(w, b * np.sqrt(len(w))) for w, b in layers]
