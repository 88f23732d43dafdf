"""The command line: backproof board."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backproof.frontends.cli import options, pool_of, run_laws, subjects_of
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
from backproof.frontends.ending import check_writable, put, wrong

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from backproof.frontends.interrupts import Interrupts
    from backproof.judging.judgement import Judgement
    from backproof.reports.board import Board, Entry
    from backproof.reports.ledger import Known


def board(
    context: typer.Context,
    subjects: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SUBJECT]...", help="as for check", show_default="all built in"),
    ] = None,
    command: Command = None,
    torch: OwnTorch = None,
    flax: OwnFlax = None,
    equinox: OwnEquinox = None,
    file: Annotated[
        str, typer.Option(help="where the board is kept, run after run")
    ] = "board.json",
    precision: Annotated[
        list[str] | None,
        typer.Option(help="which ones are tried", show_default="its own, and all presets"),
    ] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value, as for check")] = None,
    profile: Annotated[str, typer.Option(help="quick, default or thorough")] = "default",
    seed: Annotated[int, typer.Option(help="what is drawn", min=0, max=MOST_SEED)] = 0,
    known: Annotated[
        list[str] | None, typer.Option(help="ledgers of known breaks, one for each --known")
    ] = None,
    call_seconds: CallSeconds = 10.0,
    memory: Memory = 4.0,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="laws at the same time", show_default="one for each core"),
    ] = None,
    cluster: Cluster = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="judge also what the board has already")
    ] = False,
) -> None:
    """Judge many subjects in every precision; what the file has already is kept."""
    from backproof.frontends.board import PRECISIONS
    from backproof.subjects.loading import BUILT_IN

    found, entries = _read(file), _ledgers(known or [])
    more = with_options(command=command, torch=torch, flax=flax, equinox=equinox)
    named = [*(subjects or []), *more] or [*BUILT_IN]
    limits = {"seconds": call_seconds, "memory": int(memory * 2**30)}
    settings = {"profile": profile, "seed": seed}
    tried: list[str | None] = [*precision] if precision else [None, *PRECISIONS]
    judgements = [
        judgement
        for words in named
        for one in tried
        for judgement in subjects_of([words], "*", one, options(option), settings, limits)
    ]
    for judgement in judgements:
        judgement.known = entries
    with pool_of(judgements, context.obj, jobs or os.cpu_count() or 1, cluster) as pool:
        _fill(found, judgements, context.obj, pool, anew, Path(file))
    sys.exit(130 if context.obj.asked else 0)


def _read(file: str) -> "Board":
    """The board that is there; a file that is none ends the command."""
    from backproof.reports.board import read

    check_writable("--file", file)
    try:
        return read(Path(file))
    except ValueError as reason:
        wrong(f"--file {reason}")


def _ledgers(files: list[str]) -> "list[Known]":
    """What is known of all subjects; a file that is no ledger ends the command."""
    from backproof.laws.catalogue import by_name
    from backproof.reports.ledger import read

    try:
        return [entry for file in files for entry in read(file, by_name())]
    except ValueError as reason:
        wrong(f"--known {reason}")


def _fill(
    found: "Board",
    judgements: "list[Judgement]",
    interrupts: "Interrupts",
    pool: "Executor | None",
    anew: bool,
    file: Path,
) -> None:
    """Judge one after another; the file has each as soon as it is done."""
    from backproof.frontends.board import judge_all
    from backproof.frontends.submissions import Progress
    from backproof.reports.report import as_json
    from backproof.reports.terminal import console

    shown = console()
    with shown.status("loading ...") as status:

        def run(judgement: "Judgement") -> None:
            report = judgement.report
            words = f"{report.subject.subject} in {report.subject.precision}"
            show = Progress(words, len(report.laws), status.update)
            run_laws(judgement, show, interrupts, pool)
            report.interrupted = interrupts.asked

        for judgement, words, entry in judge_all(found, judgements, interrupts, run, anew):
            put(file, as_json(found))
            shown.print(_line(judgement, words, entry), soft_wrap=True)
            status.update("loading ...")
    runs = f"{len(found.entries)} run{'s' * (len(found.entries) != 1)}"
    shown.print(f"{file}: {runs}", style="bold", soft_wrap=True)


def _line(judgement: "Judgement", words: str, entry: "Entry | None") -> str:
    """What became of a subject, and what stands on the board of it."""
    from backproof.reports.text import printable

    subject = judgement.report.subject
    name = " ".join([subject.subject, *(f"{k}={v}" for k, v in judgement.named.options.items())])
    if entry is None:
        precision = f" {judgement.named.precision}" if judgement.named.precision else ""
        return printable(f"{name}{precision}: {words}")
    counts = ", ".join(f"{count} {status}" for status, count in entry.counts.items())
    told = f"{counts}; {entry.judged:,} entries, {entry.seconds:.0f} s, {entry.date}"
    version = f" {subject.version}" if subject.version else ""
    return printable(f"{name}{version} in {subject.precision}: {words}: {told}")
