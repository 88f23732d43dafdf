"""What is said of all findings together, once every law is judged: hints, causes, likely slips."""

from contextlib import suppress

from backproof.judging.judgement import Judgement
from backproof.mutants.diagnosis import slips
from backproof.subjects.failures import Died


def conclude(judgement: Judgement) -> None:
    """Complete the findings of what is judged so far; where the subject dies they stay as they are.

    Raises: KeyboardInterrupt from outside.
    """
    with suppress(Died):
        judgement.conclude()
        _name_slips(judgement)


def _name_slips(judgement: Judgement) -> None:
    """The likeliest slips, for the law nearest to each cause, where no convention explains it."""
    shown = {cause.shown for cause in judgement.report.causes}
    for place, surveys in judgement.surveys.items():
        row = judgement.report.laws[place]
        if row.law in shown and surveys and row.findings and not row.findings[0].hint:
            row.findings[0].slips = slips(surveys[0])
