"""Logistic regression against scikit-learn, and separability against the linear programme.

    python benchmarks/logistic.py --rounds 15 --json logistic.json

Both run in alternation in one process, with one BLAS thread; a ratio is our least time over theirs.
Both fit without a penalty, with an intercept, until no entry of the gradient exceeds 1e-12.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: two threads swing by 40x
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from refnet.architecture import Array
from refnet.logistic.linear_model import linear_model, probabilities
from refnet.logistic.newton import fit
from refnet.logistic.separability import by_programme, decide

TOLERANCE = 1e-12


class Row(NamedTuple):
    """A line of the table: least seconds of both, their ratio, and the ratio to reach."""

    name: str
    ours: float
    theirs: float
    ratio: float
    goal: float


def measured(
    name: str, goal: float, rounds: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> Row:
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, times in zip((ours, theirs), seconds, strict=True):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    least = [min(times) for times in seconds]
    return Row(name, least[0], least[1], least[0] / least[1], goal)


def data(rows: int, features: int, noise: bool) -> tuple[Array, Array]:
    """Normal inputs with labels drawn from a logistic model, or separated by its plane."""
    generator = np.random.default_rng(rows + features)
    inputs = generator.normal(size=(rows, features))
    logits = 0.3 + inputs @ (2 * generator.normal(size=features) / np.sqrt(features))
    chances = 1 / (1 + np.exp(-logits)) if noise else (logits > 0).astype(np.float64)
    return inputs, (generator.random(rows) < chances).astype(np.float64)


def largest_gradient(design: Array, labels: Array, weights: Array) -> float:
    model = linear_model(design, labels[:, None])
    return float(np.max(np.abs(model.gradient(weights, probabilities(design @ weights)[0]))))


def fits(rounds: int) -> Iterator[Row]:
    for rows, features, goal in ((100, 3, 0.25), (10_000, 20, 0.7), (100_000, 50, 0.7)):
        inputs, labels = data(rows, features, noise=True)
        design, targets = np.append(inputs, np.ones((rows, 1)), axis=1), labels[:, None]
        peer = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=TOLERANCE, max_iter=100)
        peer.fit(inputs, labels)
        theirs = np.append(peer.coef_[0], peer.intercept_)[:, None]
        ours = fit(design, targets, tolerance=TOLERANCE).weights
        for weights in (ours, theirs):  # or the comparison is not fair
            assert largest_gradient(design, labels, weights) <= TOLERANCE
        yield measured(
            f"fit {rows} x {features} against newton-cholesky",
            goal,
            rounds if rows > 1000 else 20 * rounds,
            lambda d=design, t=targets: fit(d, t, tolerance=TOLERANCE),  # type: ignore[misc]
            lambda p=peer, x=inputs, y=labels: p.fit(x, y),  # type: ignore[misc]
        )


def separations(rounds: int) -> Iterator[Row]:
    for rows, features in ((10_000, 5), (10_000, 20), (30_000, 10)):
        for noise, verdict in ((True, "overlap"), (False, "complete")):
            inputs, labels = data(rows, features, noise)
            design = np.append(inputs, np.ones((rows, 1)), axis=1)
            assert decide(design, labels) == by_programme(design, labels) == verdict
            yield measured(
                f"{verdict} at {rows} x {features} against the linear programme",
                0.1,
                rounds,
                lambda d=design, y=labels: decide(d, y),  # type: ignore[misc]
                lambda d=design, y=labels: by_programme(d, y),  # type: ignore[misc]
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    table = []
    print(f"{'':58}{'ours':>10}{'theirs':>10}{'ratio':>8}{'goal':>7}")
    for source in (fits, separations):
        for row in source(arguments.rounds):
            times = f"{row.ours * 1e3:8.2f}ms{row.theirs * 1e3:8.2f}ms"
            print(f"{row.name:58}{times}{row.ratio:8.3f}{row.goal:7.2f}", flush=True)
            table.append({"name": row.name, "ratio": row.ratio, "goal": row.goal})
    if arguments.json:
        arguments.json.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
