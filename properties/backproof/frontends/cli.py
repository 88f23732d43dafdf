"""The command line: backproof check; each `cli_*.py` has other commands."""

import math
import shlex
import sys
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from backproof.frontends.cli_options import (
    MOST_SEED,
    CallSeconds,
    Cluster,
    Command,
    Memory,
    OwnEquinox,
    OwnFlax,
    OwnTorch,
    with_options,
)
from backproof.frontends.ending import wrong

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from rich.console import Console

    from backproof.frontends.interrupts import Interrupts
    from backproof.frontends.submissions import Progress
    from backproof.frontends.written import Asked
    from backproof.judging.judgement import Judgement
    from backproof.reports.gradescope import Grading
    from backproof.reports.lines import Lines


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
            "several give a table, and so does a quoted pattern, 'submissions/*.py:Net'",
            show_default="refnet",
        ),
    ] = None,
    command: Command = None,
    torch: OwnTorch = None,
    flax: OwnFlax = None,
    equinox: OwnEquinox = None,
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
    user: Annotated[
        str, typer.Option(help="whose rights the subject has; root alone may give them away")
    ] = "",
    jobs: Annotated[int, typer.Option(min=1, help="laws that are judged at the same time")] = 1,
    cluster: Cluster = None,
    known: Annotated[
        str | None, typer.Option(help="the ledger of known breaks, such as backproof.toml")
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(help="a folder or redis://..., where what breaks is kept, and tried first"),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="a line for each law, not for each chapter")
    ] = False,
    json: Annotated[str | None, typer.Option(help="write the report to FILE (-: stdout)")] = None,
    junit: Annotated[str | None, typer.Option(help="likewise, as JUnit XML for CI")] = None,
    markdown: Annotated[str | None, typer.Option(help="for a pull request")] = None,
    html: Annotated[str | None, typer.Option(help="one page for a person, alone")] = None,
    badge: Annotated[str | None, typer.Option(help="how many laws hold, as an SVG")] = None,
    save: Annotated[
        str | None, typer.Option(help="write each counterexample as a script into this folder")
    ] = None,
    gradescope: Annotated[
        str | None, typer.Option(help="a score and what to mend, as Gradescope's results.json")
    ] = None,
    points: Annotated[float, typer.Option(min=0, help="the score where all laws hold")] = 100.0,
    solution: Annotated[
        str | None, typer.Option(help="what --json wrote of yours: its laws are what counts")
    ] = None,
) -> None:
    """Judge implementations by the laws."""
    from backproof.frontends.patterns import in_class
    from backproof.frontends.saved import check_folder, save_all
    from backproof.reports.report import exit_status
    from backproof.reports.terminal import console

    asked = {"json": json, "junit": junit, "markdown": markdown, "html": html, "badge": badge}
    asked |= {"gradescope": gradescope}
    more = with_options(command=command, torch=torch, flax=flax, equinox=equinox)
    named = [*(subjects or []), *more]
    found, names = in_class(named or ["refnet"])
    if any(asked.values()):  # a run that writes nothing waits for none of their libraries
        from backproof.frontends.written import check_places

        check_places(asked, folders=bool(names))
    check_folder(save)
    settings = {"profile": profile, "seed": seed, "seconds": time_limit, "examples": examples}
    limits = {"seconds": call_seconds, "memory": int(memory * 2**30), "user": user}
    given = (precision, options(option), settings, limits, known)
    judgements = subjects_of(found, laws, *given)
    shown = console(error="-" in asked.values())
    worth = None
    if gradescope is not None or solution is not None:
        from backproof.frontends.solution import grading

        worth = grading(gradescope, points, solution, judgements, names)
    with pool_of(judgements, context.obj, jobs, cluster) as pool:
        _judge_all(judgements, names, context.obj, shown, asked, worth, pool, verbose)
    if save is not None:
        save_all(save, [judgement.report for judgement in judgements], shown)
    sys.exit(exit_status([judgement.report for judgement in judgements]))


def subjects_of(
    subjects: list[str],
    pattern: str,
    precision: str | None,
    options: dict[str, str],
    settings: dict[str, Any],
    limits: dict[str, Any] | None = None,
    known: str | None = None,
) -> "list[Judgement]":
    """The subjects before the laws of a pattern; a wrong word ends the command."""
    from backproof.frontends.check import before_the_laws
    from backproof.judging.kept import kept_in
    from backproof.judging.settings import Settings
    from backproof.subjects.named import Named
    from backproof.subjects.process import Limits

    try:
        most = Limits(**(limits or {}))
        named = [Named(words, precision, options, most) for words in subjects]
        kept = kept_in(settings.get("examples"))
        rest = {name: value for name, value in settings.items() if name != "examples"}
        given = Settings(**rest, kept=kept)
        return [before_the_laws(one, pattern, given, known) for one in named]
    except ValueError as reason:
        wrong(str(reason))


def _judge_all(
    judgements: "list[Judgement]",
    names: list[str],
    interrupts: "Interrupts",
    console: "Console",
    asked: "Asked",
    grading: "Grading | None",
    pool: "Executor | None",
    verbose: bool,
) -> None:
    """Load every subject, so that a slip in the last loses nothing; then judge one by one.

    What cannot be loaded ends the command, and where a score is asked for wins no points.
    """
    from backproof.reports.terminal import table

    if names:
        from backproof.frontends.submissions import judge_class

        run = partial(run_laws, interrupts=interrupts, pool=pool)
        judge_class(judgements, names, interrupts, console, run, asked, grading)
        return
    with console.status("loading ..."):
        if grading is None:
            load(judgements, interrupts)
        else:
            from backproof.frontends.submissions import load_or_refuse

            load_or_refuse(judgements[0], interrupts)
    reports = [judgement.report for judgement in judgements]
    try:
        for judgement in judgements:
            _run_one(judgement, interrupts, console, pool, verbose)
        if len(reports) > 1:
            table(reports, console)
    finally:
        if any(asked.values()):
            from backproof.frontends.written import write_all

            write_all(asked, reports, grading)


def pool_of(
    judgements: "list[Judgement]", interrupts: "Interrupts", jobs: int, address: str | None
) -> "AbstractContextManager[Executor | None]":
    """Who judges: this process, several of ours, or the workers of a cluster; none after Ctrl-C."""
    if interrupts.asked or (jobs == 1 and address is None):
        return nullcontext()
    if address is not None:
        from backproof.frontends.cluster import cluster

        return cluster(address)
    from backproof.frontends.jobs import hired

    return hired(judgements, interrupts, jobs)


def load(judgements: "list[Judgement]", interrupts: "Interrupts") -> None:
    """Load them all, until Ctrl-C; one that cannot be loaded ends the command."""
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


def options(given: list[str] | None) -> dict[str, str]:
    """What stands behind each --option."""
    from backproof.subjects.named import options_of

    try:
        return options_of(given or [])
    except ValueError as word:
        wrong(f"--option {word}: give key=value")


def _run_one(
    judgement: "Judgement",
    interrupts: "Interrupts",
    console: "Console",
    pool: "Executor | None",
    verbose: bool,
) -> None:
    from backproof.reports.lines import Lines
    from backproof.reports.terminal import closing, heading

    show = Lines(judgement.report, console, verbose)
    if judgement.loaded and not interrupts.asked:
        heading(judgement.report, console)
        with console.status("") as status:
            show.update = status.update
            run_laws(judgement, show, interrupts, pool)
    judgement.report.interrupted = interrupts.asked
    judgement.close()
    if judgement.loaded or interrupts.asked:
        show.rest()
    closing(judgement.report, console, verbose)


def run_laws(
    judgement: "Judgement",
    show: "Lines | Progress",
    interrupts: "Interrupts",
    pool: "Executor | None",
) -> None:
    """Put a subject to all its laws, and look for the causes of what does not hold."""
    from backproof.frontends import jobs, session
    from backproof.frontends.conclude import conclude

    if pool is not None:
        jobs.run(judgement, interrupts, show, pool)
    else:
        session.run(judgement, interrupts, show)
    show.update("looking for causes ...")
    with suppress(KeyboardInterrupt), interrupts.stoppable():
        conclude(judgement)
