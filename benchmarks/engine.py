"""The reference engine against itself, the floor of its matrix products, scikit-learn and others.

    python benchmarks/engine.py --rounds 15 --json engine.json

Both sides of a row run in alternation in one process, with one BLAS thread; a ratio is our least
time over theirs. A peer that is not installed is named in its row, which then has no ratio. A row
without a goal informs: nobody waits for a call of one tiny network.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: two threads swing by 40x
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import importlib
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import refnet
from refnet import Architecture, Layer, Problem, balls
from refnet.architecture import Array

Call = Callable[[], object]

# Once glibc has freed a large array, as a program has that loaded its data, it keeps the memory of
# smaller ones. Before that, one call of 784-128-10 takes 1,261 page faults, of up to 2.5 us each.
np.ones(2**21)

WARM = 0.1  # seconds before the clock counts: a wide register file wakes slowly
LEAST = 2e-3  # seconds that one measurement takes at least, so that the clock's step is nothing


class Row(NamedTuple):
    """A line of the table: seconds of both, their ratio, and the ratio to reach, if there is one.

    Ratio and seconds are None where the peer is not installed, as the name then says.
    """

    name: str
    ratio: float | None
    goal: float | None
    ours: float | None = None
    theirs: float | None = None


def measured(name: str, goal: float | None, rounds: int, ours: Call, theirs: Call | None) -> Row:
    """The row of two calls that do the same, A B A B."""
    if theirs is None:
        return Row(f"{name} (not installed)", None, goal)
    calls = (ours, theirs)
    numbers = [_repetitions(call) for call in calls]
    least = [np.inf, np.inf]
    for _ in range(max(rounds, 15)):
        for side, (call, number) in enumerate(zip(calls, numbers, strict=True)):
            least[side] = min(least[side], _seconds(call, number))
    return Row(name, least[0] / least[1], goal, least[0], least[1])


def _seconds(call: Call, number: int) -> float:
    start = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - start) / number


def _repetitions(call: Call) -> int:
    times: list[float] = []
    end = time.perf_counter() + WARM
    while not times or time.perf_counter() < end:
        times.append(_seconds(call, 1))
    return max(1, round(LEAST / min(times)))


def module(name: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


# the nets

XOR = Architecture((2, 4, 1), "tanh", "sigmoid", "cross_entropy")
DIGITS = Architecture((784, 128, 10), "tanh", "softmax", "cross_entropy")
DEEP = Architecture((30, 64, 64, 1), "tanh", "sigmoid", "cross_entropy")
SMALL = Architecture((10, 32, 1), "tanh", "sigmoid", "cross_entropy")


def problem(architecture: Architecture, rows: int, stack: tuple[int, ...] = ()) -> Problem:
    """Normal parameters and inputs, with targets 0 and 1; a stack has its own of everything."""
    generator = np.random.default_rng(0)
    layers = [
        Layer(
            generator.normal(size=(*stack, *shape)) / np.sqrt(shape[0]),
            generator.normal(size=(*stack, shape[1])),
        )
        for shape in architecture.shapes
    ]
    inputs = generator.normal(size=(*stack, rows, architecture.widths[0]))
    return Problem(architecture, layers, inputs, _targets(architecture, (*stack, rows), generator))


def _targets(
    architecture: Architecture, rows: tuple[int, ...], generator: np.random.Generator
) -> Array:
    classes = architecture.widths[-1]
    drawn = generator.integers(max(classes, 2), size=rows)
    return np.eye(classes)[drawn] if classes > 1 else drawn[..., None].astype(np.float64)


def ours(given: Problem) -> Call:
    architecture, parameters, inputs, targets = given[:4]
    return lambda: refnet.loss_and_gradient(architecture, parameters, inputs, targets)


# one small net, against three libraries: no goals


def torch_eager(given: Problem) -> Call | None:
    """A `Sequential` with its loss, as torch's own tutorials write a step."""
    torch = module("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    features, units, outputs = given.architecture.widths
    first, last = torch.nn.Linear(features, units), torch.nn.Linear(units, outputs)
    net = torch.nn.Sequential(first, torch.nn.Tanh(), last).double()
    inputs, targets = torch.tensor(given.inputs), torch.tensor(given.targets)
    entropy = torch.nn.BCEWithLogitsLoss()

    def call() -> object:
        net.zero_grad()
        loss = entropy(net(inputs), targets)
        loss.backward()
        return loss

    return call


def _jax_loss(jax: Any) -> Callable[..., Any]:
    def loss(parameters: Any, inputs: Any, targets: Any) -> Any:
        (w1, b1), (w2, b2) = parameters
        logits = jax.numpy.tanh(inputs @ w1 + b1) @ w2 + b2
        return jax.numpy.mean(jax.nn.softplus(logits) - targets * logits)

    return loss


def jax_jit(given: Problem, stacked: bool = False) -> Call | None:
    jax = module("jax")
    if jax is None:
        return None
    jax.config.update("jax_enable_x64", True)
    function = jax.value_and_grad(_jax_loss(jax))
    compiled = jax.jit(jax.vmap(function) if stacked else function)
    put = jax.numpy.asarray
    parameters = [(put(w), put(b)) for w, b in given.parameters]
    inputs, targets = put(given.inputs), put(given.targets)
    return lambda: jax.block_until_ready(compiled(parameters, inputs, targets))


def sklearn_backprop(given: Problem) -> Call | None:
    """The private method that its fit calls in each iteration, with the buffers that fit makes."""
    network = module("sklearn.neural_network")
    if network is None:
        return None
    peer = network.MLPClassifier((4,), activation="tanh", alpha=0.0, max_iter=1)
    with module("warnings").catch_warnings():
        module("warnings").simplefilter("ignore")  # one iteration does not converge, nor need it
        peer.fit(given.inputs, given.targets[:, 0])
    peer.coefs_ = [np.array(w) for w, _ in given.parameters]
    peer.intercepts_ = [np.array(b) for _, b in given.parameters]
    buffers = [
        [given.inputs, np.empty((len(given.inputs), 4)), np.empty((len(given.inputs), 1))],
        [np.empty((len(given.inputs), 4)), np.empty((len(given.inputs), 1))],
        [np.empty_like(w) for w in peer.coefs_],
        [np.empty_like(b) for b in peer.intercepts_],
    ]
    return lambda: peer._backprop(given.inputs, given.targets, None, *buffers)


def small_net(rounds: int) -> Iterator[Row]:
    given, what = problem(XOR, 4), "loss + gradient of 2-4-1, 4 rows, against"
    yield measured(f"{what} torch eager", None, rounds, ours(given), torch_eager(given))
    yield measured(f"{what} jax.jit", None, rounds, ours(given), jax_jit(given))
    backprop = sklearn_backprop(given)
    yield measured(f"{what} scikit-learn's backprop", None, rounds, ours(given), backprop)


# goal 8: wide nets, against the floor


def floor(given: Problem) -> Call:
    """The same matrix products and one exp or tanh pass per layer, all into buffers."""
    weights = [w for w, _ in given.parameters]
    steps = [given.inputs, *(np.empty((len(given.inputs), w.shape[1])) for w in weights)]
    deltas = [np.ones_like(step) for step in steps]  # an empty one may hold slow denormal numbers
    gradients = [np.empty_like(w) for w in weights]
    passes = [np.tanh] * (len(weights) - 1) + [np.exp]

    def call() -> object:
        for w, entering, leaving, function in zip(weights, steps, steps[1:], passes, strict=False):
            np.dot(entering, w, out=leaving)
            function(leaving, out=leaving)
        for place in range(len(weights) - 1, -1, -1):
            np.dot(steps[place].T, deltas[place + 1], out=gradients[place])
            if place:
                np.dot(deltas[place + 1], weights[place].T, out=deltas[place])
        return gradients

    return call


def wide_nets(rounds: int) -> Iterator[Row]:
    for architecture, goal in ((DIGITS, 1.08), (DEEP, None)):
        given = problem(architecture, 1024)
        widths = "-".join(map(str, architecture.widths))
        name = f"loss + gradient of {widths}, 1024 rows, against the floor"
        yield measured(name, goal, rounds, ours(given), floor(given))


# goal 9: stacks of small nets

STACK = 1000


def one_by_one(given: Problem) -> Call:
    """The nets of a stack, each in a call of its own."""
    calls = [
        ours(
            Problem(
                given.architecture,
                [Layer(w[place], b[place]) for w, b in given.parameters],
                given.inputs[place],
                given.targets[place],
            )
        )
        for place in range(STACK)
    ]
    return lambda: [call() for call in calls]


def stacks(rounds: int) -> Iterator[Row]:
    what = f"a stack of {STACK} nets 2-4-1"
    for rows, goal in ((4, 1 / 25), (1, 1 / 60)):
        given = problem(XOR, rows, (STACK,))
        name = f"{what}, {rows} rows, against one by one"
        yield measured(name, goal, rounds, ours(given), one_by_one(given))
    given = problem(XOR, 4, (STACK,))
    name = f"{what}, 4 rows, against jax.jit(vmap)"
    yield measured(name, None, rounds, ours(given), jax_jit(given, stacked=True))


# goal 7: balls


def radii(rounds: int) -> Iterator[Row]:
    for architecture, rows, goal in ((SMALL, 32, 6.0), (DEEP, 1024, 4.0)):
        given = problem(architecture, rows)
        widths = "-".join(map(str, architecture.widths))
        name = f"forward + gradient with radii of {widths}, {rows} rows, against without"
        with_radii, without = partial(balls.gradient, given), partial(refnet.gradient, *given)
        yield measured(name, goal, rounds, with_radii, without)


# goal 10: logistic regression and its certificate


def logistic(rounds: int) -> Iterator[Row]:
    if module("sklearn") is None:
        yield Row("logistic regression against scikit-learn (not installed)", None, 0.7)
        return
    peer = module("logistic")  # the benchmark beside this one
    for source in (peer.fits, peer.separations):
        for row in source(rounds):
            yield Row(row.name, row.ratio, row.goal, row.ours, row.theirs)


# by the numbers of the performance goals
SOURCES = {
    "7": radii,
    "8": wide_nets,
    "9": stacks,
    "10": logistic,
    "small": small_net,
}


def line(row: Row) -> str:
    goal = "-" if row.goal is None else f"{row.goal:.3f}"
    if row.ratio is None or row.ours is None or row.theirs is None:
        return f"{row.name:70}{'-':>11}{'-':>11}{'-':>9}{goal:>8}"
    times = f"{row.ours * 1e6:11.1f}{row.theirs * 1e6:11.1f}"
    return f"{row.name:70}{times}{row.ratio:9.3f}{goal:>8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="at least 15")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=SOURCES, nargs="*", default=list(SOURCES))
    arguments = parser.parse_args()
    table = []
    print(f"{'':70}{'ours/us':>11}{'theirs/us':>11}{'ratio':>9}{'goal':>8}")
    for number in arguments.only:
        for row in SOURCES[number](arguments.rounds):
            print(line(row), flush=True)
            table.append(row._asdict())
    if arguments.json:
        arguments.json.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
