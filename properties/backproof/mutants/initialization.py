"""Mistakes at the start."""

from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.mutants import mutant
from refnet.architecture import Layer

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
