"""The command line: backproof replay."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from backproof.frontends.cli import load
from backproof.frontends.cli_options import CallSeconds, Memory
from backproof.frontends.ending import wrong

if TYPE_CHECKING:
    from rich.console import Console

    from backproof.frontends.replay import Case
    from backproof.judging.judgement import Judgement


def replay(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="a script that --save has written")],
    call_seconds: CallSeconds = 10.0,
    memory: Memory = 4.0,
) -> None:
    """Run the law again at a saved case; the status is 1 while it is broken."""
    from backproof.frontends.replay import read
    from backproof.reports.terminal import console
    from backproof.subjects.process import Limits

    try:
        case = read(file)
    except ValueError as reason:
        wrong(f"replay {file}: {reason}")
    limits = Limits(seconds=call_seconds, memory=int(memory * 2**30))
    judgement, shown = case.judgement(limits), console()
    with shown.status("loading ..."):
        load([judgement], context.obj)
    try:
        sys.exit(_show(case, judgement, shown))
    except ValueError as reason:
        wrong(f"replay {file}: {reason}")
    finally:
        judgement.server.close()


def _show(case: "Case", judgement: "Judgement", console: "Console") -> int:
    """The finding as `check` shows it, or that there is none; the exit status."""
    from backproof.frontends.replay import run
    from backproof.reports.terminal import explained, heading

    heading(judgement.report, console)
    refused = run(case, judgement)
    row = judgement.report.laws[0]
    if row.findings:
        console.print()
        console.print(explained(judgement.report, 0), soft_wrap=True)
        return 1
    words = f"not judged, {row.law} at this case: {refused}"
    if not refused:
        words = f"no longer broken: {row.law} holds at this case ({row.judged} entries judged)"
    console.print(words, soft_wrap=True)
    return 0
