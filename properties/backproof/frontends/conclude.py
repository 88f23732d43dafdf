"""What is said of all findings together, once every law is judged: hints, causes, likely slips."""

import traceback
from contextlib import suppress

from backproof.judging.judgement import Judgement
from backproof.mutants.diagnosis import slips
from backproof.reports.row import Finding
from backproof.subjects.failures import Died

MOST_LAWS = 4
"""Of a cause so many laws are asked for known slips."""


def conclude(judgement: Judgement) -> None:
    """Complete the findings of what is judged so far; where the subject dies they stay as they are.

    They do so as well where we fail; that is a finding of its own, beside the first.

    Raises: KeyboardInterrupt from outside.
    """
    try:
        with suppress(Died):
            judgement.conclude()
            _name_slips(judgement)
    except Exception:
        first = next(row for row in judgement.report.laws if row.findings)
        fault = f"while findings were explained:\n{traceback.format_exc(limit=-4)}"
        first.findings.append(Finding(kind="internal", what=fault))


def _name_slips(judgement: Judgement) -> None:
    """The likeliest slips of each cause, by the first of its laws that tells them.

    Where a convention explains the finding, or nothing was compared, none is looked for.
    """
    places = {row.law: place for place, row in enumerate(judgement.report.laws)}
    for cause in judgement.report.causes:
        findings = judgement.report.laws[places[cause.shown]].findings
        if not findings or findings[0].hint or findings[0].ratio is None:
            continue
        near = [places[law] for law in (cause.shown, *cause.alike)][:MOST_LAWS]
        told = (slips(surveys[0]) for p in near if (surveys := judgement.surveys.get(p)))
        findings[0].slips = next(filter(None, told), [])
