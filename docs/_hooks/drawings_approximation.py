"""The figures on what networks can approximate, and on what they cannot."""

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, style
from matplotlib.figure import Figure


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
