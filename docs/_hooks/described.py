"""A description of each page for those who have not opened it: its first words, without marks."""

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

MOST = 160
"""Characters that a list of results shows."""


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Give the page its description, unless it has one."""
    page.meta.setdefault("description", description(markdown))


def description(markdown: str) -> str:
    """The first paragraph as plain text, cut between words."""
    parts = (part for part in markdown.split("\n\n") if not re.match(r"#|<|```|!!!|\||---", part))
    words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", next(parts, ""))
    plain = " ".join(re.sub(r"[*_`$\\]", "", words).split())
    return plain if len(plain) <= MOST else plain[:MOST].rpartition(" ")[0] + " ..."
