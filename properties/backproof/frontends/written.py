"""What a run leaves behind: each form of the report that was asked for, in its place."""

import sys
from collections.abc import Callable
from pathlib import Path

from backproof.frontends.ending import check_writable, put, write, wrong
from backproof.frontends.saved import check_folder
from backproof.frontends.script import scripts
from backproof.reports.badge import badge
from backproof.reports.gradescope import Grading, gradescope
from backproof.reports.html import html
from backproof.reports.junit import junit
from backproof.reports.markdown import markdown
from backproof.reports.overview import Submission, overview_csv, overview_html
from backproof.reports.report import Report, as_json

Asked = dict[str, str | None]
"""The place of each form of the report, by the name of its option: a file, "-", or None."""


def _json(reports: list[Report]) -> str:
    documents = [report.document() for report in reports]
    return as_json(documents if len(reports) > 1 else documents[0])


def _html(reports: list[Report]) -> str:
    for report in reports:
        report.scripts = scripts(report, Path())
    return html(reports)


FORMS: dict[str, Callable[[list[Report]], str]] = {
    "json": _json,
    "junit": junit,
    "markdown": markdown,
    "html": _html,
    "badge": badge,
}
"""Each form of the report as text, by the name of its option."""

SUFFIXES = {
    "json": "json",
    "junit": "xml",
    "markdown": "md",
    "html": "html",
    "badge": "svg",
    "gradescope": "json",
}
"""How the file of a submission ends, in a folder of one form."""


def check_places(asked: Asked, folders: bool = False) -> None:
    """Leave at once where a form could not be written, or two of them in one place.

    folders: whether each form has a folder, with a file for each submission
    """
    taken: dict[object, str] = {}
    for form, path in _given(asked):
        if folders and path != "-":
            check_folder(path, f"--{form}")
        else:
            check_writable(f"--{form}", path)
        place = path if path == "-" else Path(path).resolve()
        if place in taken:
            wrong(f"{taken[place]} and --{form} {path}: one place holds one of them")
        taken[place] = f"--{form} {path}"


def write_all(asked: Asked, reports: list[Report], grading: Grading | None = None) -> None:
    """Each form that was asked for, in its place."""
    for form, path in _given(asked):
        write(f"--{form}", path, _text(form, reports, grading))


def write_one(asked: Asked, one: Submission, grading: Grading | None) -> None:
    """The report on a submission into each folder."""
    for form, folder in _given(asked):
        if folder != "-":
            file = f"{one.name}.{SUFFIXES[form]}"
            _put(form, folder, file, _text(form, [one.report], grading))


def write_index(asked: Asked, submissions: list[Submission], grading: Grading | None) -> None:
    """The table into each folder, as CSV, and beside pages as a page; what is for "-"."""
    for form, folder in _given(asked):
        suffix = SUFFIXES[form]
        if folder == "-":
            write(f"--{form}", "-", _text(form, [one.report for one in submissions], grading))
            continue
        _put(form, folder, "index.csv", overview_csv(submissions, suffix))
        if form == "html":
            _put(form, folder, "index.html", overview_html(submissions, suffix))


def _text(form: str, reports: list[Report], grading: Grading | None) -> str:
    if form == "gradescope":
        return gradescope(reports[0], grading or Grading())
    return FORMS[form](reports)


def _put(form: str, folder: str, name: str, text: str) -> None:
    """The text into a file of a folder; where that fails, the verdicts stand."""
    file = Path(folder, name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        put(file, f"{text}\n")
    except OSError as error:
        print(f"backproof: --{form} {file}: {error.strerror}", file=sys.stderr)


def _given(asked: Asked) -> list[tuple[str, str]]:
    return [(form, path) for form, path in asked.items() if path is not None]
