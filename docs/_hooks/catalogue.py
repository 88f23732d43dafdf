"""The registry of laws on the site: the navigation, the catalogue, and what a docstring says.

On a law's page `<!-- law -->` is replaced by the claim, `<!-- tolerance -->` and `<!-- catches -->`
by those sections, `<!-- literature -->` by the source; elsewhere `<!-- laws -->` by the catalogue,
and `<!-- source MODULE:NAME -->` by the code of a class, a function or a law, from `examples` too.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from plain import as_markdown

from backproof.judging.law import Law
from backproof.judging.limits import known
from backproof.laws.catalogue import CHAPTERS, laws
from backproof.mutants import mutants

DOCS = Path(__file__).resolve().parents[1]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BIBLIOGRAPHY = "([Bibliography](../bibliography.md).)"
SOURCE = re.compile(r"^<!-- source ([\w.]+):(\w+) -->$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """A page for every law in the navigation, chapter by chapter."""
    if str(EXAMPLES) not in sys.path:
        sys.path.append(str(EXAMPLES))
    chapters = [
        {heading: [{title(law): f"{law.page}.md"} for law in _inside(chapter)]}
        for chapter, heading in CHAPTERS.items()
        if _inside(chapter)
    ]
    for entry in config.nav or []:
        if "Laws" in entry:
            entry["Laws"] = ["laws/index.md", *chapters]
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with what the registry says."""
    for mark, text in MARKS.items():
        if f"<!-- {mark} -->" in markdown:
            markdown = markdown.replace(f"<!-- {mark} -->", text(_law_of(page)))
    markdown = markdown.replace("<!-- laws -->", _catalogue())
    return SOURCE.sub(lambda found: _source(*found.groups()), markdown)


def _inside(chapter: str) -> list[Law]:
    return [law for law in laws() if law.chapter == chapter]


def title(law: Law) -> str:
    """The heading of the law's page, as it is written there."""
    page = (DOCS / f"{law.page}.md").read_text(encoding="utf-8")
    return page.partition("\n")[0].removeprefix("# ")


def _law_of(page: Page) -> Law:
    place = page.file.src_uri.removesuffix(".md")
    for law in laws():
        if law.page == place:
            return law
    raise PluginError(f"{page.file.src_uri} has the box of a law, and no law has this page")


def _box(law: Law) -> str:
    """The claim, and what it needs."""
    lines = [f'!!! abstract "{CHAPTERS[law.chapter]}"', "", f"    {as_markdown(law.statement)}", ""]
    return "\n".join([*lines, f"    Needs {_calls(law.needs)}{_also(law)}."])


def _catches(law: Law) -> str:
    """What the law catches, and the planted bugs that it must see."""
    bugs = [f"- `{bug.name}`: {bug.mistake}" for bug in mutants() if law.name in bug.killers]
    said = [_quoted(law, "Catches"), "", "Planted bugs that it must see:", "", *bugs]
    return "\n".join([*said, "", *_limits(law)])


def _limits(law: Law) -> list[str]:
    """How small an error it has been seen to find."""
    found = known().laws.get(law.name, {}).items()
    words = [f"- in {precision}: {limit.sentence()}" for precision, limit in found]
    return (
        ["[How small an error](../teeth.md#detection-limits) it finds:", "", *words]
        if words
        else []
    )


def _quoted(law: Law, heading: str) -> str:
    text = law.section(heading)
    return f"> {as_markdown(text[:1].upper() + text[1:])}"


def _calls(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _also(law: Law) -> str:
    return f"; judges {_calls(law.also)} too where offered" if law.also else ""


def _catalogue() -> str:
    return "\n".join(_chapter(chapter) for chapter in CHAPTERS if _inside(chapter))


def _chapter(chapter: str) -> str:
    """A chapter of the catalogue: a card for each law."""
    cards = "\n\n".join(map(_card, _inside(chapter)))
    return f'## {CHAPTERS[chapter]}\n\n<div class="cards" markdown>\n\n{cards}\n\n</div>\n'


def _card(law: Law) -> str:
    """What a law claims, what it needs, and how many planted bugs it must see."""
    bugs = sum(law.name in bug.killers for bug in mutants())
    needs = " ".join((*law.needs, *law.also))
    link = f"[{title(law)}]({law.page.removeprefix('laws/')}.md)"
    counted = f"{bugs} planted bug{'s' * (bugs != 1)}"
    return (
        f'<div class="card" data-needs="{needs}" markdown>\n\n**{link}**\n\n'
        f"{as_markdown(law.statement)}\n\n{_calls(law.needs)}{_also(law)}; {counted}\n\n</div>"
    )


def _source(module: str, name: str) -> str:
    made = getattr(importlib.import_module(module), name)
    if isinstance(made, Law):  # with its recipes, which stand in the decorator
        return f"```python\n{inspect.getsource(made.check)}```"
    source = inspect.getsource(made)
    code = re.search(r"^(class|def) .*", source, re.MULTILINE | re.DOTALL)
    assert code is not None
    return f"```python\n{code[0]}```"


MARKS: dict[str, Callable[[Law], str]] = {
    "law": _box,
    "tolerance": lambda law: _quoted(law, "Tolerance"),
    "catches": _catches,
    "literature": lambda law: f"{as_markdown(law.section('Source'))} {BIBLIOGRAPHY}",
}
