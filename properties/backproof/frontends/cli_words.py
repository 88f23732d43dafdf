"""The command line: backproof laws, explain, new."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from backproof.frontends.ending import wrong


def laws(
    pattern: Annotated[
        str, typer.Argument(help="a pattern of names or chapters, which `backproof laws` lists")
    ] = "*",
) -> None:
    """List the laws, chapter by chapter: name, claim, what they need."""
    from backproof.frontends.words import catalogue
    from backproof.reports.terminal import console

    catalogue(chosen(pattern), console())


def explain(law: Annotated[str, typer.Argument(help="the name of a law, or a part of it")]) -> None:
    """Explain a law: statement, why, tolerance, what it catches, its page."""
    from backproof.frontends.words import explanation
    from backproof.reports.terminal import console

    shown = console()
    for place, found in enumerate(chosen(law)):
        if place:
            shown.print()
        explanation(found, shown)


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
