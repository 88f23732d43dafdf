"""The figures on optimisers: a narrow valley, how fast distances shrink, how long the steps are."""

import numpy as np
from drawings import _panels
from ink import FAINT, FIRST, INK, SECOND, THIRD, style
from matplotlib.figure import Figure

import refnet
from refnet import Architecture, Layer, Optimizer
from refnet.architecture import Array, Parameters
from refnet.training.recurrences import adam_cap

LINE = Architecture((1, 1), "identity", "identity", "squared_error")
X, Y = np.array([[-5.0], [5.0]]), np.zeros((2, 1))
"""The loss is 25/2 weight^2 + 1/2 bias^2."""


def _one(weight: float, bias: float) -> Parameters:
    return [Layer(np.array([[weight]]), np.array([bias]))]


def narrow_valley() -> Figure:
    """Gradient descent and momentum at one rate in a narrow valley, and their losses."""
    bias, weight = np.linspace(-1.7, 4, 81), np.linspace(-1.3, 1.3, 81)
    losses = 12.5 * weight[:, None] ** 2 + 0.5 * bias**2
    with style():
        figure, (plane, fall) = _panels(2)
        plane.contour(bias, weight, losses, 2.0 ** np.arange(-3, 5), colors=[FAINT], linewidths=0.8)
        for name, mu, colour in (("gradient_descent", 0.0, SECOND), ("momentum", 0.65, FIRST)):
            method = Optimizer(name, 0.07, momentum=mu)
            path = [refnet.train(LINE, _one(0.9, 3.6), X, Y, method, t) for t in range(41)]
            points = np.array([[layer.biases[0], layer.weights[0, 0]] for (layer,) in path])
            plane.plot(*points.T, ".-", color=colour, linewidth=1, markersize=5)
            values = [float(refnet.loss(LINE, parameters, X, Y)) for parameters in path]
            fall.semilogy(values, color=colour, label=name.replace("_", " "))
        plane.plot(3.6, 0.9, "o", color=INK, markersize=5)
        plane.set(xlabel="bias", ylabel="weight")
        fall.set(xlabel="step", ylabel="loss")
        fall.legend(loc="lower left")
    return figure


def shrinking() -> Figure:
    """The factor by which a step shrinks a distance in the long run, against rate times curvature.

    With d_t = p d_{t-1} - q d_{t-2} it is the size of the larger root of r^2 - p r + q.
    """
    steep, mu = np.linspace(0, 4.2, 841), 0.9
    left = 1 - steep
    curves = (
        (left, 0 * left, SECOND, ":", "gradient descent"),
        (left + mu, mu + 0 * left, FIRST, "-", "momentum"),
        ((1 + mu) * left, mu * left, THIRD, "--", "Nesterov"),
    )
    with style():
        figure, (axes,) = _panels()
        for p, q, colour, line, label in curves:
            apart = np.sqrt((p * p - 4 * q).astype(complex))
            larger = np.maximum(np.abs(p + apart), np.abs(p - apart)) / 2
            axes.plot(steep, larger, line, color=colour, label=label)
        axes.axhline(1, color=FAINT, linewidth=0.8)
        axes.set(xlabel="rate times curvature", ylabel="factor of a step", ylim=(0, 1.25))
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def step_lengths() -> Figure:
    """How many rates long a step is, where gradients repeat, come alone, and grow."""
    with style():
        figure, (same, cap) = _panels(2)
        steps = np.arange(1, 1001)
        adam, rmsprop = (Optimizer(name, 1.0, epsilon=1e-100) for name in ("adam", "rmsprop"))
        first, second = (1 - beta**steps for beta in (adam.beta1, adam.beta2))
        same.semilogx(steps, first / np.sqrt(second), "--", color=SECOND, label="not corrected")
        same.semilogx(steps, _lengths(rmsprop, np.ones(1000)), ":", color=THIRD, label="RMSprop")
        same.semilogx(steps, _lengths(adam, np.ones(1000)), color=FIRST, label="Adam")
        cap.semilogx(steps, [adam_cap(0.9, 0.999, int(t)) for t in steps], color=INK, label="C")
        times = (1, 3, 10, 20, 50, 100, 200, 400, 1000)
        growing = [_lengths(adam, (0.999 / 0.9) ** np.arange(-t, 0.0))[-1] for t in times]
        alone = [_lengths(adam, np.eye(t)[-1])[-1] for t in times]
        cap.semilogx(times, growing, "o", color=FIRST, markersize=4, label="growing")
        cap.semilogx(times, alone, "^", color=SECOND, markersize=4, label="alone")
        same.set(xlabel="step", ylabel="rates", ylim=(0, 7.6))
        same.set_title("the same gradient again and again")
        cap.set(xlabel="step", ylim=(0, 7.6))
        cap.set_title("gradients that grow, or come alone")
        same.legend()
        cap.legend()
    return figure


def _lengths(method: Optimizer, gradients: Array) -> Array:
    """The length of each step."""
    path = [_one(0.0, 0.0)]
    state = refnet.initial_state(path[0])
    for g in gradients:
        moved, state = refnet.step(method, state, path[-1], _one(g, g))
        path.append(moved)
    return np.abs(np.diff([layer.biases[0] for (layer,) in path]))
