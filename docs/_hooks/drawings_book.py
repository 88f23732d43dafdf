"""The figures of the book's first half: what logistic regression does, and what a layer adds."""

import sys
from pathlib import Path

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, SECOND, THIRD, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit

import refnet
from refnet.architecture import Array, Parameters
from refnet.logistic.newton import fit

sys.path.append(str(Path(__file__).resolve().parents[2] / "examples"))

import pots

GLASSES = np.linspace(-0.1, 2.1, 221)[:, None]


def _design(x: Array) -> Array:
    return np.hstack([x, np.ones_like(x)])


def _pots(axes: Axes, rows: slice = slice(None)) -> None:
    axes.plot(pots.water[rows], pots.sprouted[rows], "o", color=INK, markersize=4)
    axes.set(xlabel="glasses of water", ylabel="sprouts", ylim=(-0.08, 1.08))


def dry_pots() -> Figure:
    """The curve fitted to the dry pots, and the loss along its weight with the best bias."""
    x, y = pots.water[pots.dry], pots.sprouted[pots.dry]
    best = fit(_design(x), y).weights
    weights = np.linspace(-4, 40, 89)
    biases = [_best_bias(w * x[:, 0], y[:, 0]) for w in weights]
    logits = weights * x + np.array(biases)
    losses = np.mean(np.logaddexp(0, logits) - y * logits, axis=0)
    with style():
        figure, (left, right) = _panels(2)
        _pots(left, pots.dry)
        left.plot(GLASSES, expit(_design(GLASSES) @ best), color=FIRST, linewidth=2)
        left.set(xlim=(-0.1, 1.1))
        right.plot(weights, losses, color=FIRST, linewidth=2)
        right.plot(best[0], np.min(losses), "o", color=INK)
        right.set(xlabel="weight of the water", ylabel="loss, best bias", ylim=(0, 1))
    return figure


def _best_bias(offsets: Array, y: Array) -> float:
    """The b with mean sigmoid(offset + b) = mean y, by halving"""
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        over = np.mean(expit(offsets + middle)) > np.mean(y)
        low, high = (low, middle) if over else (middle, high)
    return (low + high) / 2


def zero_one_zero() -> Figure:
    """The best logistic regression on all pots; and four pots that are the same three amounts."""
    best = fit(_design(pots.water), pots.sprouted).weights
    with style():
        figure, (left, right) = _panels(2)
        _pots(left)
        left.plot(GLASSES, expit(_design(GLASSES) @ best), color=SECOND, linewidth=2)
        for total in (0, 1, 2):
            right.plot([total - 3, total + 3], [3, -3], color=FAINT, linewidth=1)
        for value, shape in ((0, "o"), (1, "s")):
            at = pots.rain_and_can[pots.four_sprouted[:, 0] == value]
            fill = FIRST if value else "none"
            label = "sprouts" if value else "stays bare"
            right.plot(*at.T, shape, color=FIRST, markerfacecolor=fill, label=label)
        right.set(xlabel="rain", ylabel="can", xlim=(-0.4, 1.9), ylim=(-0.4, 1.6), aspect="equal")
        right.legend(loc="upper right")
    return figure


def _two_units() -> tuple[refnet.Architecture, Parameters]:
    network = pots.network(2)
    return network, pots.trained(network, pots.drawn(network, 0))


def two_units() -> Figure:
    """What two trained hidden units say of the water, and what the network makes of it."""
    network, parameters = _two_units()
    units = refnet.hidden(network, parameters, GLASSES)[0]
    with style():
        figure, (left, right) = _panels(2)
        for unit, colour, line in zip(units.T, (SECOND, THIRD), ("-", "--"), strict=True):
            left.plot(GLASSES, unit, line, color=colour, linewidth=2)
        left.set(xlabel="glasses of water", ylabel="two hidden units", ylim=(-0.08, 1.08))
        _pots(right)
        right.plot(GLASSES, refnet.forward(network, parameters, GLASSES), color=FIRST, linewidth=2)
    return figure


def feature_plane() -> Figure:
    """The pots on the line of water, and in the plane of two hidden units with its boundary."""
    network, parameters = _two_units()
    with style():
        figure, (left, right) = _panels(2)
        for value, fill in ((0, "none"), (1, FIRST)):
            rows = pots.sprouted[:, 0] == value
            x = pots.water[rows]
            points = refnet.hidden(network, parameters, x)[0]
            label = "sprouts" if value else "stays bare"
            left.plot(x, 0 * x, "o", color=FIRST, markerfacecolor=fill, label=label)
            right.plot(*points.T, "o", color=FIRST, markerfacecolor=fill)
        right.plot(*refnet.hidden(network, parameters, GLASSES)[0].T, color=FAINT, linewidth=1)
        (v, u), (c,) = parameters[1].weights[:, 0], parameters[1].biases
        ends = np.array([-0.05, 1.05])
        right.plot(ends, -(c + v * ends) / u, color=SECOND, linewidth=2)
        left.set(xlabel="glasses of water", yticks=[], ylim=(-1, 1))
        left.legend(loc="upper center", ncols=2)
        right.set(xlabel="hidden unit 1", ylabel="hidden unit 2", xlim=ends, ylim=ends)
    return figure


def readouts() -> Figure:
    """One hidden unit as the answer, the mean of two, and an output layer that is fitted."""
    network, parameters = _two_units()
    units = refnet.hidden(network, parameters, GLASSES)[0]
    answers = (
        ("one hidden unit", units[:, 0], THIRD, ":"),
        ("mean of both", units.mean(axis=1), SECOND, "--"),
        ("output layer", refnet.forward(network, parameters, GLASSES), FIRST, "-"),
    )
    with style():
        figure, (axes,) = _panels()
        _pots(axes)
        for label, values, colour, line in answers:
            axes.plot(GLASSES, values, line, color=colour, linewidth=2, label=label)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def bends() -> Figure:
    """Activations, and the network of three such units that is best of three starts."""
    kinds = (("identity", SECOND, "--"), ("sigmoid", FIRST, "-"), ("relu", THIRD, "-."))
    z = np.linspace(-4, 4, 161)[:, None]
    with style():
        figure, (left, right) = _panels(2)
        _pots(right)
        for name, colour, line in kinds:
            unit = refnet.Architecture((1, 1), "identity", "identity", "squared_error")
            network = pots.network(3, name)
            shown = refnet.Architecture((1, 1, 1), name, "identity", "squared_error")
            one = [refnet.Layer(np.ones((1, 1)), np.zeros(1)) for _ in unit.shapes * 2]
            left.plot(z, refnet.forward(shown, one, z), line, color=colour, label=name)
            found = _best_of(network, range(3))
            right.plot(GLASSES, refnet.forward(network, found, GLASSES), line, color=colour)
        left.set(xlabel="z", ylabel="f(z)", ylim=(-1.5, 3))
        left.legend()
    return figure


def _best_of(network: refnet.Architecture, seeds: range) -> Parameters:
    ends = [pots.trained(network, pots.drawn(network, seed), 300) for seed in seeds]
    return min(ends, key=lambda p: refnet.loss(network, p, pots.water, pots.sprouted))
