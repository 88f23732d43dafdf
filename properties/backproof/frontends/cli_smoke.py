"""The command line: backproof smoke."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from backproof.frontends.cli import load, options, subjects_of
from backproof.frontends.cli_options import (
    CallSeconds,
    Command,
    Memory,
    OwnEquinox,
    OwnFlax,
    OwnTorch,
    with_options,
)
from backproof.frontends.ending import wrong

if TYPE_CHECKING:
    from rich.console import Console

    from backproof.frontends.interrupts import Interrupts
    from backproof.judging.judgement import Judgement


def smoke(
    context: typer.Context,
    subject: Annotated[str | None, typer.Argument(help="as for check")] = None,
    command: Command = None,
    torch: OwnTorch = None,
    flax: OwnFlax = None,
    equinox: OwnEquinox = None,
    precision: Annotated[str | None, typer.Option(help="for the subject's constructor")] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value, likewise")] = None,
    call_seconds: CallSeconds = 10.0,
    memory: Memory = 4.0,
    strict: Annotated[
        bool, typer.Option("-V", help="hold every reply of a --command to the schema")
    ] = False,
) -> None:
    """Call each capability once: is the adapter alive, and what is the next one to write?"""
    from backproof.reports.terminal import console

    limits = {"seconds": call_seconds, "memory": int(memory * 2**30)}
    more = with_options(command=command, torch=torch, flax=flax, equinox=equinox)
    named = [*filter(None, [subject]), *more]
    if len(named) != 1:
        wrong(f"{len(named)} subjects: name one, or give one --command, --torch or the like")
    if strict and not command:
        wrong("-V holds the replies of a program to the schema: give it as --command")
    named[0] = f"--strict-{named[0][2:]}" if strict else named[0]
    judgements = subjects_of(named, "*", precision, options(option), {}, limits)
    shown = console()
    with shown.status("loading ..."):
        load(judgements, context.obj)
    sys.exit(_signs(judgements[0], context.obj, shown))


def _signs(judgement: "Judgement", interrupts: "Interrupts", console: "Console") -> int:
    """Show each sign of life as it comes, until Ctrl-C; the exit status."""
    from backproof.cases.recipe import OutOfScope
    from backproof.frontends.smoke import following
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
    console.print(following(judgement.subject), soft_wrap=True)
    judgement.note()
    for note in judgement.report.notes:
        console.print(f"note: {note}", style="yellow", soft_wrap=True)
    return int(failed)
