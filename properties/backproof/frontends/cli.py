"""The command line: backproof check, laws, explain, smoke, new; `cli_teeth` adds teeth."""

import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from backproof.frontends.ending import check_writable, write, wrong

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from rich.console import Console

    from backproof.frontends.interrupts import Interrupts
    from backproof.judging.judgement import Judgement


MOST_SEED = 2**64 - 1
"""What a report in JSON can hold."""


CallSeconds = Annotated[
    float,
    typer.Option(min=0, max=10**6, help="what one call may take; six times that for the first"),
]
Memory = Annotated[
    float, typer.Option(min=0, max=10**6, help="GiB that the subject may take; 0: any")
]


class _Commands(TyperGroup):
    """The commands; a subject in the place of one is told where it goes."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:  # a UsageError of the click inside typer, which has no name here
            words = str(getattr(error, "message", error))
            if "Did you mean" not in words:
                words += f" To judge a subject: backproof check {shlex.quote(args[0])}"
            error.message = words  # type: ignore[attr-defined]
            raise


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"backproof {version('backproof')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="say which one")
    ] = False,
) -> None:
    """Judges neural-network implementations by theorems."""


@app.command()
def check(
    context: typer.Context,
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBJECT]...",
            help="refnet, sklearn, path/to/file.py:Name or package.module:Name; "
            "several give a table",
            show_default="refnet",
        ),
    ] = None,
    laws: Annotated[
        str, typer.Option(help="a pattern of names or chapters, which `backproof laws` lists")
    ] = "*",
    profile: Annotated[str, typer.Option(help="quick, default or thorough")] = "default",
    seed: Annotated[int, typer.Option(help="what is drawn", min=0, max=MOST_SEED)] = 0,
    precision: Annotated[str | None, typer.Option(help="for the subject's constructor")] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value, likewise")] = None,
    time_limit: Annotated[
        float, typer.Option(min=0, help="seconds for each subject, small cases first")
    ] = math.inf,
    call_seconds: CallSeconds = 10.0,
    memory: Memory = 4.0,
    jobs: Annotated[int, typer.Option(min=1, help="laws that are judged at the same time")] = 1,
    json: Annotated[str | None, typer.Option(help="write the report to FILE (-: stdout)")] = None,
) -> None:
    """Judge implementations by the laws."""
    from backproof.reports.terminal import console

    if json not in (None, "-"):
        check_writable(str(json))
    settings = {"profile": profile, "seed": seed, "seconds": time_limit}
    limits = {"seconds": call_seconds, "memory": int(memory * 2**30)}
    given = (precision, _options(option), settings, limits)
    judgements = _judgements(subjects or ["refnet"], laws, *given)
    status = _judge_all(judgements, context.obj, console(error=json == "-"), json, jobs)
    sys.exit(status)


def _judgements(
    subjects: list[str],
    pattern: str,
    precision: str | None,
    options: dict[str, str],
    settings: dict[str, Any],
    limits: dict[str, Any] | None = None,
) -> "list[Judgement]":
    from backproof.frontends.check import before_the_laws
    from backproof.judging.settings import Settings
    from backproof.subjects.named import Named
    from backproof.subjects.process import Limits

    named = [Named(words, precision, options, Limits(**(limits or {}))) for words in subjects]
    try:
        return [before_the_laws(one, pattern, Settings(**settings)) for one in named]
    except ValueError as reason:
        wrong(str(reason))


def _judge_all(
    judgements: "list[Judgement]",
    interrupts: "Interrupts",
    console: "Console",
    json: str | None,
    jobs: int,
) -> int:
    """Load every subject, so that a slip in the last loses nothing; then judge one by one."""
    from backproof.frontends.jobs import hired
    from backproof.reports.report import as_json, exit_status
    from backproof.reports.terminal import table

    with hired(judgements, interrupts, jobs) as pool:
        with console.status("loading ..."):
            _load(judgements, interrupts)
        reports = [judgement.report for judgement in judgements]
        try:
            for judgement in judgements:
                _run_one(judgement, interrupts, console, pool)
            if len(reports) > 1:
                table(reports, console)
        finally:
            if json is not None:
                documents = [report.document() for report in reports]
                write(json, as_json(documents if len(reports) > 1 else documents[0]))
    return exit_status(reports)


def _load(judgements: "list[Judgement]", interrupts: "Interrupts") -> None:
    from backproof.subjects.failures import CannotLoad

    try:
        with interrupts.stoppable():
            for judgement in judgements:
                judgement.load()
    except CannotLoad as reason:
        for judgement in judgements:
            judgement.server.close()
        wrong(str(reason))
    except KeyboardInterrupt:
        pass  # every law is unfinished, and the report says so


def _options(given: list[str] | None) -> dict[str, str]:
    options = {}
    for word in given or []:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            wrong(f"--option {word}: give key=value")
        options[key] = value
    return options


def _run_one(
    judgement: "Judgement", interrupts: "Interrupts", console: "Console", pool: "Executor | None"
) -> None:
    from backproof.frontends import jobs, session
    from backproof.reports.terminal import Progress, closing, heading, line

    if not interrupts.asked:
        heading(judgement.report, console)
        with console.status("") as status:
            show = Progress(console, status)
            if pool is not None:
                jobs.run(judgement, interrupts, show, pool)
            else:
                session.run(judgement, interrupts, show)
    judgement.report.interrupted = interrupts.asked
    judgement.close()
    for row in judgement.report.laws:
        if row.status == "unfinished":
            line(row, console)
    closing(judgement.report, console)


@app.command()
def laws(
    pattern: Annotated[
        str, typer.Argument(help="a pattern of names or chapters, which `backproof laws` lists")
    ] = "*",
) -> None:
    """List the laws: name, chapter, what they need."""
    from backproof.frontends.words import catalogue
    from backproof.reports.terminal import console

    catalogue(chosen(pattern), console())


@app.command()
def explain(law: Annotated[str, typer.Argument(help="the name of a law, or a part of it")]) -> None:
    """Explain a law: statement, why, tolerance, what it catches."""
    from backproof.frontends.words import explanation
    from backproof.reports.terminal import console

    shown = console()
    for place, found in enumerate(chosen(law)):
        if place:
            shown.print()
        explanation(found, shown)


@app.command()
def smoke(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="as for check")],
    precision: Annotated[str | None, typer.Option(help="for the subject's constructor")] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value, likewise")] = None,
    call_seconds: CallSeconds = 10.0,
    memory: Memory = 4.0,
) -> None:
    """Call each capability once: is the adapter alive?"""
    from backproof.reports.terminal import console

    limits = {"seconds": call_seconds, "memory": int(memory * 2**30)}
    judgements = _judgements([subject], "*", precision, _options(option), {}, limits)
    shown = console()
    with shown.status("loading ..."):
        _load(judgements, context.obj)
    sys.exit(_signs(judgements[0], context.obj, shown))


def _signs(judgement: "Judgement", interrupts: "Interrupts", console: "Console") -> int:
    """Show each sign of life as it comes, until Ctrl-C; the exit status."""
    from backproof.cases.recipe import OutOfScope
    from backproof.frontends.smoke import smoke as signs
    from backproof.frontends.words import sign_of_life
    from backproof.reports.terminal import heading

    failed, waiting = False, [*judgement.report.subject.capabilities]
    if not interrupts.asked:
        heading(judgement.report, console)
    try:
        with console.status("drawing small cases ..."), interrupts.stoppable():
            found = signs(judgement.subject)
        while waiting:
            with console.status(f"{waiting[0]} ..."), interrupts.stoppable():
                sign = next(found)
            sign_of_life(sign, console)
            failed |= sign.state == "fails"
            del waiting[0]
    except OutOfScope as reason:
        wrong(str(reason))
    except KeyboardInterrupt:
        console.print(
            f"interrupted; not called: {', '.join(waiting) or 'anything'}", soft_wrap=True
        )
        return 130
    finally:
        judgement.close()
    judgement.note()
    for note in judgement.report.notes:
        console.print(f"note: {note}", style="yellow", soft_wrap=True)
    return int(failed)


@app.command()
def new(file: Annotated[str, typer.Argument(help="where to write the adapter")]) -> None:
    """Write an adapter to fill in; it runs as it is and explains every capability."""
    from importlib.resources import files

    path = Path(file)
    if path.suffix != ".py":
        wrong(f"new {file}: give a name that ends in .py")
    text = (files("backproof") / "frontends" / "template.py").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text.replace("FILE", shlex.quote(path.as_posix())))
    except FileExistsError:
        wrong(f"new {file}: it exists already; give another name")
    except OSError as error:
        wrong(f"new {file}: {error.strerror}")
    words = shlex.quote(path.as_posix())
    print(f"{file} is written; it runs as it is:\n\n    backproof check {words}:MyNetwork\n")
    print("Put your network in its place, one capability at a time.")


def chosen(pattern: str) -> Any:
    """The laws that fit a pattern."""
    from backproof.laws.catalogue import chosen as fitting

    try:
        return fitting(pattern)
    except ValueError as reason:
        wrong(str(reason))
