"""What a check costs, and where: the subject, the protocol, the engine, Hypothesis, the suite.

    python benchmarks/check.py [SUBJECT ...] [--rounds 3] [--json FILE]

The goals are ratios of processor time against scikit-learn's `check_estimator(MLPClassifier())`,
each command a process of its own, in alternation; then the split of one check, by processor time:

subject:    in the process of the subject, its own calls and what surrounds them
protocol:   messages between the processes, on the judge's side
engine:     the balls of the answers
hypothesis: drawing, shrinking, bookkeeping; what is not spent in the bodies of the laws
suite:      the rest of the bodies: the laws' own arithmetic and the judge
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from backproof.frontends.check import before_the_laws
from backproof.judging.settings import Settings
from backproof.judging.trial import Trial
from backproof.subjects.answers import Answer
from backproof.subjects.named import Named
from backproof.subjects.process import Child

PARTS = ("subject", "protocol", "engine", "hypothesis", "suite")

PEER = [
    "-W",
    "ignore",
    "-c",
    "from sklearn.neural_network import MLPClassifier as M;"
    "from sklearn.utils.estimator_checks import check_estimator as c; c(M())",
]

GOALS = {"quick": 0.5, "default": 2.5}
"""check refnet against check_estimator, with every law."""

HYPOTHESIS_GOAL = 0.8
"""Milliseconds inside Hypothesis per example."""


JOBS_GOAL = 0.6
"""Wall time of two jobs against one, on two quiet cores; a busy machine is seen by the processor
time, of which two jobs use a few seconds more."""


def processor_seconds(*words: str) -> float:
    """What a Python process and all its children use."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *words]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def against_the_peer(rounds: int) -> list[dict[str, Any]]:
    """Each profile against check_estimator: medians over so many rounds, peer before and after."""
    seconds: dict[str, list[float]] = {name: [] for name in ("peer", *GOALS)}
    processor_seconds(*PEER)  # compiles what is to be compiled
    for _ in range(rounds):
        seconds["peer"].append(processor_seconds(*PEER))
        for profile in GOALS:
            words = ("-m", "backproof", "check", "refnet", "--profile", profile)
            seconds[profile].append(processor_seconds(*words))
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    return [
        {
            "what": f"check refnet, {profile}, against check_estimator",
            "seconds": medians[profile],
            "peer_seconds": medians["peer"],
            "ratio": medians[profile] / medians["peer"],
            "goal": goal,
        }
        for profile, goal in GOALS.items()
    ]


def against_one_job(rounds: int, profile: str) -> dict[str, Any]:
    """Two jobs against one, in alternation: medians of wall time, and of processor time."""
    seconds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(rounds):
        for jobs, found in seconds.items():
            started, words = time.perf_counter(), ("--profile", profile, "--jobs", str(jobs))
            used = processor_seconds("-m", "backproof", "check", "refnet", *words)
            found.append((time.perf_counter() - started, used))
    (one, used_by_one), (two, used_by_two) = (
        map(statistics.median, zip(*found, strict=True)) for found in seconds.values()
    )
    return {
        "what": f"check refnet, {profile}, two jobs against one",
        "seconds": two,
        "peer_seconds": one,
        "processor_ratio": used_by_two / used_by_one,
        "ratio": two / one,
        "goal": JOBS_GOAL,
    }


class Clock:
    """Processor seconds of this process, by name."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its seconds added to a name."""

        def wrapper(*arguments: Any, **words: Any) -> Any:
            started = time.process_time()
            try:
                return function(*arguments, **words)
            finally:
                self.seconds[name] += time.process_time() - started  # type: ignore[assignment]

        return wrapper


def split(words: str, profile: str) -> dict[str, Any]:
    """One check, with its processor seconds by part."""
    clock = Clock()
    kept = Trial.check, Answer.ball, Child.call
    Answer.ball = property(  # type: ignore[assignment]
        lambda answer: _ball_of(answer, clock)
    )
    Trial.check = clock.timed("body", Trial.check)  # type: ignore[method-assign]
    Child.call = clock.timed("call", Child.call)  # type: ignore[method-assign]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        judgement = before_the_laws(Named(words), "*", Settings(profile))
        judgement.load()
        judge = clock.timed("total", judgement.judge)
        for place in range(len(judgement.laws)):
            judge(place)
        judgement.close()
    finally:
        Trial.check, Answer.ball, Child.call = kept  # type: ignore
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total, body, call, engine = (clock.seconds[n] for n in ("total", "body", "call", "engine"))
    examples = sum(row.examples for row in judgement.report.laws)
    return {
        "of": words,
        "profile": profile,
        "subject": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "protocol": call,
        "engine": engine,
        "hypothesis": total - body,
        "suite": body - call - engine,
        "laws": len(judgement.laws),
        "examples": examples,
        "judged": sum(row.judged for row in judgement.report.laws),
        "hypothesis_ms": 1000 * (total - body) / examples,
        "goal": HYPOTHESIS_GOAL,
    }


def _ball_of(answer: Any, clock: Clock) -> Any:
    if "_made" not in answer.__dict__:
        answer.__dict__["_made"] = clock.timed("engine", answer._ball)()
    return answer.__dict__["_made"]


def main() -> None:
    """Measure, print two tables, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("subjects", nargs="*", default=["refnet", "sklearn"])
    parser.add_argument("--profile", default="default")
    parser.add_argument("--rounds", type=int, default=3, help="0: only the split")
    parser.add_argument("--json")
    given = parser.parse_args()
    ratios = []
    if given.rounds:
        ratios = [*against_the_peer(given.rounds), against_one_job(given.rounds, given.profile)]
    for row in ratios:
        sides = f"{row['seconds']:.1f} s / {row['peer_seconds']:.1f} s"
        print(f"{row['what']:52}{sides:>18}{row['ratio']:>8.2f}  (goal {row['goal']})")
    splits = [split(words, given.profile) for words in given.subjects]
    columns = "".join(f"{part:>12}" for part in PARTS)
    print(f"{'':24}{columns}{'examples':>10}{'judged':>11}  ms in Hypothesis per example")
    for row in splits:
        parts = "".join(f"{row[part]:>10.1f} s" for part in PARTS)
        counts = f"{row['examples']:>10,}{row['judged']:>11,}"
        goal = f"{row['hypothesis_ms']:.2f} (goal {row['goal']})"
        print(f"{row['of'][-24:]:24}{parts}{counts}  {goal}")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as stream:
            json.dump({"ratios": ratios, "splits": splits}, stream, indent=2)


if __name__ == "__main__":
    main()
