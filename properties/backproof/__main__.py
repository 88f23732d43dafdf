"""The console script, and python -m backproof."""

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from backproof.frontends.interrupts import Interrupts

if TYPE_CHECKING:
    from typer import Typer


def main() -> None:
    """Listen to Ctrl-C, then run the command line, and leave with its status."""
    interrupts = Interrupts()  # before anything else is imported
    from backproof.cases.machine import take_half_at_most
    from backproof.frontends.ending import status_of

    take_half_at_most()
    status = status_of(lambda: commands()(obj=interrupts))
    exec("")  # else an interrupt that passed an exec of text ends `python -m` by its signal
    interrupts.over()
    sys.exit(status)


def commands() -> "Typer":
    """The command line with all its commands."""
    from backproof.frontends.cli import app
    from backproof.frontends.cli_board import board
    from backproof.frontends.cli_replay import replay
    from backproof.frontends.cli_smoke import smoke
    from backproof.frontends.cli_teeth import teeth
    from backproof.frontends.cli_words import explain, laws, new

    for command in (laws, explain, new, replay, smoke, teeth, board):
        app.command()(command)
    return app


if __name__ == "__main__":
    if not sys.flags.safe_path:
        with contextlib.suppress(OSError, ValueError):  # a folder that is gone is not there
            sys.path.remove(os.getcwd())  # python -m puts it first; nothing in it may replace ours
    main()
