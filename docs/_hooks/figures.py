"""Figures drawn while the site is built, in the page's own colours.

`<!-- figure NAME: caption -->` calls the drawing of that name. Its SVG stands in the page itself,
with colours that are variables of the style sheet: light on dark is dark on light.
"""

import re
from collections.abc import Callable
from functools import partial

import drawings
import drawings_approximation
import drawings_book
import drawings_book_learning
import drawings_life
import drawings_loss
import drawings_meaning
import drawings_regression
import drawings_steps
from ink import to_page
from kept import kept
from matplotlib.figure import Figure
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

MARK = re.compile(r"^<!-- figure (\w+): (.*?) -->$", re.MULTILINE | re.DOTALL)
DRAWINGS = (
    drawings,
    drawings_approximation,
    drawings_book,
    drawings_book_learning,
    drawings_life,
    drawings_loss,
    drawings_meaning,
    drawings_regression,
    drawings_steps,
)
PLACE = re.compile(r'<figure data-figure="(\w+)">')


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with a place for each figure, and its caption."""
    return MARK.sub(
        '<figure data-figure="\\1" markdown="block">\n<figcaption markdown="span">\n\\2\n'
        "</figcaption>\n</figure>",
        markdown,
    )


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with its figures."""
    return PLACE.sub(lambda found: f'<figure class="drawn">{_svg(found.group(1))}', html)


def _svg(name: str) -> str:
    for module in DRAWINGS:
        if name in vars(module):
            return kept(f"figure {name}", partial(_drawn, vars(module)[name], name))
    raise PluginError(f"there is no figure {name!r} in docs/_hooks/drawings*.py")


def _drawn(draw: Callable[[], Figure], name: str) -> str:
    return to_page(draw(), name)
