"""For those who do not see a page: its first words as a description, and no head without a name."""

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


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The corner of a table is a cell: a head without a name heads nothing."""
    return re.sub(r"<th( [^>]*)?></th>", r"<td\1></td>", html)
