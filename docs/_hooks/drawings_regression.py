"""The figures on regression: parabolas, projections, and a loss that forgives outliers."""

from typing import Any

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, SECOND, style
from matplotlib.figure import Figure
from scipy.special import huber as huber_loss

import refnet
from refnet import Architecture, Layer, Optimizer
from refnet.architecture import Array
from refnet.logistic import least_squares

X = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
Y = np.array([[-1.0], [-2.0], [0.5], [1.0], [2.5]])


def parabolas() -> Figure:
    """The loss of one weight without and with a penalty."""
    weights = np.linspace(-0.6, 2.6, 161)
    with style():
        figure, (plain, ridge) = _panels(2)
        for axes, penalty, title in ((plain, 0.0, "no penalty"), (ridge, 2.0, "l2 = 2")):
            network = Architecture((1, 1), "identity", "identity", "squared_error", l2=penalty)
            losses = [_loss(network, w) for w in weights]
            best = float(least_squares.fit(X, Y, penalty)[0, 0])
            axes.plot(weights, losses, color=FIRST, linewidth=2)
            axes.plot([best], [_loss(network, best)], "o", color=INK)
            axes.axvline(best, color=FAINT, linewidth=0.8)
            axes.set(xlabel="the only weight", ylabel="loss", ylim=(0, 8), title=title)
    return figure


def _loss(network: Architecture, weight: float) -> float:
    at = [Layer(np.array([[weight]]), np.zeros(1))]
    return float(refnet.loss(network, at, X, Y))


def projection() -> Figure:
    """Targets, plane and projection of three rows; the distance on the way, and its bound."""
    design = np.array([[1.0, 0.0], [0.0, 1.0], [0.25, -0.25]])
    y = np.array([[1.0], [0.8], [1.5]])
    with style():
        figure = Figure(figsize=(7.0, 2.9))
        _space(figure.add_subplot(1, 2, 1, projection="3d"), design, y)
        right = figure.add_subplot(1, 2, 2)
        distances, bounds = _descent(design, y, 40)
        right.semilogy(bounds, color=INK, linewidth=1, label="bound")
        right.semilogy(distances, ".", color=FIRST, label="outputs from the projection")
        right.set(xlabel="step of gradient descent")
        right.legend()
    return figure


def _space(axes: Any, design: Array, y: Array) -> None:
    foot = design @ least_squares.fit(design, y)
    corners = np.array([[-0.5, -0.5], [2.5, -0.5], [2.5, 2.5], [-0.5, 2.5]]) @ design.T
    axes.plot(*np.append(corners, corners[:1], axis=0).T, color=FAINT)
    axes.plot(*np.hstack([y, foot]), color=INK, linewidth=1)
    axes.plot(*y, "^", color=SECOND, markersize=8)
    axes.plot(*foot, "o", color=FIRST, markersize=8)
    axes.set_proj_type("ortho")
    axes.view_init(elev=35, azim=-60)
    axes.set_box_aspect((3, 3, 1.7), zoom=1.4)
    axes.set_axis_off()


def _descent(design: Array, y: Array, steps: int) -> tuple[Array, Array]:
    """The largest distance of an output from the projection, and the bound of the law."""
    best, rows = least_squares.fit(design, y), 1 / len(design)
    v, distances, bounds = np.zeros_like(best), [], []
    for _ in range(steps):
        g = design.T @ (design @ v - y) * rows
        distances.append(float(np.max(np.abs(design @ (v - best)))))
        bounds.append(float(np.sqrt(np.max(np.abs(g)) * np.sum(np.abs(v - best)) / rows)))
        v = v - 0.4 * g
    return np.array(distances), np.array(bounds)


def huber() -> Figure:
    """The loss of one row with its slope, and a line through points of which one is wrong."""
    r = np.linspace(-3, 3, 241)
    with style():
        figure, (left, right) = _panels(2)
        left.plot(r, r**2 / 2, "--", color=SECOND, label="r² / 2")
        left.plot(r, huber_loss(1.0, r), color=FIRST, linewidth=2, label="Huber")
        left.plot(r, np.clip(r, -1, 1), color=INK, linewidth=1, label="its slope")
        left.set(xlabel="residual r", ylim=(-1.3, 3.5))
        left.legend(loc="upper center")
        x = np.linspace(-1, 1, 11)[:, None]
        y = 0.5 + x + 0.1 * np.sin(9 * x)
        y[9] = -2.5
        right.plot(x, y, "o", color=INK, markersize=4)
        for loss, colour, line in (("squared_error", SECOND, "--"), ("huber", FIRST, "-")):
            network = Architecture((1, 1), "identity", "identity", loss, delta=0.1)
            start = [Layer(np.zeros((1, 1)), np.zeros(1))]
            rate = Optimizer("gradient_descent", 1.0)
            found = refnet.train(network, start, x, y, rate, epochs=500)
            label = "Huber, δ = 0.1" if loss == "huber" else "squared error"
            right.plot(x, refnet.forward(network, found, x), line, color=colour, label=label)
        right.set(xlabel="x", ylabel="y")
        right.legend(loc="lower left")
    return figure
