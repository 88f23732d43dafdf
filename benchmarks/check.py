"""Where the time of a check goes: the subject, the protocol, the engine, Hypothesis, the suite.

    python benchmarks/check.py [SUBJECT ...] [--profile default] [--json FILE]

subject:    seconds inside the subject's own calls
protocol:   messages and processes around them
engine:     the balls of the answers
hypothesis: drawing, shrinking, bookkeeping; what is not spent in the bodies of the laws
suite:      the rest of the bodies: the laws' own arithmetic and the judge
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.judging.trial import Trial
from backproof.laws.catalogue import chosen
from backproof.subjects import subject as subject_module
from backproof.subjects.named import Named
from backproof.subjects.process import Child

PARTS = ("subject", "protocol", "engine", "hypothesis", "suite")


class Clock:
    """Seconds by name."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its seconds added to a name."""

        def wrapper(*arguments: Any, **words: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **words)
            finally:
                self.seconds[name] += time.perf_counter() - started  # type: ignore[assignment]

        return wrapper


def measured(words: str, profile: str) -> dict[str, Any]:
    """One check, with its seconds by part."""
    clock = Clock()
    kept = Trial.check, subject_module.Answer.ball, Child.call
    subject_module.Answer.ball = property(  # type: ignore[assignment]
        lambda answer: _ball_of(answer, clock)
    )
    Trial.check = clock.timed("body", Trial.check)  # type: ignore[method-assign]
    Child.call = clock.timed("call", Child.call)  # type: ignore[method-assign]
    try:
        judgement = Judgement(Named(words), chosen("*"), Settings(profile))
        judgement.load()
        for place in range(len(judgement.laws)):
            judgement.judge(place)
        judgement.close()
    finally:
        Trial.check, subject_module.Answer.ball, Child.call = kept  # type: ignore
    return _split(words, profile, judgement, clock)


def _ball_of(answer: Any, clock: Clock) -> Any:
    if "_made" not in answer.__dict__:
        answer.__dict__["_made"] = clock.timed("engine", answer._ball)()
    return answer.__dict__["_made"]


def _split(words: str, profile: str, judgement: Judgement, clock: Clock) -> dict[str, Any]:
    total = sum(row.seconds for row in judgement.report.laws)
    own = judgement.subject.seconds
    body, call, engine = (clock.seconds[name] for name in ("body", "call", "engine"))
    return {
        "subject": own,
        "protocol": call - own,
        "engine": engine,
        "hypothesis": total - body,
        "suite": body - call - engine,
        "total": total,
        "of": words,
        "profile": profile,
        "laws": len(judgement.laws),
        "judged": sum(row.judged for row in judgement.report.laws),
    }


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("subjects", nargs="*", default=["refnet", "sklearn"])
    parser.add_argument("--profile", default="default")
    parser.add_argument("--json")
    given = parser.parse_args()
    rows = [measured(words, given.profile) for words in given.subjects]
    print(f"{'':24}{'total':>9}" + "".join(f"{part:>12}" for part in PARTS) + f"{'judged':>12}")
    for row in rows:
        parts = "".join(f"{row[part]:>10.1f} s" for part in PARTS)
        print(f"{row['of'][-24:]:24}{row['total']:>7.1f} s{parts}{row['judged']:>12,}")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as stream:
            json.dump(rows, stream, indent=2)


if __name__ == "__main__":
    main()
