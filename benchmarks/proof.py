"""The proof by exact arithmetic, at length: how much of its ball each legal answer takes up.

    python benchmarks/proof.py --nets 10000 --seed 0 --json proof.json

Every precision gets that many networks, of all kinds, with every activation and head that the
engine has. Each is evaluated in every style of `tests/engine/lowprecision.py`, and the first of
each stack exactly, by `tests/engine/exact.py`. A network's ratio is the largest
|answer - ball.value| / ball.radius of its entries; a ratio above 1 is a violation and ends the
run with status 1. Networks without a finite radius, after an overflow, are not judged.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice, product
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

# after the path, because the witnesses live among the tests
from tests.engine import exact, lowprecision, nets

from refnet import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Precision
from refnet.functions.activations import TABLE as ACTIVATION_TABLE
from refnet.functions.losses import TABLE as HEAD_TABLE

STACK = 8
PRECISIONS = (
    FLOAT64,
    FLOAT32,
    TF32,
    FLOAT16,
    replace(FLOAT16, name="float16, sums float32", accumulation=2.0**-24),
    BFLOAT16,
    replace(BFLOAT16, name="bfloat16, sums float32", accumulation=2.0**-24),
)


class Key(NamedTuple):
    """What is counted together."""

    precision: str
    order: str
    what: str


class Draw(NamedTuple):
    """The arguments that draw a stack again."""

    seed: int
    activation: str
    head: tuple[str, str]
    kind: str


Shares: TypeAlias = dict[Key, list[tuple[float, Draw]]]


def draws(seed: int) -> Iterator[Draw]:
    """Without end, every combination of kind, activation and head in a random order."""
    rng = np.random.default_rng(seed)
    combinations = list(product(ACTIVATION_TABLE, HEAD_TABLE, nets.KINDS))
    for turn in count(seed * 1_000_000):
        for place in rng.permutation(len(combinations)):
            yield Draw(turn, *combinations[place])


def judge(draw: Draw, precision: Precision, shares: Shares) -> None:
    """Add the ratios of one stack of networks in every style."""
    net = nets.draw(draw.seed, precision, draw.activation, draw.head, draw.kind, STACK)
    bounds = nets.bounds(net.problem, precision)
    for turn, style in enumerate(lowprecision.STYLES):
        answer = lowprecision.evaluate(net.problem, precision, style, draw.seed + turn)
        for what, pairs in bounds.beside(answer).items():
            worst = lowprecision.worst(pairs, STACK)
            key = Key(precision.name, style.name, what)
            shares[key] += [(float(x), draw) for x in worst if not np.isnan(x)]
    if precision is FLOAT64:
        truth = exact.truth(next(net.singles()), kink=draw.seed % 2)
        for what, pairs in bounds.single(0).beside(truth).items():
            if pairs:
                shares[Key("exact", "arb", what)].append((exact.worst(pairs), draw))


def measure(networks: int, seed: int) -> Shares:
    """All ratios of so many networks in every precision."""
    shares: Shares = defaultdict(list)
    for draw in islice(draws(seed), max(1, networks // STACK)):
        for precision in PRECISIONS:
            judge(draw, precision, shares)
    return shares


def violating(shares: Shares) -> set[tuple[Key, Draw]]:
    """Every draw that has a ratio above 1, with what is counted there."""
    return {(key, draw) for key, found in shares.items() for x, draw in found if not x <= 1}


def row(key: Key, found: list[tuple[float, Draw]]) -> dict[str, object]:
    """One line of the table."""
    ratios = np.array([ratio for ratio, _ in found])
    worst = int(np.argmax(ratios))
    return {
        **key._asdict(),
        "judged": len(ratios),
        "violations": int(np.sum(~(ratios <= 1))),
        "median": float(np.median(ratios)),
        "99%": float(np.quantile(ratios, 0.99, method="lower")),
        "max": float(ratios[worst]),
        "worst": found[worst][1]._asdict(),
    }


def table(rows: list[dict[str, object]]) -> str:
    """The rows as text."""
    head = (
        f"{'precision':23} {'order':11} {'what':9} {'judged':>6} {'violations':>10} "
        f"{'median':>8} {'99%':>8} {'max':>8}"
    )
    return "\n".join([head, *map(line, rows)])


def line(r: dict[str, object]) -> str:
    """One row as text."""
    return (
        f"{r['precision']:23} {r['order']:11} {r['what']:9} {r['judged']:6} {r['violations']:10} "
        f"{r['median']:8.4f} {r['99%']:8.4f} {r['max']:8.4f}"
    )


def main() -> int:
    """Run, print the table, and say whether the bounds held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nets", type=int, default=10_000, help="networks for each precision")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="a file for the rows, with the worst draws")
    arguments = parser.parse_args()
    shares = measure(arguments.nets, arguments.seed)
    rows = [row(key, found) for key, found in shares.items()]
    print(f"{arguments.nets} networks for each precision; judged: those with a finite radius")
    print(table(rows))
    violations = sorted(violating(shares))
    for key, draw in violations[:20]:
        print("violation:", *key, draw)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
