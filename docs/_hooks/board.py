"""The board on the site, from docs/data/board.json, written by `backproof board`.

`<!-- board runs -->` becomes a row for each run, `<!-- board laws -->` the laws down and the runs
across, `<!-- board breaks -->` what does not hold, each with the lines that show it.
"""

from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

from catalogue import title
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from plain import as_markdown, table

from backproof.judging.law import Law
from backproof.laws.catalogue import by_name, laws
from backproof.reports.board import Board, Cell, Entry, read
from backproof.reports.row import FAILING, Status

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "docs" / "data" / "board.json"
COUNTED: tuple[Status, ...] = ("holds", "known", "broken", "error", "weak", "unsupported")
LANGUAGES = {".py": "python", ".R": "r", ".m": "octave", ".js": "javascript"}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with the data."""
    for name, made in {"runs": _runs, "laws": _laws, "breaks": _breaks}.items():
        if (mark := f"<!-- board {name} -->") in markdown:
            markdown = markdown.replace(mark, made())
    return markdown


@cache
def _board() -> Board:
    found = read(DATA)
    found.entries.sort(key=lambda entry: (entry.subject.name.lower(), entry.key))
    return found


def _named(entry: Entry) -> str:
    """The subject in a few words: its name, and what sets it apart from the others of that name."""
    options = [v for k, v in entry.subject.options.items() if k != "precision"]
    return " ".join(dict.fromkeys([entry.subject.name, *options]))


def _runs() -> str:
    met = [one for one in COUNTED if any(entry.counts[one] for entry in _board().entries)]
    counted = ", ".join([*met, "entries judged", "profile", "seconds", "day"])
    rows = [
        [
            _named(entry), entry.subject.version, entry.subject.precision,
            *(str(entry.counts[status] or "") for status in met),
            f"{entry.judged:,}", entry.profile, f"{entry.seconds:.0f}", str(entry.date),
        ]
        for entry in _board().entries
    ]  # fmt: skip
    return table(f"subject, version, precision, {counted}", rows, numbers=len(met) + 4)


def _laws() -> str:
    """The grid as HTML: a table of Markdown has no heads that span columns, nor of rows."""
    entries = _board().entries
    heads = "".join(
        f'<th scope="col"><span>{escape(_head(entry))}</span></th>' for entry in entries
    )
    rows = "\n".join(_row(law, entries) for law in laws())
    return (
        '<div class="board" tabindex="0" role="region" aria-label="laws and subjects"><table>\n'
        f'<thead><tr><th scope="col">law</th>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        "</table></div>"
    )


def _head(entry: Entry) -> str:
    return f"{_named(entry)} {entry.subject.precision}"


def _row(law: Law, entries: list[Entry]) -> str:
    head = f'<th scope="row"><a href="../{law.page}/">{escape(title(law))}</a></th>'
    return f"<tr>{head}{''.join(_cell(entry.laws.get(law.name)) for entry in entries)}</tr>"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    if cell.status == "unsupported":
        return '<td class="unsupported">–</td>'
    words = f"{cell.status}: ratio {cell.ratio:.3g}, {cell.judged:,} entries judged. {cell.reason}"
    shown = f"{cell.ratio:.2f}" if cell.status == "holds" else cell.status
    return f'<td class="{cell.status}" title="{escape(words.strip())}">{shown}</td>'


def _breaks() -> str:
    """What does not hold, the runs and laws of one reason together."""
    found: dict[tuple[str, str], list[tuple[Entry, str]]] = {}
    for entry in _board().entries:
        for law, cell in entry.laws.items():
            if cell.status == "known" or cell.status in FAILING:
                found.setdefault((cell.reason, cell.link), []).append((entry, law))
    return "\n\n".join(_break(*told, where) for told, where in found.items())


def _break(reason: str, link: str, where: list[tuple[Entry, str]]) -> str:
    names = sorted({_head(entry) for entry, _ in where})
    broken = sorted({law for _, law in where})
    links = ", ".join(f"[{title(law)}]({law.page}.md)" for law in map(by_name().get, broken) if law)
    lines = [f"**{', '.join(names)}**: {as_markdown(reason)}", "", f"Laws: {links}.", *_shown(link)]
    return "\n".join(lines)


def _shown(link: str) -> Iterator[str]:
    """The lines that show it without backproof; of a page elsewhere its address."""
    if not link:
        return
    if "://" in link:
        yield from ("", f"<{link}>")
        return
    file = ROOT / link
    if not file.is_file():
        raise PluginError(f"docs/data/board.json links to {link}, which is not there")
    code = file.read_text(encoding="utf-8").rstrip()
    yield from ("", f"```{{ .{LANGUAGES[file.suffix]} title='{link}' }}", code, "```")
