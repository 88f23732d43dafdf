"""The figures on what a network is, how it steps, where a fit ends, and where training starts."""

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, SECOND, THIRD, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import special

import refnet
from refnet import Architecture, Layer, Optimizer
from refnet.architecture import Array, Parameters
from refnet.logistic import newton

WEDGE = Architecture((2, 2, 1), "sigmoid", "sigmoid", "cross_entropy")
WITHIN: Parameters = [
    Layer(np.array([[6.0, 6.0], [2.0, -2.0]]), np.array([5.0, -5.0])),
    Layer(np.array([[12.0], [-12.0]]), np.array([-6.0])),
]
"""The first unit is on right of a line, the second right of another; the output wants one alone."""


def feature_space() -> Figure:
    """A wedge in the plane of the inputs, and in the plane of two hidden units."""
    rng = np.random.default_rng(5)
    points = rng.uniform(-2, 2, (150, 2))
    features = refnet.hidden(WEDGE, WITHIN, points)[0]
    inside = features @ [1.0, -1.0] > 0.5
    grid = np.linspace(-2, 2, 161)
    x, y = np.meshgrid(grid, grid)
    p = refnet.forward(WEDGE, WITHIN, np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    with style():
        figure, (left, right) = _panels(2)
        _two_classes(left, points, inside)
        _two_classes(right, features, inside)
        left.contour(x, y, p, [0.5], colors=[INK], linewidths=[1.2])
        right.plot([0.47, 1.03], [-0.03, 0.53], color=INK, linewidth=1.2)
        left.set(xlabel="first input", ylabel="second input", aspect="equal")
        right.set(xlabel="first hidden unit", ylabel="second hidden unit", aspect="equal")
        left.set_title("inputs")
        right.set_title("features")
    return figure


def _two_classes(axes: Axes, points: Array, inside: NDArray[np.bool_]) -> None:
    for chosen, colour, shape in ((inside, FIRST, "o"), (~inside, SECOND, "^")):
        axes.plot(
            *points[chosen].T, shape, color=colour, markersize=4, alpha=0.7, markeredgewidth=0
        )


def readout() -> Figure:
    """Four hidden units, none of which looks like the probability; and the best model of them."""
    x = np.linspace(-3, 3, 241)
    truth = 0.1 + 0.8 * np.exp(-(x**2))
    features = special.expit(3 * (x[:, None] - [-1.8, -0.6, 0.6, 1.8]))
    design = np.append(features, np.ones((len(x), 1)), axis=1)
    fitted = special.expit(design @ newton.fit(design, truth[:, None]).weights)
    with style():
        figure, (left, right) = _panels(2)
        left.plot(x, features, color=FIRST, linewidth=1)
        left.set(xlabel="x", ylim=(-0.03, 1.03))
        left.set_title("four hidden units")
        right.plot(x, truth, color=INK, linewidth=2, label="probability")
        right.plot(x, fitted[:, 0], color=FIRST, label="fitted output layer")
        right.plot(x, features[:, 1], "--", color=SECOND, linewidth=1, label="one hidden unit")
        right.set(xlabel="x", ylim=(-0.03, 1.03))
        right.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def straight_link() -> Figure:
    """Three outputs of the same logit, and the logit of each."""
    z = np.linspace(-9, 9, 181)
    curves = (
        (special.expit(z), FIRST, "-", "sigmoid"),
        (special.ndtr(z / 1.7), SECOND, "--", "normal distribution"),
        (np.clip(special.expit(z), 1e-3, 1 - 1e-3), THIRD, ":", "sigmoid with a floor"),
    )
    with style():
        figure, (left, right) = _panels(2)
        for p, colour, line, label in curves:
            left.plot(z, p, line, color=colour)
            right.plot(z, special.logit(p), line, color=colour, label=label)
        left.set(xlabel="x W + b")
        left.set_title("p")
        right.set(xlabel="x W + b", ylim=(-15, 15))
        right.set_title("logit of p")
        right.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


UNIT = Architecture((1, 1), "identity", "sigmoid", "cross_entropy")
SPREAD = np.array([-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])[:, None]
OVERLAP = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0])[:, None]
SEPARATED = (SPREAD > 0.25).astype(float)


def _walk(start: tuple[float, float], targets: Array, optimizer: Optimizer, steps: int) -> Array:
    """The weight and the bias after 0, 1, ..., steps, shape (steps + 1, 2)."""
    path = [[Layer(np.array([[start[0]]]), np.array([start[1]]))]]
    state = refnet.initial_state(path[0])
    for _ in range(steps):
        slope = refnet.gradient(UNIT, path[-1], SPREAD, targets)
        moved, state = refnet.step(optimizer, state, path[-1], slope)
        path.append(moved)
    return np.array([[layer.weights[0, 0], layer.biases[0]] for (layer,) in path])


def _contours(axes: Axes, targets: Array, levels: Array, w: Array, b: Array) -> None:
    """Lines of equal loss over the weight and the bias."""
    z = w[None, :, None] * SPREAD[:, 0] + b[:, None, None]
    losses = np.mean(np.logaddexp(0, z) - targets[:, 0] * z, axis=-1)
    axes.contour(w, b, losses, levels, colors=[FAINT], linewidths=[0.8])
    axes.set(xlabel="weight", ylabel="bias", xlim=(w[0], w[-1]), ylim=(b[0], b[-1]))


def descent_paths() -> Figure:
    """Steps of gradient descent at two rates, and with a momentum that nobody asked for."""
    start, w, b = (-1.5, 2.5), np.linspace(-2, 4, 121), np.linspace(-2, 3, 121)
    with style():
        figure, panels = _panels(3)
        for axes, title, optimizer in (
            (panels[0], "rate 0.5", Optimizer("gradient_descent", 0.5)),
            (panels[1], "rate 4", Optimizer("gradient_descent", 4.0)),
            (panels[2], "rate 0.5, momentum 0.9", Optimizer("momentum", 0.5, momentum=0.9)),
        ):
            _contours(axes, OVERLAP, np.array([0.5, 0.6, 0.8, 1.1, 1.5, 2.0, 2.6]), w, b)
            path = _walk(start, OVERLAP, optimizer, 12)
            axes.plot(*path.T, ".-", color=FIRST, linewidth=1, markersize=5)
            axes.plot(*path[0], "o", color=INK, markersize=5)
            axes.set_title(title)
    return figure


def one_minimiser() -> Figure:
    """Gradient descent from several starts, on data that overlap and on data that do not."""
    starts = [(-2.0, 2.5), (0.0, -2.5), (4.5, 2.0), (-1.5, -1.5), (2.0, 2.8)]
    w, b = np.linspace(-3, 7, 121), np.linspace(-3.5, 3.5, 121)
    with style():
        figure, panels = _panels(2)
        for axes, targets, title in zip(
            panels,
            (OVERLAP, SEPARATED),
            ("the classes overlap", "the classes are separated"),
            strict=True,
        ):
            _contours(axes, targets, np.array([0.1, 0.2, 0.5, 0.6, 0.8, 1.1, 1.5, 2.5]), w, b)
            for start in starts:
                path = _walk(start, targets, Optimizer("gradient_descent", 1.0), 400)
                axes.plot(*path.T, color=FIRST, linewidth=1)
                axes.plot(*path[0], ".", color=FIRST, markersize=6)
                axes.plot(*path[-1], "o", color=SECOND, markersize=5)
            axes.set_title(title)
    return figure


def starts_apart() -> Figure:
    """The loss on XOR of networks with two hidden units, from drawn starts and from equal units."""
    rng = np.random.default_rng(2)
    drawn = rng.normal(size=(24, 2, 2)), rng.normal(size=(24, 2))
    equal = np.full((1, 2, 2), 0.7) * np.array([[1.0], [-0.6]]), np.full((1, 2), 0.7)
    with style():
        figure, (axes,) = _panels()
        for (w, v), colour, wide in ((drawn, FIRST, 0.8), (equal, SECOND, 2.0)):
            losses = _xor_losses(w, v, 4000)
            axes.loglog(np.arange(1, len(losses) + 1), losses, color=colour, linewidth=wide)
        axes.plot([], [], color=FIRST, linewidth=0.8, label="24 seeds")
        axes.plot([], [], color=SECOND, linewidth=2, label="equal units")
        axes.set(xlabel="step of gradient descent", ylabel="loss")
        axes.legend(loc="lower left")
    return figure


def _xor_losses(w: Array, v: Array, steps: int) -> Array:
    """The losses of many networks of two tanh units, all trained at once, shape (steps, many)."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]) - 0.5
    y = np.array([0.0, 1.0, 1.0, 0.0])
    b, c, losses = np.zeros_like(v), np.zeros(len(v)), []
    for _ in range(steps):
        a = np.tanh(x @ w + b[:, None, :])  # (many, 4, 2)
        z = np.einsum("mnh,mh->mn", a, v) + c[:, None]
        losses.append(np.mean(np.logaddexp(0, z) - y * z, axis=1))
        delta = (special.expit(z) - y) / 4
        back = delta[:, :, None] * v[:, None, :] * (1 - a * a)
        v, c = v - np.einsum("mnh,mn->mh", a, delta), c - delta.sum(axis=1)
        w, b = w - x.T @ back, b - back.sum(axis=1)
    return np.array(losses)
