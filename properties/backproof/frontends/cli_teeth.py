"""The command line: backproof teeth."""

import os
import sys
from typing import Annotated

import typer

from backproof.frontends.cli import MOST_SEED, chosen
from backproof.frontends.ending import check_writable, write, wrong


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
) -> None:
    """Put every planted bug to every law: which law kills which."""
    from backproof.frontends.teeth import before_the_mutants, bite
    from backproof.judging.settings import Settings
    from backproof.mutants import mutants as planted
    from backproof.reports.matrix import Bites, heading, verdict
    from backproof.reports.report import as_json
    from backproof.reports.terminal import console

    if json not in (None, "-"):
        check_writable(str(json))
    try:
        settings, bugs = Settings(profile, seed), planted(mutants)
    except ValueError as reason:
        wrong(str(reason))
    matrix = before_the_mutants(chosen(laws), bugs, settings)
    shown = console(error=json == "-")
    heading(matrix, shown)
    with shown.status("") as status:
        show = Bites(matrix, shown, status)
        bite(matrix, settings, jobs or os.cpu_count() or 1, context.obj, show.finished)
    verdict(matrix, shown)
    if json is not None:
        write(json, as_json(matrix))
    sys.exit(matrix.exit_status)
