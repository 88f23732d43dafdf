"""The figures of the site: each function computes what it draws, from the engine itself."""

import numpy as np
from ink import FAINT, FIRST, INK, SECOND, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import refnet
from refnet import FLOAT32, Architecture, Layer, balls
from refnet.approximation.continuous import FourierSum
from refnet.approximation.sigmoids import nodes, staircase, staircase_bound
from refnet.architecture import Array, Parameters

WIDE, TALL = 7.0, 2.9


def _panels(count: int = 1) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDE, TALL))
    axes = figure.subplots(1, count, squeeze=False)[0]
    return figure, list(axes)


def ratios() -> Figure:
    """Allowed and observed errors of random float32 networks, right ones and wrong ones."""
    rng = np.random.default_rng(0)
    with style():
        figure, (axes,) = _panels()
        right, wrong = zip(*(_two_errors(rng) for _ in range(250)), strict=True)
        for points, colour, shape, label in (
            (right, FIRST, "o", "float32, correct"),
            (wrong, SECOND, "^", "biases that went through float16"),
        ):
            allowed, observed = np.transpose(points)
            axes.loglog(
                allowed, observed, shape, color=colour, markersize=4, alpha=0.6,
                markeredgewidth=0, label=label,
            )  # fmt: skip
        ends = np.array([1e-9, 1e-1])
        axes.loglog(ends, ends, color=INK, linewidth=1, label="ratio 1")
        axes.axhline(1e-5, color=FAINT, linewidth=1, linestyle="--", label="a fixed 1e-5")
        axes.set(xlabel="allowed error", ylabel="observed error", xlim=ends, ylim=(1e-12, 10))
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _two_errors(rng: np.random.Generator) -> list[tuple[float, float]]:
    """(allowed, observed) of the worst output: as it should be, and with coarse biases."""
    widths = (int(rng.integers(2, 16)), int(rng.integers(2, 16)), 1)
    network = Architecture(widths, "tanh", "identity", "squared_error")
    scale = 10 ** rng.uniform(-2.5, 2)
    drawn = [
        Layer(*(FLOAT32.round(scale * rng.normal(size=s)) for s in (shape, shape[1:])))
        for shape in network.shapes
    ]
    inputs = FLOAT32.round(rng.normal(size=(8, widths[0])))
    ball = balls.forward(network, drawn, inputs, FLOAT32)
    coarse = [Layer(w, b.astype("f2").astype("f8")) for w, b in drawn]
    return [_worst(network, used, inputs, ball) for used in (drawn, coarse)]


def _worst(
    network: Architecture, parameters: Parameters, inputs: Array, ball: refnet.Ball
) -> tuple[float, float]:
    single = [Layer(w.astype("f4"), b.astype("f4")) for w, b in parameters]
    outputs = refnet.forward(network, single, inputs.astype("f4"))
    error, radius = np.abs(outputs - ball.value).ravel(), np.ravel(ball.radius)
    at = int(np.argmax(error / radius))
    return float(radius[at]), max(float(error[at]), 1e-12)


def logistic_regression() -> Figure:
    """The probability of a unit with two inputs: straight contours, and a straight log-odds."""
    with style():
        figure, (plane, line) = _panels(2)
        grid = np.linspace(-3, 3, 121)
        x, y = np.meshgrid(grid, grid)
        p = 1 / (1 + np.exp(-(x + 1.5 * y - 0.5)))
        levels = [0.05, 0.2, 0.5, 0.8, 0.95]
        drawn = plane.contour(x, y, p, levels, colors=[FIRST], linewidths=[1, 1, 2, 1, 1])
        places = [(0.0, (np.log(q / (1 - q)) + 0.5) / 1.5) for q in levels]
        plane.clabel(drawn, fmt="%g", fontsize=9, colors=[INK], manual=places)
        plane.set(xlabel="first input", ylabel="second input", aspect="equal")
        plane.set_title("p is constant along straight lines")
        z = np.linspace(-5, 5, 101)
        line.plot(z, 1 / (1 + np.exp(-z)), color=FIRST, linewidth=2)
        line.axhline(0.5, color=FAINT, linewidth=0.8)
        line.axvline(0, color=FAINT, linewidth=0.8)
        line.set(xlabel="log-odds  z = w · x + b", ylabel="probability p")
        line.set_title("the sigmoid turns log-odds into p")
    return figure


SMALL = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")


def _small() -> tuple[Parameters, Array, Array]:
    rng = np.random.default_rng(3)
    parameters = [Layer(rng.normal(size=s), rng.normal(size=s[1:])) for s in SMALL.shapes]
    return parameters, rng.normal(size=(8, 2)), rng.integers(0, 2, (8, 1)).astype(float)


def _moved(parameters: Parameters, step: float) -> Parameters:
    """One weight of the hidden layer moved."""
    weights = parameters[0].weights.copy()
    weights[0, 0] += step
    return [Layer(weights, parameters[0].biases), *parameters[1:]]


def tangent() -> Figure:
    """The loss along one weight, its tangent, and the line of a gradient without the slope."""
    parameters, inputs, targets = _small()
    slope = float(refnet.gradient(SMALL, parameters, inputs, targets)[0].weights[0, 0])
    delta = refnet.forward(SMALL, parameters, inputs) - targets
    forgotten = float(np.mean(inputs[:, 0] * delta[:, 0])) * float(parameters[1].weights[0, 0])
    steps = np.linspace(-2.5, 2.5, 101)
    losses = [float(refnet.loss(SMALL, _moved(parameters, s), inputs, targets)) for s in steps]
    here = float(refnet.loss(SMALL, parameters, inputs, targets))
    with style():
        figure, (axes,) = _panels()
        axes.plot(steps, losses, color=INK, linewidth=2, label="loss")
        near = steps[np.abs(steps) <= 1.3]
        axes.plot(near, here + slope * near, color=FIRST, label="slope = entry of the gradient")
        axes.plot(
            near, here + forgotten * near, "--", color=SECOND,
            label="the hidden slope forgotten",
        )  # fmt: skip
        axes.plot([0], [here], "o", color=INK)
        axes.set(xlabel="change of one hidden weight", ylabel="loss")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def drift() -> Figure:
    """How far hidden units that started equal move apart over many steps."""
    with style():
        figure, (axes,) = _panels()
        for kind, colour, label in (
            ("f4", SECOND, "float32"),
            ("f8", FIRST, "float64"),
        ):
            spread = _spread(np.dtype(kind), 1500)
            steps = np.arange(1, len(spread) + 1)
            axes.loglog(steps[spread > 0], spread[spread > 0], color=colour, label=label)
        axes.set(xlabel="step of gradient descent", ylabel="largest difference of two units")
        axes.legend()
    return figure


def _spread(kind: "np.dtype[np.floating]", steps: int) -> Array:
    """The largest |w_i - w_j| of units that started equal; each adds in an order of its own."""
    rng = np.random.default_rng(1)
    rows, features, units = 50, 33, 17
    x = rng.normal(size=(rows, features)).astype(kind)
    y = rng.integers(0, 2, rows).astype(kind)
    w = np.full((features, units), 0.1, kind)
    v = np.full(units, 0.1, kind)
    order = np.stack([rng.permutation(features) for _ in range(units)])
    spread = []
    for _ in range(steps):
        products = x[:, order].transpose(0, 2, 1) * w[order.T, np.arange(units)]
        z = np.add.accumulate(products, axis=1)[:, -1]
        a = np.maximum(z, 0)
        delta = ((1 / (1 + np.exp(-np.sum(a * v, axis=1)))) - y) / kind.type(rows)
        back = np.where(z > 0, delta[:, None] * v, 0).astype(kind)
        half = kind.type(0.5)
        v = v - half * np.sum(a * delta[:, None], axis=0)
        w = w - half * np.sum(x[:, :, None] * back[:, None, :], axis=0)
        spread.append(float(np.max(np.ptp(w, axis=1))))
    return np.array(spread)


def differences() -> Figure:
    """The error of difference quotients against the step: truncation, then rounding."""
    parameters, inputs, targets = _small()
    slope = float(refnet.gradient(SMALL, parameters, inputs, targets)[0].weights[0, 0])
    steps = 2.0 ** -np.arange(2, 34)

    def quotient(h: float) -> float:
        ends = [refnet.loss(SMALL, _moved(parameters, s * h), inputs, targets) for s in (1, -1)]
        return float(ends[0] - ends[1]) / (2 * h)

    plain = np.array([quotient(h) for h in steps])
    extrapolated = (4 * plain[1:] - plain[:-1]) / 3
    with style():
        figure, (axes,) = _panels()
        for errors, at, colour, label in (
            (plain - slope, steps, SECOND, "difference quotient"),
            (extrapolated - slope, steps[:-1], FIRST, "extrapolated"),
        ):
            axes.loglog(at, np.abs(errors) + 1e-18, ".-", color=colour, label=label, linewidth=1)
        axes.set(xlabel="step h", ylabel="distance from the gradient", ylim=(1e-15, None))
        axes.invert_xaxis()
        axes.legend()
    return figure


WAVES = FourierSum(np.array([1.0, 0.5]), 2 * np.pi * np.array([1.0, 3.0]), np.array([0.3, 1.0]))


def _staircase(cells: int, steepness: float, x: Array) -> Array:
    """G at x."""
    network = Architecture((1, cells, 1), "sigmoid", "identity", "squared_error")
    grid = nodes(0.0, 1 / cells, cells)
    parameters = staircase(WAVES(grid), 0.0, 1 / cells, steepness)
    return refnet.forward(network, parameters, x[:, None])[:, 0]


def staircases() -> Figure:
    """A function with the sum of sigmoids that follows it, and the error as the number grows."""
    x = np.linspace(0, 1, 801)
    counts = [2**k for k in range(1, 11)]
    errors = [float(np.max(np.abs(WAVES(x) - _staircase(n, 16.0, x)))) for n in counts]
    bounds = [staircase_bound(WAVES.modulus, 1 / n, 16.0, concave=True) for n in counts]
    with style():
        figure, (left, right) = _panels(2)
        left.plot(x, WAVES(x), color=INK, linewidth=2, label="f")
        left.plot(x, _staircase(16, 16.0, x), color=FIRST, label="G, 16 units")
        left.set(xlabel="x", ylim=(-1.7, 2.4))
        left.legend(loc="upper center", ncols=2)
        right.loglog(counts, bounds, "-", color=INK, linewidth=1, label="bound")
        right.loglog(counts, errors, "o", color=FIRST, markersize=4, label="largest |f − G|")
        right.set(xlabel="number of units")
        right.legend()
    return figure
