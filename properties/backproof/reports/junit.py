"""JUnit XML, which most CI systems show: a suite for each subject, a test case for each law."""

from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from backproof.reports.report import Report
from backproof.reports.row import Row
from backproof.reports.terminal import explained
from backproof.reports.text import printable, printable_lines

LEFT_OUT = ("unsupported", "unfinished", "known")
"""What is shown as skipped, with the reason."""


def junit(reports: list[Report]) -> str:
    """The reports as JUnit XML."""
    document: Any = JUnitXml("backproof")
    for report in reports:
        document.append(_suite(report))  # add_testsuite would merge suites that look alike
    document.update_statistics()
    return f'<?xml version="1.0" encoding="utf-8"?>\n{document.tostring().decode()}'


def _suite(report: Report) -> Any:
    subject = report.subject
    suite: Any = TestSuite(printable(f"{subject.name} in {subject.precision}"))
    about = {"version": subject.version, "profile": report.profile, "seed": str(report.seed)}
    about |= {f"option {key}": value for key, value in subject.options.items()}
    about |= {"declared": ", ".join(subject.declared), "headline": report.headline()}
    for name, value in filter(lambda pair: pair[1], about.items()):
        suite.add_property(printable(name), printable_lines(value))
    suite.add_testcases([_case(report, place) for place in range(len(report.laws))])
    return suite


def _case(report: Report, place: int) -> Any:
    row = report.laws[place]
    case: Any = TestCase(row.law, f"backproof.{row.chapter}", round(row.seconds, 3))
    if result := _result(report, place):
        case.result = [result]
    elif row.reason:  # it is weak
        case.system_out = printable(row.reason)
    return case


def _result(report: Report, place: int) -> Any:
    """Why the case has not passed, or None."""
    row = report.laws[place]
    if row.status in LEFT_OUT:
        return Skipped(printable(f"{row.status}: {row.reason or 'it was not judged'}"), row.status)
    if not row.fails:
        return None
    kind = Error if row.status in ("error", "internal") else Failure
    result = kind(printable(_headed(row)), row.status)
    result.text = printable_lines(explained(report, place))
    return result


def _headed(row: Row) -> str:
    """The first finding in one line."""
    return row.findings[0].sentence() if row.findings else row.reason or row.status
