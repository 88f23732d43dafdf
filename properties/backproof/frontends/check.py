"""backproof.check: an implementation judged from Python, an object in this process."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis.database import ExampleDatabase

from backproof.frontends.conclude import conclude
from backproof.frontends.script import scripts
from backproof.judging.judgement import Judgement
from backproof.judging.kept import kept_in
from backproof.judging.settings import Settings
from backproof.laws.catalogue import by_name, chosen
from backproof.reports.ledger import read
from backproof.reports.report import Report
from backproof.subjects.named import Named

Laws = str | Sequence[str]
"""A pattern of names or chapters, several separated by commas; or a list of patterns."""


def check(
    implementation: Any,
    *,
    laws: Laws = "*",
    profile: str = "default",
    seed: int = 0,
    precision: str | None = None,
    options: Mapping[str, str] | None = None,
    time_limit: float = math.inf,
    progress: bool = False,
    known: str | None = None,
    examples: str | ExampleDatabase | None = None,
) -> Report:
    """The report on an implementation.

    implementation: an object or a class with the attributes of `Implementation`, judged in this
                    process; or a string as on the command line, judged in a process of its own
    laws:           a pattern of names or chapters, several separated by commas; or a list of them
    profile:        quick, default or thorough
    precision, options: for the constructor of what a string names
    time_limit:     seconds, small cases first
    progress:       whether each verdict is told on standard error
    known:          the file of the ledger, for what is known to be broken
    examples:       a folder, redis://..., or a database of Hypothesis's, where what breaks a law is
                    kept and from where it is tried first

    Raises: CannotLoad when it cannot be loaded or its declarations are wrong; ValueError for a
            pattern without laws, an unknown profile, a ledger that is wrong, examples that cannot
            be kept, or a precision given with an object.
    """
    named = as_named(implementation, precision, options)
    settings = Settings(profile, seed, time_limit, kept=kept_in(examples))
    judgement = before_the_laws(named, laws, settings, known)
    judgement.load()
    try:
        _judge_all(judgement, progress)
        conclude(judgement)
    finally:
        judgement.close()
    judgement.report.scripts = scripts(judgement.report, Path())
    return judgement.report


def as_named(
    implementation: Any, precision: str | None, options: Mapping[str, str] | None
) -> Named:
    """The implementation with what its constructor is given.

    Raises: ValueError for an object, which is constructed already, or a class.
    """
    if not isinstance(implementation, str) and (precision is not None or options):
        raise ValueError(
            f"precision={precision!r}, options={options!r}: they are for what a string names; "
            "give an object that was constructed with them"
        )
    return Named(implementation, precision, dict(options or {}))


def before_the_laws(
    named: Named, patterns: Laws, settings: Settings, known: str | None = None
) -> Judgement:
    """A subject before the laws that patterns choose, and what a ledger knows of it.

    Raises: CannotLoad when the declarations of an object are wrong; ValueError for a pattern
            without laws, or a ledger that is wrong.
    """
    pattern = patterns if isinstance(patterns, str) else ",".join(patterns)
    found = chosen(pattern)
    judgement = Judgement(named, found, settings, whole=len(found) == len(by_name()))
    judgement.report.pattern, judgement.report.known = pattern, known or ""
    if known is not None:
        judgement.known = read(known, by_name())
    return judgement


def _judge_all(judgement: Judgement, progress: bool) -> None:
    """Every law, and again those whose share of the time was not enough, while there is more."""
    places = [*range(len(judgement.laws))]
    while places:
        for done, place in enumerate(places):
            judgement.among = len(places) - done
            judgement.judge(place)
            row = judgement.report.laws[place]
            if progress:
                print(f"{done + 1} of {len(places)}: {row.status} {row.law}", file=sys.stderr)
        places = judgement.cut()
