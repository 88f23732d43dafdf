"""What a run leaves behind: each form of the report that was asked for, in its place."""

from collections.abc import Callable
from pathlib import Path

from backproof.frontends.ending import check_writable, write, wrong
from backproof.frontends.script import scripts
from backproof.reports.badge import badge
from backproof.reports.html import html
from backproof.reports.junit import junit
from backproof.reports.markdown import markdown
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


def check_places(asked: Asked) -> None:
    """Leave at once where a form could not be written, or two of them in one place."""
    taken: dict[object, str] = {}
    for form, path in _given(asked):
        check_writable(f"--{form}", path)
        place = path if path == "-" else Path(path).resolve()
        if place in taken:
            wrong(f"{taken[place]} and --{form} {path}: one place holds one of them")
        taken[place] = f"--{form} {path}"


def write_all(asked: Asked, reports: list[Report]) -> None:
    """Each form that was asked for, in its place."""
    for form, path in _given(asked):
        write(f"--{form}", path, FORMS[form](reports))


def _given(asked: Asked) -> list[tuple[str, str]]:
    return [(form, path) for form, path in asked.items() if path is not None]
