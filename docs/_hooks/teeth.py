"""The kill matrix on the site, from docs/data/teeth.json, written by `backproof teeth --json`.

`<!-- matrix -->` becomes the laws by number, a row for each planted bug, and the totals;
`<!-- limits -->` a table of how small an error each law finds.
"""

from pathlib import Path

import msgspec
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from backproof.judging.limits import known
from backproof.reports.limits import Limit
from backproof.reports.matrix import matrix, totals
from backproof.reports.teeth import Teeth

DATA = Path(__file__).resolve().parents[1] / "data" / "teeth.json"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with the data."""
    if "<!-- matrix -->" in markdown:
        markdown = markdown.replace("<!-- matrix -->", _matrix())
    if "<!-- limits -->" in markdown:
        markdown = markdown.replace("<!-- limits -->", _limits())
    return markdown


def _matrix() -> str:
    teeth = msgspec.json.decode(DATA.read_bytes(), type=Teeth)
    numbered = [f"{place:>2} {law}" for place, law in enumerate(teeth.laws, 1)]
    lines = [*numbered, "", *matrix(teeth), "", totals(teeth)]
    return "\n".join(["``` { .text .printed }", *lines, "```"])


def _limits() -> str:
    head = ["| law | planted bug | float64 | float32 |", "|---|---|---|---|"]
    rows = []
    for law, found in known().laws.items():
        cells = [_cell(found.get(precision)) for precision in ("float64", "float32")]
        mutant = next((limit.mutant for limit in found.values()), "")
        name = law.replace("_", " ")
        rows.append(f"| [{name}](laws/{law}.md) | `{mutant}` | {' | '.join(cells)} |")
    return "\n".join([*head, *rows])


def _cell(limit: Limit | None) -> str:
    if limit is None:
        return "not found"
    return f"{limit.share:.0e}" if limit.relative else limit.sentence().partition(", tried")[0]
