"""The command line: backproof check, laws, explain."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from backproof.check import Judgement
    from backproof.report import Row
    from backproof.session import Interrupts

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Judges neural-network implementations by theorems.",
)


def main() -> NoReturn:
    """The console script."""
    app()
    sys.exit(0)


def _wrong(message: str) -> NoReturn:
    """The call was wrong: say how, and leave with status 2."""
    print(f"backproof: {message}", file=sys.stderr)
    sys.exit(2)


@app.command()
def check(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBJECT]...",
            help="refnet, sklearn, path/to/file.py:Name or package.module:Name; "
            "several give a table",
            show_default="refnet",
        ),
    ] = None,
    laws: Annotated[str, typer.Option(help="a pattern of names or chapters")] = "*",
    profile: Annotated[str, typer.Option(help="quick, default or thorough")] = "default",
    seed: Annotated[int, typer.Option(help="what is drawn", min=0)] = 0,
    precision: Annotated[str | None, typer.Option(help="for the subject's constructor")] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value, likewise")] = None,
    json: Annotated[str | None, typer.Option(help="write the report to FILE (-: stdout)")] = None,
) -> None:
    """Judge implementations by the laws."""
    from backproof.session import Interrupts

    interrupts = Interrupts()
    interrupts.install()
    try:
        sys.exit(
            _check(subjects or ["refnet"], laws, profile, seed, precision, option, json, interrupts)
        )
    finally:
        interrupts.remove()


def _check(
    subjects: list[str],
    pattern: str,
    profile: str,
    seed: int,
    precision: str | None,
    option: list[str] | None,
    json: str | None,
    interrupts: "Interrupts",
) -> int:
    from rich.console import Console

    from backproof.report import as_json, exit_status
    from backproof.terminal import table

    if json not in (None, "-"):
        _check_writable(str(json))
    console = Console(stderr=json == "-", highlight=False)
    judgements = _judgements(subjects, pattern, profile, seed, precision, _options(option))
    several = len(judgements) > 1
    try:
        for judgement in judgements:
            _run_one(judgement, interrupts, console)
    finally:
        for judgement in judgements:
            judgement.close()
    reports = [judgement.report for judgement in judgements]
    if several:
        table(reports, console)
    if json is not None:
        dicts = [report.as_dict() for report in reports]
        _write(json, as_json(dicts if several else dicts[0]))
    return exit_status(reports)


def _judgements(
    subjects: list[str],
    pattern: str,
    profile: str,
    seed: int,
    precision: str | None,
    options: dict[str, str],
) -> "list[Judgement]":
    """Every subject loaded before the first is judged, so that a slip in the last loses nothing."""
    from backproof.check import Judgement, chosen
    from backproof.loading import CannotLoad
    from backproof.process import Child
    from backproof.run import Settings

    made: list[Judgement] = []
    try:
        laws, settings = chosen(pattern), Settings(profile, seed)
        for words in subjects:
            shown = options | ({"precision": precision} if precision else {})
            child = Child(words, precision, options)
            made.append(Judgement(child, laws, settings, words, shown))
    except (CannotLoad, ValueError) as reason:
        for judgement in made:
            judgement.close()
        _wrong(str(reason))
    return made


def _options(given: list[str] | None) -> dict[str, str]:
    options = {}
    for word in given or []:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            _wrong(f"--option {word}: give key=value")
        options[key] = value
    return options


def _run_one(judgement: "Judgement", interrupts: "Interrupts", console: "Console") -> None:
    from backproof.session import run
    from backproof.terminal import closing, heading, line

    heading(judgement.report, console)
    with console.status("") as status:
        run(judgement, interrupts, _Progress(console, status))
    judgement.close()
    for row in judgement.report.laws:
        if row.status == "unfinished" and not row.seconds:
            line(row, console)
    closing(judgement.report, console)


class _Progress:
    """The law that is running, and the rows that are done."""

    def __init__(self, console: "Console", status: Any) -> None:
        self._console, self._status = console, status

    def started(self, row: "Row") -> None:
        self._status.update(f"{row.law} ...")

    def finished(self, row: "Row") -> None:
        from backproof.terminal import line

        line(row, self._console)


def _check_writable(path: str) -> None:
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        _wrong(f"--json {path}: there is no folder {folder}")
    if Path(path).is_dir():
        _wrong(f"--json {path}: that is a folder; name a file")


def _write(path: str, text: str) -> None:
    if path == "-":
        print(text)
        return
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        _wrong(f"--json {path}: {error.strerror}; the report is printed instead\n{text}")


@app.command()
def laws(
    pattern: Annotated[str, typer.Argument(help="a pattern of names or chapters")] = "*",
) -> None:
    """List the laws: name, chapter, what they need."""
    from rich.console import Console

    from backproof.terminal import catalogue

    catalogue(_chosen(pattern), Console(highlight=False))


@app.command()
def explain(law: Annotated[str, typer.Argument(help="the name of a law, or a part of it")]) -> None:
    """Explain a law: statement, why, tolerance, what it catches."""
    from rich.console import Console

    from backproof.terminal import explanation

    console = Console(highlight=False)
    for place, found in enumerate(_chosen(law)):
        if place:
            console.print()
        explanation(found, console)


def _chosen(pattern: str) -> Any:
    from backproof.check import chosen

    try:
        return chosen(pattern)
    except ValueError as reason:
        _wrong(str(reason))
