"""Gradescope's results.json: a test for each law that counts, with equal points.

Source: Gradescope, Autograder Specifications, "Output format".
"""

import json
from importlib.metadata import version
from typing import Any, NamedTuple

from backproof.reports.report import Described, Document, Report
from backproof.reports.row import Row
from backproof.reports.terminal import everywhere, explained, told

ANSWERS = "the submission can be loaded, and answers"
DECLARES = "the submission declares what the assignment asks for"
"""What has to hold before there are any points."""

UNDECIDED = ("unsupported", "weak", "internal")
"""What a submission neither wins nor loses by, unless the solution shows that it can hold."""


class Grading(NamedTuple):
    """The points of all laws together, and the report on the teacher's own solution.

    With a solution, what holds there counts, and what is declared there has to be declared: a
    narrower scope or a coarser precision would be points for less. Without one, what is judged
    counts.
    """

    points: float = 100.0
    solution: Document | None = None

    def counting(self, report: Report) -> list[Row]:
        """The laws that count; a fault of our own never does."""
        if self.solution is None:
            return [row for row in report.laws if row.status not in UNDECIDED]
        held = {row.law for row in self.solution.laws if row.status == "holds"}
        return [row for row in report.laws if row.law in held and row.status != "internal"]

    def excess(self, report: Report) -> list[str]:
        """What is declared otherwise than in the solution, in words."""
        if self.solution is None or not report.subject.scope:
            return []
        given, asked = _declared(report.subject), _declared(self.solution.subject)
        return [
            f"{name} is {given.get(name)}, not {asked[name]}"
            for name in asked
            if given.get(name) != asked[name]
        ]


def _declared(subject: Described) -> dict[str, str]:
    scope = {f"scope.{name}": value for name, value in subject.scope.items()}
    conventions = ", ".join(subject.declared) or "the default"
    return {"precision": subject.precision, "what it declares of conventions": conventions, **scope}


def gradescope(report: Report, grading: Grading) -> str:
    """The score of a submission, and for each law what there is to read of it.

    A submission that fails everywhere for one reason has one test, which says so.
    """
    counting, excess = grading.counting(report), grading.excess(report)
    share = 0.0 if excess else grading.points / max(1, len(counting))
    names = {row.law for row in counting}
    tests = [_test(report, row, share if row.law in names else 0.0) for row in report.laws]
    if excess:
        tests.insert(0, _lost(DECLARES, "\n".join(excess), grading.points))
    for cause in report.causes:
        if everywhere(report, cause):
            tests = [_lost(ANSWERS, told(report, cause), grading.points)]
    document = {
        "score": round(share * sum(map(_won, counting)), 2),
        "execution_time": round(sum(row.seconds for row in report.laws)),
        "output": _summary(report, counting),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"backproof": version("backproof"), "seed": report.seed},
    }
    return json.dumps(document, indent=2)


def _won(row: Row) -> bool:
    """Whether the points of a law are won."""
    return row.status in ("holds", "known")


def _test(report: Report, row: Row, share: float) -> dict[str, Any]:
    """One law; what does not count is told without points."""
    test = {
        "name": f"{row.chapter}: {row.law.replace('_', ' ')}",
        "status": "passed" if _won(row) or not share else "failed",
        "output": _output(report, row, share),
        "tags": [row.chapter],
    }
    points = {"score": round(share * _won(row), 2), "max_score": round(share, 2)}
    return test | (points if share else {})


def _output(report: Report, row: Row, share: float) -> str:
    """What a student can act on: the finding, or which finding is nearer to its cause."""
    cause = next((cause for cause in report.causes if row.law in cause.laws), None)
    if cause is None:
        uncounted = "" if share else ", which does not count"
        reason = f": {row.reason}" if row.reason else ""
        return f"{row.statement}\n{row.status}{uncounted}{reason}"
    if row.law == cause.shown:
        return explained(report, report.laws.index(row))
    shown = cause.shown.replace("_", " ")
    return f"{row.statement}\n{row.status}, likely for one cause with this, which shows it: {shown}"


def _lost(name: str, output: str, points: float) -> dict[str, Any]:
    """The one test that has points where nothing can be won."""
    return {"name": name, "status": "failed", "output": output, "score": 0, "max_score": points}


def _summary(report: Report, counting: list[Row]) -> str:
    """The headline, and what the score is made of."""
    won = sum(map(_won, counting))
    lines = [report.headline(), f"{won} of the {len(counting)} laws that count hold"]
    if report.count("internal"):
        lines.append(
            "backproof itself has failed in a law, which does not count: tell your teacher"
        )
    return "\n".join(lines)
