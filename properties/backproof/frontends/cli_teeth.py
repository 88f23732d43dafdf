"""The command line: backproof teeth."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from backproof.frontends.cli_options import MOST_SEED
from backproof.frontends.cli_words import chosen
from backproof.frontends.ending import check_writable, write, wrong

if TYPE_CHECKING:
    from backproof.frontends.interrupts import Interrupts
    from backproof.judging.law import Law
    from backproof.reports.limits import Limit


def teeth(
    context: typer.Context,
    laws: Annotated[
        str, typer.Argument(help="a pattern of names or chapters, which `backproof laws` lists")
    ] = "*",
    mutants: Annotated[str, typer.Option(help="a pattern of names of mutants")] = "*",
    profile: Annotated[
        str,
        typer.Option(
            help="quick, default or thorough; a law that must kill a mutant has the examples of "
            "a default run at least"
        ),
    ] = "quick",
    seed: Annotated[int, typer.Option(help="what is drawn", min=0, max=MOST_SEED)] = 0,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="laws at the same time", show_default="one for each core"),
    ] = None,
    json: Annotated[str | None, typer.Option(help="write the matrix to FILE (-: stdout)")] = None,
    limits: Annotated[
        bool, typer.Option("--limits", help="how small an error each law finds, in its stead")
    ] = False,
) -> None:
    """Put every planted bug to every law: which law kills which."""
    if json is not None:
        check_writable("--json", json)
    count = jobs or os.cpu_count() or 1
    if limits:
        _limits(chosen(laws), count, context.obj, json)
    _matrix(laws, mutants, profile, seed, count, context.obj, json)


def _matrix(
    pattern: str,
    mutants: str,
    profile: str,
    seed: int,
    jobs: int,
    interrupts: "Interrupts",
    json: str | None,
) -> NoReturn:
    from backproof.frontends.teeth import before_the_mutants, bite
    from backproof.judging.settings import Settings
    from backproof.mutants import mutants as planted
    from backproof.reports.matrix import Bites, heading, verdict
    from backproof.reports.report import as_json
    from backproof.reports.terminal import console

    try:
        settings, bugs = Settings(profile, seed), planted(mutants)
    except ValueError as reason:
        wrong(str(reason))
    matrix = before_the_mutants(chosen(pattern), bugs, settings)
    shown = console(error=json == "-")
    heading(matrix, shown)
    with shown.status("") as status:
        show = Bites(matrix, shown, status)
        bite(matrix, settings, jobs, interrupts, show.finished)
    verdict(matrix, shown)
    if json is not None:
        write("--json", json, as_json(matrix))
    sys.exit(matrix.exit_status)


def _limits(found: "list[Law]", jobs: int, interrupts: "Interrupts", json: str | None) -> NoReturn:
    from backproof.frontends.teeth import measure
    from backproof.reports.report import as_json
    from backproof.reports.terminal import console

    shown = console(error=json == "-")

    def show(law: str, precision: str, limit: "Limit | None") -> None:
        words = limit.sentence() if limit else "not even the whole mistake, in three of five runs"
        shown.print(f"{law} in {precision}: {words}", soft_wrap=True)

    with shown.status(f"{len(found)} laws ..."):
        limits = measure([law.name for law in found], jobs, interrupts, show)
    if json is not None:
        write("--json", json, as_json(limits))
    sys.exit(130 if interrupts.asked else 0)
