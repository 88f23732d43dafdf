"""What a finding costs on a slow subject: from a first failure to the explained smallest case.

    python benchmarks/findings.py [--seed 0] [--json FILE]

Five planted bugs before two laws each, in the quick profile, on a subject of 7 ms a call. The
seconds are what a quiet machine takes: processor time, and 7 ms for each call. The ratio is that to
the goal of 5 s.
"""

import argparse
import json
import statistics
import time
from typing import Any

from backproof.adapters.refnet import Refnet
from backproof.contract import CAPABILITIES
from backproof.frontends.check import before_the_laws
from backproof.frontends.conclude import conclude
from backproof.judging.search import Search
from backproof.judging.settings import Settings
from backproof.mutants.batches import MeanOfBatchMeans
from backproof.mutants.gradient import SlopeForgotten
from backproof.mutants.loss import LossSummed
from backproof.mutants.meaning import BiasesForgotten
from backproof.mutants.steps import GradientClipped
from backproof.subjects.named import Named

A_CALL = 0.007
GOAL_SECONDS, GOAL = 5.0, 1.0

PLANTED: dict[type[Refnet], tuple[str, str]] = {
    SlopeForgotten: ("the_gradient_is_the_derivative", "gradients_match"),
    BiasesForgotten: ("outputs_are_right", "no_hidden_layer"),
    LossSummed: ("the_loss_is_the_mean", "the_losses_of_batches"),
    GradientClipped: ("gradient_descent_subtracts", "an_epoch_takes"),
    MeanOfBatchMeans: ("evaluation_does_not", "evaluation_does_not"),
}
"""Each bug with laws that it breaks; the last has one alone, which is met with two seeds."""


class Clock:
    """Seconds of a quiet machine: processor time, and what the calls of the subject would take."""

    def __init__(self) -> None:
        self.calls, self.failed = 0, 0.0

    @property
    def now(self) -> float:
        """Seconds since whenever."""
        return time.process_time() + A_CALL * self.calls

    def slow(self, made: type[Refnet]) -> Refnet:
        """The subject, whose calls are counted and take their time."""
        subject = made()
        for name in CAPABILITIES:
            setattr(subject, name, self._counted(getattr(subject, name)))
        return subject

    def _counted(self, method: Any) -> Any:
        def call(*given: Any, **more: Any) -> Any:
            self.calls += 1
            time.sleep(A_CALL)
            return method(*given, **more)

        return call


def explained(made: type[Refnet], law: str, seed: int) -> dict[str, Any]:
    """One law on one planted bug."""
    clock, example = Clock(), Search._example

    def watched(search: Search, **arguments: Any) -> None:
        try:
            example(search, **arguments)
        finally:
            clock.failed = clock.failed or (clock.now if search.failing else 0.0)

    Search._example = watched  # type: ignore[method-assign, assignment]
    try:
        judgement = before_the_laws(Named(clock.slow(made)), law, Settings("quick", seed))
        judgement.load()
        judgement.judge(0)
        conclude(judgement)
    finally:
        Search._example = example  # type: ignore[method-assign]
        judgement.close()
    assert judgement.report.laws[0].status == "broken", f"{made.__name__} is no bug of {law}"
    seconds = clock.now - clock.failed
    ratio = seconds / GOAL_SECONDS
    what = f"{made.__name__}, {judgement.report.laws[0].law}"
    return {"what": what, "seconds": seconds, "ratio": ratio, "goal": GOAL}


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json")
    given = parser.parse_args()
    rows = []
    for made, laws in PLANTED.items():
        for place, law in enumerate(laws):
            seed = given.seed + place * (laws[0] == laws[1])
            rows.append(explained(made, law, seed))
            print("{what:76}{seconds:6.1f} s{ratio:7.2f}  (goal {goal})".format(**rows[-1]))
    seconds = [row["seconds"] for row in rows]
    print(f"median {statistics.median(seconds):.1f} s, largest {max(seconds):.1f} s")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as stream:
            json.dump(rows, stream, indent=2)


if __name__ == "__main__":
    main()
