"""The console script, and python -m backproof."""

import sys

from backproof.frontends.interrupts import Interrupts


def main() -> None:
    """Listen to Ctrl-C, then import the command line and run it."""
    interrupts = Interrupts()
    from backproof.frontends.cli import app
    from backproof.frontends.cli_teeth import teeth

    app.command()(teeth)
    app(obj=interrupts)


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # python -m puts the current folder there; nothing in it may replace ours
    main()
