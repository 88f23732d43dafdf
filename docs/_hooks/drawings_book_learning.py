"""The figures of the book's second half: how a network learns, and what it can express."""

import numpy as np
import pots
from drawings import _panels
from drawings_approximation import _outputs
from ink import FAINT, FIRST, INK, SECOND, THIRD, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import refnet
from refnet import Architecture, Layer, Optimizer
from refnet.approximation.rectifiers import deep_sawtooth
from refnet.approximation.sigmoids import nodes, staircase, staircase_bound
from refnet.architecture import Array, Parameters

LOG3 = float(np.log(3))
BY_HAND = Architecture((2, 2, 1), "sigmoid", "sigmoid", "cross_entropy")
FOUR_UNITS: Parameters = [
    Layer(LOG3 * np.full((2, 2), 2.0), LOG3 * np.array([-1.0, -3.0])),
    Layer(LOG3 * np.array([[4.0], [-4.0]]), LOG3 * np.array([-1.0])),
]
POT = np.array([[0.75, 0.25]])


def pencil() -> Figure:
    """The network that is computed by hand: values forward, gradients of the logits back."""
    one = np.ones((1, 1))
    h = refnet.hidden(BY_HAND, FOUR_UNITS, POT)[0][0]
    p = refnet.forward(BY_HAND, FOUR_UNITS, POT)[0, 0]
    back = refnet.gradient(BY_HAND, FOUR_UNITS, POT, one)
    with style():
        figure, (axes,) = _panels()
        places = {
            "rain": (0, 1),
            "can": (0, 0),
            "enough": (1, 1),
            "too much": (1, 0),
            "p": (2, 0.5),
        }
        values = dict(zip(places, (*POT[0], *h, p), strict=True))
        deltas = dict(zip(("enough", "too much"), back[0].biases, strict=True))
        deltas["p"] = back[1].biases[0]
        for start, end in (("rain", "enough"), ("rain", "too much"), ("can", "enough"),
                           ("can", "too much"), ("enough", "p"), ("too much", "p")):  # fmt: skip
            axes.plot(*zip(places[start], places[end], strict=True), color=FAINT, linewidth=1)
        for name, (x, y) in places.items():
            axes.plot([x], [y], "o", color=FIRST, markersize=9)
            up = 1 if y else -1
            near = (x, y + 0.13 * up) if x < 2 else (x, y + 0.17)
            axes.text(*near, f"{name} = {values[name]:g}", ha="center", va="center")
            if name in deltas:
                far = (x, y + 0.31 * up) if x < 2 else (x, y - 0.17)
                text = f"δ = {deltas[name]:.4f}".replace("-", "−")
                axes.text(*far, text, ha="center", va="center", color=SECOND)
        axes.set(xlim=(-0.4, 2.4), ylim=(-0.45, 1.45))
        axes.axis("off")
    return figure


def _paths(start: Parameters, epochs: int = 600, every: int = 20) -> Array:
    """The two incoming weights in the course of gradient descent on the pots."""
    network, rows = pots.network(2), []
    for _ in range(epochs // every):
        rows.append(start[0].weights[0])
        start = refnet.train(
            network, start, pots.water, pots.sprouted, Optimizer("adam", 0.05), every
        )
    return np.array(rows)


def starts() -> Figure:
    """The weights of two units while they learn: from equal and from different starts."""
    equal = [Layer(np.full((1, 2), 0.5), np.zeros(2)), Layer(np.full((2, 1), 0.5), np.zeros(1))]
    cases = (("equal starts", equal), ("different starts", pots.drawn(pots.network(2), 0)))
    with style():
        figure, panels = _panels(2)
        for axes, (title, start) in zip(panels, cases, strict=True):
            path = _paths(start)
            steps = 20 * np.arange(len(path))
            axes.plot(steps, path[:, 0], color=FIRST, linewidth=4, alpha=0.5, label="unit 1")
            axes.plot(steps, path[:, 1], "--", color=SECOND, linewidth=1.5, label="unit 2")
            axes.set(title=title, xlabel="steps", ylabel="incoming weight")
            axes.legend()
    return figure


def _between(a: Parameters, t: float) -> Parameters:
    """The share t of the way to the network whose two units are exchanged."""
    units, readout = a
    b = [
        Layer(units.weights[:, ::-1], units.biases[::-1]),
        Layer(readout.weights[::-1], readout.biases),
    ]
    return [Layer(*((1 - t) * p + t * q for p, q in zip(x, y, strict=True)))
            for x, y in zip(a, b, strict=True)]  # fmt: skip


def hill() -> Figure:
    """The loss between a network and its copy, and the losses where twelve runs end."""
    network = pots.network(2)
    ends = [pots.trained(network, pots.drawn(network, seed)) for seed in range(12)]
    losses = [float(refnet.loss(network, p, pots.water, pots.sprouted)) for p in ends]
    best = ends[int(np.argmin(losses))]
    t = np.linspace(-0.1, 1.1, 121)
    way = [refnet.loss(network, _between(best, s), pots.water, pots.sprouted) for s in t]
    with style():
        figure, (left, right) = _panels(2)
        left.plot(t, way, color=INK, linewidth=2)
        left.plot([0, 1], [min(losses)] * 2, "o", color=FIRST)
        left.set(xlabel="share of the way to the exchanged copy", ylabel="loss", ylim=(0, None))
        right.plot(range(12), losses, "o", color=FIRST)
        right.axhline(0.692, color=FAINT, linewidth=1, linestyle="--")
        right.set(xlabel="start", ylabel="loss at the end", ylim=(0, 0.8))
    return figure


def _bump(x: Array) -> Array:
    return np.asarray(np.sin(np.pi * x / 2) ** 2)


def pot_staircase() -> Figure:
    """Staircases of four and sixteen units, and the largest error beside its bound."""
    x = np.linspace(0, 2, 2001)

    def climbed(n: int) -> Array:
        grid = nodes(0.0, 2 / n, n)
        return _outputs("sigmoid", staircase(_bump(grid), 0.0, 2 / n, 12.0), x)

    counts = [4, 8, 16, 32, 64, 128]
    bounds = [staircase_bound(lambda h: np.pi / 2 * h, 2 / n, 12.0, True) for n in counts]
    with style():
        figure, (left, right) = _panels(2)
        left.plot(x, _bump(x), color=FAINT, linewidth=2)
        for n, colour in ((4, SECOND), (16, FIRST)):
            left.plot(x, climbed(n), color=colour, linewidth=1.2, label=f"{n} units")
        left.set(xlabel="glasses of water", ylim=(-0.05, 1.3))
        left.legend(ncols=2)
        right.loglog(counts, bounds, color=INK, linewidth=1, label="bound")
        errors = [np.max(np.abs(climbed(n) - _bump(x))) for n in counts]
        right.loglog(counts, errors, "o", color=FIRST, label="largest error")
        right.set(xlabel="units")
        right.legend()
    return figure


def folds_and_fading() -> Figure:
    """The tent folded three times; and the size of each layer's gradient in deep networks."""
    x = np.linspace(0, 1, 513)
    with style():
        figure, (left, right) = _panels(2)
        for k, colour, line in ((1, THIRD, ":"), (2, SECOND, "--"), (3, FIRST, "-")):
            left.plot(x, _outputs("relu", deep_sawtooth(k), x), line, color=colour, label=f"{k}")
        left.set(xlabel="x", ylim=(0, 1.35))
        left.legend(title=None, ncols=3, loc="upper center")
        _fading(right)
    return figure


def _fading(axes: Axes) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 16)), rng.integers(0, 2, (64, 1)).astype(float)
    kinds = (("sigmoid", "glorot_normal", SECOND, "s--"), ("relu", "he_normal", FIRST, "o-"))
    for unit, start, colour, line in kinds:
        network = Architecture((16,) * 11 + (1,), unit, "sigmoid", "cross_entropy")
        sizes = np.mean([_sizes(network, start, s, x, y) for s in range(10)], axis=0)
        axes.semilogy(range(1, 12), sizes, line, color=colour, markersize=4,
                      label=f"{unit}, {start}")  # fmt: skip
    axes.set(xlabel="layer", ylabel="size of its gradient", ylim=(1e-9, 1e3))
    axes.legend()


def _sizes(network: Architecture, start: str, seed: int, x: Array, y: Array) -> list[float]:
    parameters = refnet.initialize(network, start, seed)
    gradient = refnet.gradient(network, parameters, x, y)
    return [float(np.linalg.norm(layer.weights)) for layer in gradient]
