"""Mistakes at the start."""

from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.conventions import Conventions

APART = "a_seed_decides_the_start_and_units_start_apart"


@mutant(APART)
class SeedIgnored(Refnet):
    """Every seed gives the same start."""

    def initialize(self, *arguments: Any) -> Any:
        architecture, initializer, _ = arguments
        return super().initialize(architecture, initializer, 0)


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


@mutant(APART)
class BiasesBeyondTheFan(Refnet):
    """Biases are drawn from -1 to 1, whatever the fan, while they are declared to depend on it."""

    def __init__(self, precision: str = "float64") -> None:
        super().__init__(precision)
        self.conventions = Conventions(initial_biases="fan_in_uniform")

    def initialize(self, *arguments: Any) -> Any:
        layers = super().initialize(*arguments)
        return [Layer(w, b * np.sqrt(len(w))) for w, b in layers]
