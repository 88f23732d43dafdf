"""The figures on the loss: what it measures, how it is computed, and the shape of its landscape."""

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, SECOND, THIRD, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import special

import refnet
from refnet import Architecture, Layer
from refnet.architecture import Array, Parameters


def surprise() -> Figure:
    """What one row costs as the probability of its target falls, and the mean cost of ten rows."""
    p = np.linspace(0.002, 0.998, 499)
    with style():
        figure, (row, rows) = _panels(2)
        row.plot(p, -np.log(p), color=FIRST, linewidth=2, label="cross-entropy, −log p")
        row.plot(p, (1 - p) ** 2 / 2, "--", color=SECOND, label="half the squared error")
        row.set(xlabel="predicted probability of what happened", ylabel="loss", ylim=(0, 5))
        row.legend()
        mean = -0.7 * np.log(p) - 0.3 * np.log(1 - p)
        rows.plot(p, mean, color=FIRST, linewidth=2)
        rows.axvline(0.7, color=FAINT, linewidth=0.8)
        rows.plot([0.7], [np.min(mean)], "o", color=INK)
        rows.set(xlabel="probability p, the same for all ten", ylabel="mean loss", ylim=(0.5, 2))
        rows.set_title("seven 1s and three 0s")
    return figure


def saturation() -> Figure:
    """The loss of a row with target 0 in float64, by three formulas."""
    z = np.linspace(0, 60, 1201)
    p = special.expit(z)
    with np.errstate(divide="ignore"):
        rounded = -np.log(1 - p)
    seen = np.isfinite(rounded)
    with style():
        figure, (axes,) = _panels()
        axes.plot(z, np.logaddexp(0, z), color=INK, linewidth=1, label="log(1 + exp z), stable")
        axes.plot(
            z[seen], rounded[seen], color=FIRST, linewidth=3, alpha=0.6,
            label="−log(1 − p) of the rounded p",
        )  # fmt: skip
        axes.plot(z, -np.log(1 - p + 1e-7), "--", color=SECOND, label="−log(1 − p + 1e-7)")
        axes.set(xlabel="logit z of a row with target 0", ylabel="loss")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def sandwich() -> Figure:
    """A chord over the loss of four rows, and its height against the length of the segment."""
    network = Architecture((1, 1), "identity", "sigmoid", "cross_entropy")
    x, y = np.array([[-1.0], [0.5], [1.0], [2.0]]), np.array([[0.0], [1.0], [0.0], [1.0]])

    def loss(w: float) -> float:
        return float(refnet.loss(network, [Layer(np.array([[w]]), np.zeros(1))], x, y))

    w = np.linspace(-4, 7, 111)
    a, b = -3.0, 6.0
    lengths = np.linspace(0.05, 10, 100)
    gaps = [(loss(1.5 - s / 2) + loss(1.5 + s / 2)) / 2 - loss(1.5) for s in lengths]
    with style():
        figure, (left, right) = _panels(2)
        left.plot(w, [loss(v) for v in w], color=INK, linewidth=2)
        left.plot([a, b], [loss(a), loss(b)], "o-", color=FIRST)
        middle, chord = (a + b) / 2, (loss(a) + loss(b)) / 2
        left.plot([middle, middle], [loss(middle), chord], color=SECOND, linewidth=2)
        left.annotate(
            "gap", (middle, (loss(middle) + chord) / 2), (5, 0), textcoords="offset points"
        )
        left.set(xlabel="weight", ylabel="loss")
        right.plot(lengths, gaps, color=SECOND, linewidth=2, label="gap")
        bound = [float(np.sum((s * x) ** 2)) / (32 * len(x)) for s in lengths]
        right.plot(lengths, bound, color=INK, linewidth=1, label="bound")
        right.set(xlabel="|b − a|", ylim=(0, 2))
        right.legend()
    return figure


def bent_down() -> Figure:
    """The squared error of a sigmoid: a chord above it, and two valleys of a small data set."""
    z = np.linspace(-4, 10, 141)
    weights = np.linspace(-2, 5, 281)
    x, y = np.array([1.0] * 5 + [8.0] * 2), np.array([1.0] * 4 + [0.0] * 3)
    logits = np.outer(weights, x)
    squared = np.mean((special.expit(logits) - y) ** 2 / 2, axis=1)
    entropy = np.mean(np.logaddexp(0, logits) - y * logits, axis=1)
    with style():
        figure, (left, right) = _panels(2)
        left.plot(z, special.expit(z) ** 2 / 2, color=INK, linewidth=2)
        ends = special.expit(np.array([1.0, 9.0])) ** 2 / 2
        left.plot([1, 9], ends, "o-", color=FIRST)
        left.plot([5, 5], [np.mean(ends), special.expit(5) ** 2 / 2], color=SECOND, linewidth=2)
        left.set(xlabel="logit of a row with target 0", ylabel="half the squared error")
        right.plot(weights, squared, color=SECOND, linewidth=2, label="half the squared error")
        right.plot(weights, entropy / 5, color=FIRST, linewidth=2, label="cross-entropy / 5")
        right.set(xlabel="the only weight", ylabel="mean over seven rows", ylim=(0, 0.5))
        right.legend()
    return figure


POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
DIFFERENT = np.array([[0.0], [1.0], [1.0], [0.0]])
SOLVES = Architecture((2, 2, 1), "sigmoid", "sigmoid", "cross_entropy")


def _solution(size: float) -> Parameters:
    """Two units that switch on at x1 + x2 = 1/2 and off at 3/2, and an output that wants both."""
    units = Layer(size * np.array([[1.0, -1.0], [1.0, -1.0]]), size * np.array([-0.5, 1.5]))
    return [units, Layer(size * np.ones((2, 1)), size * np.array([-1.5]))]


def _towards_exchanged(parameters: Parameters, t: float) -> Parameters:
    """The share t of the way to the network with its two units in the other order."""
    units, readout = parameters
    return [
        Layer(
            (1 - t) * units.weights + t * units.weights[:, ::-1],
            (1 - t) * units.biases + t * units.biases[::-1],
        ),
        Layer((1 - t) * readout.weights + t * readout.weights[::-1], readout.biases),
    ]


def valleys() -> Figure:
    """The loss of XOR on the straight line from a solution to the same with exchanged units."""
    shares = np.linspace(0, 1, 201)
    with style():
        figure, (axes,) = _panels()
        for size, colour, line in ((20.0, FIRST, "-"), (10.0, SECOND, "--"), (7.0, THIRD, "-.")):
            path = [_towards_exchanged(_solution(size), float(t)) for t in shares]
            losses = [float(refnet.loss(SOLVES, p, POINTS, DIFFERENT)) for p in path]
            axes.plot(shares, losses, line, color=colour, label=f"weights of size {size:g}")
        axes.axhline(0.4774, color=FAINT, linewidth=1, label="0.4774, least in the middle")
        axes.set(xlabel="share of the way to the exchanged network", ylabel="loss", yscale="log")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def xor_twice() -> Figure:
    """The four points as inputs, with the line of each hidden unit, and as the units see them."""
    parameters = _solution(7.0)
    features = refnet.hidden(SOLVES, parameters, POINTS)[0]
    ends = np.array([-0.4, 1.4])
    with style():
        figure, (left, right) = _panels(2)
        for axes, points in ((left, POINTS), (right, features)):
            _labelled(axes, points, DIFFERENT[:, 0])
            axes.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3), aspect="equal")
        for level, name, place in ((0.5, "unit 1", (0.77, -0.22)), (1.5, "unit 2", (0.32, 1.2))):
            left.plot(ends, level - ends, color=INK, linewidth=1)
            left.annotate(name, place)
        left.set(xlabel="x1", ylabel="x2", title="inputs")
        right.plot(ends, 1.5 - ends, color=INK, linewidth=1)
        right.annotate("output", (0.32, 1.2))
        right.set(xlabel="unit 1", ylabel="unit 2", title="features")
    return figure


def _labelled(axes: Axes, points: Array, labels: Array) -> None:
    for label, colour, shape in ((1, FIRST, "o"), (0, SECOND, "^")):
        axes.plot(*points[labels == label].T, shape, color=colour, markersize=9)


def radon() -> Figure:
    """All labels of three points, and the labels that four points cannot have."""
    with style():
        figure = Figure(figsize=(7.0, 2.9))
        grid = figure.add_gridspec(2, 6)
        triangle = np.array([[0.0, 0.0], [1.0, 0.1], [0.4, 0.9]])
        for place in range(8):
            axes = figure.add_subplot(grid[place // 4, place % 4])
            signs = np.array([1 if place >> bit & 1 else -1 for bit in range(3)])
            _frame(axes, triangle, signs > 0)
            _line_through(axes, triangle, signs)
        square = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
        axes = figure.add_subplot(grid[0, 4:])
        _frame(axes, square, np.array([1, 1, 0, 0]) > 0)
        axes.plot(*square[:2].T, *square[2:].T, color=FAINT, linewidth=1, zorder=0)
        inside = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0], [0.5, 0.4]])
        axes = figure.add_subplot(grid[1, 4:])
        _frame(axes, inside, np.array([1, 1, 1, 0]) > 0)
        axes.plot(*inside[[0, 1, 2, 0]].T, color=FAINT, linewidth=1, zorder=0)
    return figure


def _frame(axes: Axes, points: Array, labels: NDArray[np.bool_]) -> None:
    _labelled(axes, points, labels.astype(float))
    axes.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3), aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _line_through(axes: Axes, points: Array, signs: Array) -> None:
    """Where the unit with the logit s_i at point i has logit 0; with equal labels, nowhere."""
    *w, b = np.linalg.solve(np.append(points, np.ones((3, 1)), axis=1), signs)
    if np.hypot(*w) < 1e-9:
        return
    foot, along = -b * np.array(w) / np.dot(w, w), np.array([-w[1], w[0]]) / np.hypot(*w)
    axes.plot(*np.stack([foot - 3 * along, foot + 3 * along]).T, color=INK, linewidth=1)
