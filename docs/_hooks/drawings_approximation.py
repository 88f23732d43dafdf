"""The figures on what networks can approximate, and on what they cannot."""

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, SECOND, THIRD, style
from matplotlib.figure import Figure

import refnet
from refnet import Architecture
from refnet.approximation.continuous import FourierSum
from refnet.approximation.rectifiers import deep_sawtooth, interpolant, tent
from refnet.approximation.ridges import (
    RidgeSum,
    ridge_bound,
    ridge_staircases,
    subsample,
    subsample_error,
)
from refnet.approximation.sigmoids import nodes, staircase
from refnet.architecture import Array, Layer, Parameters


def bottlenecks() -> Figure:
    """Points on a parabola, with what one unit makes of them before a line, and before a bend."""
    t = np.linspace(-1, 1, 21)
    points = np.stack([t, t**2], axis=1)
    mean = points.mean(axis=0)
    axis = np.linalg.svd(points - mean)[2][:1]
    knots = np.linspace(-1, 1, 5)
    bent = np.stack([t, np.interp(t, knots, knots**2)], axis=1)
    straight = mean + (points - mean) @ axis.T @ axis
    with style():
        figure, panels = _panels(2)
        for axes, outputs, title in (
            (panels[0], straight, "a linear output"),
            (panels[1], bent, "a hidden layer after the bottleneck"),
        ):
            axes.plot(*np.stack([points, outputs]).transpose(2, 0, 1), color=FAINT, linewidth=0.8)
            axes.plot(*points.T, "o", color=INK, markersize=3)
            axes.plot(*outputs.T, "o-", color=FIRST, markersize=3, linewidth=1)
            axes.set(xlabel="x1", ylabel="x2", title=title, ylim=(-0.2, 1.2))
    return figure


def _outputs(unit: str, parameters: Parameters, x: Array) -> Array:
    """The outputs of layers of such units at x."""
    widths = (1, *(len(layer.biases) for layer in parameters))
    network = Architecture(widths, unit, "identity", "squared_error")
    return refnet.forward(network, parameters, x[:, None])[:, 0]


def sawtooth() -> Figure:
    """One, two and three layers of two units; and one layer of six that cannot follow the last."""
    x = np.linspace(0, 1, 513)
    with style():
        figure, (deep, wide) = _panels(2)
        for times, colour, line in ((1, THIRD, ":"), (2, SECOND, "--"), (3, FIRST, "-")):
            deep.plot(
                x,
                _outputs("relu", deep_sawtooth(times), x),
                line,
                color=colour,
                label=f"k = {times}",
            )
        deep.set(title="k layers of two units", xlabel="x", ylim=(0, 1.45))
        deep.legend(loc="upper center", ncols=3)
        knots = np.array([0, 2, 3, 4, 5, 6, 8]) / 8
        few = _outputs("relu", interpolant(knots, np.array([0.5, 0.5, 1.0, 0.0, 1.0, 0.5, 0.5])), x)
        wide.plot(x, tent(x, 3), color=FAINT, linewidth=1, label="k = 3")
        wide.plot(x, few, color=INK, label="one layer of six units")
        wide.set(title="one layer", xlabel="x", ylim=(0, 1.45))
        wide.legend(loc="upper center", ncols=2)
    return figure


TWO_WAVES = RidgeSum(np.array([1.0, 0.6]), np.array([[3.0, 1.0], [-1.0, 3.0]]), np.zeros(2))


def _ridges(units: int, points: Array) -> Array:
    """Two staircases of sigmoids along the two directions."""
    network = Architecture((2, 2 * units, 1), "sigmoid", "identity", "squared_error")
    return refnet.forward(network, ridge_staircases(TWO_WAVES, units, 12.0), points)[:, 0]


def ridges() -> Figure:
    """Lines of equal height of two waves and of the sigmoids, and the error as they grow."""
    grid = np.linspace(-1, 1, 81)
    x, y = np.meshgrid(grid, grid)
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    counts = [2**k for k in range(2, 9)]
    errors = [float(np.max(np.abs(TWO_WAVES(points) - _ridges(n, points)))) for n in counts]
    with style():
        figure, (left, right) = _panels(2)
        levels = np.arange(-1.5, 1.6, 0.5)
        left.contour(x, y, TWO_WAVES(points).reshape(x.shape), levels, colors=[FAINT])
        left.contour(x, y, _ridges(32, points).reshape(x.shape), levels, colors=[FIRST])
        left.set(xlabel="x1", ylabel="x2", aspect="equal")
        right.loglog(counts, [ridge_bound(TWO_WAVES, n, 12.0) for n in counts], color=INK,
                     linewidth=1, label="bound")  # fmt: skip
        right.loglog(counts, errors, "o", color=FIRST, markersize=4, label="largest |f − G|")
        right.set(xlabel="units for each wave")
        right.legend()
    return figure


WAVES = FourierSum(np.array([1.0, 0.5]), 2 * np.pi * np.array([1.0, 3.0]), np.array([0.3, 1.0]))


def _blended(cells: int, steepness: float, padding: int, x: Array) -> Array:
    """A sum of sigmoids on a grid that goes on beyond both ends."""
    grid, h = nodes(0.0, 1 / cells, cells, padding), 1 / cells
    return _outputs("sigmoid", staircase(WAVES(grid), -padding * h, h, steepness), x)


def orders() -> Figure:
    """What units of three kinds make of two waves, and how fast their errors fall."""
    x = np.linspace(0, 1, 801)
    counts = np.array([2**k for k in range(3, 11)])

    def joined(n: int) -> Array:
        grid = nodes(0.0, 1 / n, n)
        return _outputs("relu", interpolant(grid, WAVES(grid)), x)

    kinds = (
        ("steep sigmoids", THIRD, "s", lambda n: _blended(n, 16.0, 0, x)),
        ("wide sigmoids", SECOND, "^", lambda n: _blended(n, 2.5, 10, x)),
        ("ReLU", FIRST, "o", joined),
    )
    with style():
        figure, (left, right) = _panels(2)
        left.plot(x, WAVES(x), color=FAINT, linewidth=2)
        for name, colour, shape, made in kinds:
            left.plot(x, made(16), color=colour, linewidth=1)
            errors = [float(np.max(np.abs(WAVES(x) - made(int(n))))) for n in counts]
            right.loglog(counts, errors, shape + "-", color=colour, markersize=4, label=name)
        left.set(xlabel="x", title="16 cells")
        right.set(xlabel="cells", ylabel="largest error")
        right.legend()
    return figure


def few_units() -> Figure:
    """Some draws of a few units of a thousand, and their distance as the number grows."""
    rng = np.random.default_rng(0)
    many = Architecture((1, 1000, 1), "tanh", "identity", "squared_error")
    x = np.linspace(-2, 2, 201)[:, None]
    first = Layer(np.abs(2 * rng.normal(size=(1, 1000))), rng.normal(size=1000))
    wide = [first, Layer(np.exp(rng.normal(size=(1000, 1))) / 1000, np.zeros(1))]
    whole = refnet.forward(many, wide, x)

    def drawn(units: int) -> Array:
        return _outputs("tanh", subsample(wide, units, rng), x[:, 0])[:, None]

    counts = np.array([2**k for k in range(2, 9)])
    off = [[float(np.mean((drawn(int(n)) - whole) ** 2)) for n in counts] for _ in range(12)]
    means = [subsample_error(many, wide, x, int(n)) for n in counts]
    with style():
        figure, (left, right) = _panels(2)
        left.plot(x, whole, color=INK, linewidth=2, label="1000 units")
        for place in range(3):
            left.plot(x, drawn(30), color=FIRST, linewidth=1, label=None if place else "30 units")
        left.set(xlabel="x")
        left.legend()
        right.loglog(counts, np.sqrt(off).T, ".", color=FIRST, markersize=4)
        right.loglog(counts, np.sqrt(means), color=INK, linewidth=1, label="root of the mean")
        right.set(xlabel="units drawn", ylabel="distance from all")
        right.legend()
    return figure
