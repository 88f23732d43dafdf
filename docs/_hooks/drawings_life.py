"""The life of a law as a drawing: two processes, question after question, and one finding."""

from itertools import pairwise

from ink import FAINT, FIRST, INK, SECOND, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ASKED = ("scope and\nrecipe", "case", "the law's\nbody", "ratio")
EXPLAINED = (
    "shrunk",
    "made simpler",
    "asked again,\nin a fresh process",
    "under other\nconventions",
)
LEFT, WIDTH, HEIGHT = (0.0, 25.0, 50.0, 75.0), 19.0, 11.0
SUBJECT, JUDGE, FINDING, ROW = 57.0, 35.0, 16.0, 0.0

Point = tuple[float, float]


def life() -> Figure:
    """From a scope to a row: the questions above, and below them what follows a ratio above 1."""
    with style():
        figure = Figure(figsize=(7.0, 4.4))
        axes = figure.subplots()
        axes.set(xlim=(-1, 101), ylim=(-1, 79))
        axes.set_axis_off()
        _box(axes, "your network, in\na process of its own", LEFT[2], SUBJECT, WIDTH, SECOND)
        for left, asked, explained in zip(LEFT, ASKED, EXPLAINED, strict=True):
            _box(axes, asked, left, JUDGE, WIDTH, FIRST)
            _box(axes, explained, left, FINDING, WIDTH, FIRST)
        _box(axes, "row, report, exit status", 0, ROW, 100, INK)
        _steps(axes)
        _ways_on(axes)
    return figure


def _steps(axes: Axes) -> None:
    """From box to box, and from the law's body to the network and back."""
    for left, to in pairwise(LEFT):
        for low in (JUDGE, FINDING):
            _arrow(axes, (left + WIDTH, low + HEIGHT / 2), (to, low + HEIGHT / 2))
    _arrow(axes, (56, JUDGE + HEIGHT), (56, SUBJECT))
    _words(axes, "call", (55, 51.5), "right")
    _arrow(axes, (63, SUBJECT), (63, JUDGE + HEIGHT))
    _words(axes, "answer", (64, 51.5), "left")


def _ways_on(axes: Axes) -> None:
    """Where a ratio leads to."""
    _arrow(axes, (84.5, JUDGE + HEIGHT), (84.5, 74), (34.5, 74), (34.5, JUDGE + HEIGHT))
    _words(axes, "at most 1: the next example", (59.5, 77), "center")
    _arrow(axes, (84.5, JUDGE), (84.5, 31), (9.5, 31), (9.5, FINDING + HEIGHT))
    _words(axes, "above 1", (83.5, 33), "right")
    _arrow(axes, (84.5, FINDING), (84.5, ROW + HEIGHT))
    _words(axes, "one finding", (83.5, 13.5), "right")
    low = JUDGE + HEIGHT / 2
    _arrow(axes, (94, low), (98.5, low), (98.5, ROW + HEIGHT), colour=FAINT)
    _words(axes, "enough", (97.5, 33), "right")


def _box(axes: Axes, words: str, left: float, low: float, width: float, colour: str) -> None:
    corners = [left, left + width, left + width, left, left]
    axes.plot(corners, [low, low, low + HEIGHT, low + HEIGHT, low], color=colour, linewidth=1.5)
    _words(axes, words, (left + width / 2, low + HEIGHT / 2), "center")


def _words(axes: Axes, words: str, place: Point, side: str) -> None:
    """Line by line, since a reader's font centres only what stands on one."""
    lines = words.split("\n")
    for number, line in enumerate(lines):
        height = place[1] + 3.2 * ((len(lines) - 1) / 2 - number)
        axes.text(place[0], height, line, ha=side, va="center", fontsize=9)


def _arrow(axes: Axes, *points: Point, colour: str = INK) -> None:
    """A line through the points, with a head at the last one."""
    axes.plot(*zip(*points[:-1], strict=True), color=colour, linewidth=1)
    how = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "linewidth": 1}
    axes.annotate("", points[-1], points[-2], arrowprops=how)
