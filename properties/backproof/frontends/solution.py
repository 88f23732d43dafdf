"""--points N --solution FILE: what the laws are worth, and which of them count."""

from pathlib import Path

import msgspec

from backproof.frontends.ending import wrong
from backproof.judging.judgement import Judgement
from backproof.reports.gradescope import Grading
from backproof.reports.report import Document


def grading(
    place: str | None,
    points: float,
    solution: str | None,
    judgements: list[Judgement],
    names: list[str],
) -> Grading:
    """What the laws are worth for --gradescope PLACE; a wrong wish ends the command."""
    if place is None:
        wrong(f"--solution {solution} says what counts for a score: give --gradescope, too")
    if len(judgements) > 1 and (not names or place == "-"):
        wrong(f"--gradescope {place}: one place holds one score; a quoted pattern gives a folder")
    if solution is None:
        return Grading(points)
    worth = Grading(points, _read(solution))
    if not worth.counting(judgements[0].report):
        wrong(f"--solution {solution}: none of the laws that are asked for holds in it")
    return worth


def _read(solution: str) -> Document:
    """A report that --json has written; a file that is none ends the command."""
    try:
        return msgspec.json.decode(Path(solution).read_bytes(), type=Document, strict=False)
    except OSError as error:
        wrong(f"--solution {solution}: {error.strerror}; --json FILE writes one")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        wrong(f"--solution {solution} is no report that --json wrote: {error}")
