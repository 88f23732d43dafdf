"""backproof.check: an implementation judged from Python, in this process."""

from typing import Any

from backproof.frontends.conclude import conclude
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.laws.catalogue import laws as every_law
from backproof.reports.report import Report
from backproof.subjects.named import Named


def check(
    implementation: Any, *, laws: str = "*", profile: str = "default", seed: int = 0
) -> Report:
    """The report on an implementation, judged in this process.

    implementation: an object or a class with the attributes of `Implementation`
    laws:           a pattern of names or chapters; several are separated by commas
    profile:        quick, default or thorough

    Raises: CannotLoad when its declarations are wrong; ValueError for a pattern without laws or an
            unknown profile.
    """
    judgement = before_the_laws(Named(implementation), laws, Settings(profile, seed))
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    conclude(judgement)
    judgement.close()
    return judgement.report


def before_the_laws(named: Named, pattern: str, settings: Settings) -> Judgement:
    """A subject before the laws that a pattern chooses.

    Raises: CannotLoad when the declarations of an object are wrong; ValueError for a pattern
            without laws.
    """
    found = chosen(pattern)
    return Judgement(named, found, settings, whole=len(found) == len(every_law()))
