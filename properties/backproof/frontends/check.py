"""backproof.check: an implementation judged from Python, in this process."""

from typing import Any

from backproof.frontends.conclude import conclude
from backproof.judging.judgement import Judgement
from backproof.judging.settings import Settings
from backproof.laws.catalogue import chosen
from backproof.laws.catalogue import laws as every_law
from backproof.reports.ledger import read
from backproof.reports.report import Report
from backproof.subjects.named import Named


def check(
    implementation: Any,
    *,
    laws: str = "*",
    profile: str = "default",
    seed: int = 0,
    known: str | None = None,
) -> Report:
    """The report on an implementation, judged in this process.

    implementation: an object or a class with the attributes of `Implementation`
    laws:           a pattern of names or chapters; several are separated by commas
    profile:        quick, default or thorough
    known:          the file of the ledger, for what is known to be broken

    Raises: CannotLoad when its declarations are wrong; ValueError for a pattern without laws, an
            unknown profile, or a ledger that is wrong.
    """
    judgement = before_the_laws(Named(implementation), laws, Settings(profile, seed), known)
    judgement.load()
    for place in range(len(judgement.laws)):
        judgement.judge(place)
    conclude(judgement)
    judgement.close()
    return judgement.report


def before_the_laws(
    named: Named, pattern: str, settings: Settings, known: str | None = None
) -> Judgement:
    """A subject before the laws that a pattern chooses, and what a ledger knows of it.

    Raises: CannotLoad when the declarations of an object are wrong; ValueError for a pattern
            without laws, or a ledger that is wrong.
    """
    found = chosen(pattern)
    judgement = Judgement(named, found, settings, whole=len(found) == len(every_law()))
    if known is not None:
        judgement.known = read(known, {law.name for law in every_law()})
    return judgement
