"""What a person reads of laws and of signs of life: catalogue, explanation, smoke."""

import sys
import textwrap

from rich.console import Console
from rich.text import Text

from backproof.frontends.smoke import Sign
from backproof.judging.law import Law
from backproof.judging.limits import known
from backproof.laws.catalogue import CHAPTERS


def sign_of_life(sign: Sign, console: Console) -> None:
    """A line for a capability, and where it fails."""
    colour = {"answers": "green", "refuses": "yellow", "fails": "red"}[sign.state]
    text = Text(f"{sign.state:<9}", colour)
    console.print(text + Text(f"{sign.capability:<18}{sign.words}"), soft_wrap=True)
    if sign.detail:
        console.print(textwrap.indent(sign.detail, " " * 9), soft_wrap=True)


def catalogue(found: list[Law], console: Console) -> None:
    """The laws, chapter by chapter: name, claim and needs."""
    for chapter, title in CHAPTERS.items():
        inside = [law for law in found if law.chapter == chapter]
        if inside:
            console.print(f"{title} ({chapter})", style="bold", highlight=False)
        for law in inside:
            console.print(f"  {law.name}", highlight=False, soft_wrap=True)
            width = console.width if console.is_terminal else sys.maxsize
            claim = textwrap.wrap(law.claim, width - 4)
            console.print(textwrap.indent("\n".join(claim), "    "), soft_wrap=True)
            also = f"; uses {', '.join(law.also)} if offered" if law.also else ""
            needs = f"    needs {', '.join(law.needs)}{also}"
            console.print(needs, style="dim", highlight=False, soft_wrap=True)


def explanation(law: Law, console: Console) -> None:
    """A law in words: statement, why, tolerance, what it catches, source, page."""
    console.print(law.name, style="bold", highlight=False)
    console.print(law.statement, highlight=False, markup=False)
    for title in ("Why", "Tolerance", "Catches", "Source"):
        console.print()
        console.print(Text(f"{title}: ", "bold") + Text(law.section(title)), highlight=False)
    console.print()
    for precision, limit in known().laws.get(law.name, {}).items():
        console.print(f"finds in {precision}: {limit.sentence()}", highlight=False)
    console.print(f"needs: {', '.join(law.needs)}", highlight=False)
    console.print(f"page: docs/{law.page}.md", highlight=False, soft_wrap=True)
