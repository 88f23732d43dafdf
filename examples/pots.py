"""The running example of the book in `docs/book`: pots of seeds, how much water, which sprout.

The numbers are made up, few enough to be seen at once. A pot with too little water stays bare, and
so does one with too much. Around 1/2 and around 3/2 of a glass the outcomes overlap.
"""

import numpy as np
from numpy.typing import NDArray

from refnet import Architecture, Optimizer, Parameters, initialize, train

SPROUTED = [0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0]
"""21 pots, with 0, 0.1, ..., 2 glasses of water; the same when read from behind."""

water: NDArray[np.float64] = np.arange(21)[:, None] / 10
sprouted: NDArray[np.float64] = np.array(SPROUTED, dtype=np.float64)[:, None]
dry = slice(0, 11)
"""The pots with one glass at most."""

rain_and_can: NDArray[np.float64] = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
"""Four pots with a glass of rain or none, and a glass from the can or none."""
four_sprouted: NDArray[np.float64] = np.array([[0.0], [1.0], [1.0], [0.0]])


def network(units: int, activation: str = "sigmoid") -> Architecture:
    """1 input, one hidden layer of these units, and the probability that the pot sprouts."""
    return Architecture((1, units, 1), activation, "sigmoid", "cross_entropy")


def trained(architecture: Architecture, start: Parameters, epochs: int = 600) -> Parameters:
    """What Adam makes of a start on the 21 pots."""
    return train(architecture, start, water, sprouted, Optimizer("adam", 0.1), epochs)


def drawn(architecture: Architecture, seed: int) -> Parameters:
    """A random start: uniform weights by Glorot and Bengio, biases 0."""
    return initialize(architecture, "glorot_uniform", seed)
