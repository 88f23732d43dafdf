"""The command line: backproof smoke."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from backproof.frontends.cli import CallSeconds, Memory, load, options, subjects_of
from backproof.frontends.ending import wrong

if TYPE_CHECKING:
    from rich.console import Console

    from backproof.frontends.interrupts import Interrupts
    from backproof.judging.judgement import Judgement


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
    judgements = subjects_of([subject], "*", precision, options(option), {}, limits)
    shown = console()
    with shown.status("loading ..."):
        load(judgements, context.obj)
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
