"""The documentation: a page for every law, every example runs, and no page needs a network.

The site is built once. Its hooks run the examples while it is built, so that a page shows what is
printed today, and an example that fails stops the build. Of the pages of laws one of each chapter
is run, and all in a thorough test: that a law kills the bug on its page is tested by itself.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from backproof.judging.law import Law
from backproof.laws.catalogue import laws
from backproof.mutants import mutants
from backproof.reports.row import STATUSES
from tests.effort import THOROUGH

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LAW_PAGES = sorted((DOCS / "laws").glob("*.md"))
NAMES = [page.relative_to(DOCS).as_posix() for page in PAGES]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1", "BACKPROOF_DRAFT": "" if THOROUGH else "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def html(site: Path, page: str) -> str:
    name = page.removesuffix(".md").removesuffix("index").strip("/")
    return (site / name / "index.html").read_text(encoding="utf-8")


def test_the_table_of_what_was_considered_has_every_law() -> None:
    table = (DOCS / "considered.md").read_text(encoding="utf-8")
    assert {law.name for law in laws()} == {*re.findall(r"\(laws/(\w+)\.md\)", table)}


def test_a_page_for_every_law_and_a_law_for_every_page() -> None:
    pages = {page.stem for page in LAW_PAGES} - {"index"}
    assert pages == {law.name for law in laws()}


@pytest.mark.parametrize(
    "page", [page for page in LAW_PAGES if page.stem != "index"], ids=lambda page: page.stem
)
def test_a_law_page_has_every_part_and_a_bug_that_the_law_must_see(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "What it says", "Why it is true", "Where the tolerance comes from", "What it catches",
        "Source",
    ]  # fmt: skip
    for mark in ("law", "tolerance", "catches", "literature"):
        assert f"<!-- {mark} -->" in text
    killed = {bug.name for bug in mutants() if page.stem in bug.killers}
    shown = re.search(r"^\$ backproof check \S+:(\w+) --laws (\S+)$", text, re.MULTILINE)
    assert shown is not None
    assert shown[1] in killed
    assert [law.name for law in laws(shown[2])] == [page.stem]


def test_every_source_of_a_law_is_in_the_bibliography() -> None:
    works = (DOCS / "bibliography.md").read_text(encoding="utf-8").splitlines()
    for law in laws():
        for source in law.section("Source").split(";"):
            author = re.match(r"\W*([A-Z][\w-]+)", source)
            year = re.search(r"(1[89]|20)\d\d", source)
            if author and year:
                found = [work for work in works if author[1] in work and year[0] in work]
                assert found, (law.name, source)


def test_every_page_is_described_by_its_own_words(site: Path) -> None:
    found = {}
    for page in NAMES:
        (words,) = re.findall(r'<meta name="description" content="([^"]*)"', html(site, page))
        assert 20 < len(words) < 250, page
        found[words] = page
    assert len(found) > 0.9 * len(NAMES)


BOOK_CHAPTERS = sorted((DOCS / "book").glob("[0-9]*.md"))


def test_the_book_has_eleven_chapters_and_its_cover_names_each() -> None:
    cover = (DOCS / "book" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"\((\d\d-[\w-]+\.md)\)", cover) == [page.name for page in BOOK_CHAPTERS]
    assert [int(page.name[:2]) for page in BOOK_CHAPTERS] == [*range(1, 12)]


@pytest.mark.parametrize("page", BOOK_CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_asks_shows_sums_up_and_names_its_laws(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {int(page.name[:2])} .+\n\n\*[^*]*\?[^*]*\*\n", text), "a question first"
    assert re.search(r"^<!-- figure \w+: .+ -->$", text, re.MULTILINE), "a picture"
    assert "```python run" in text, "a run"
    *_, seen, still, named = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert (seen, named) == ("What was seen", "The laws")
    assert still in ("Still open", "The end of the evening")
    assert re.search(r"\(\.\./laws/\w+\.md\)", text[text.index("## The laws") :])


def test_each_question_has_a_verdict_a_chapter_and_a_law() -> None:
    text = (DOCS / "questions.md").read_text(encoding="utf-8")
    answers = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    assert len(answers) >= 20
    for answer in answers:
        assert re.match(r'"[^"]+"\n\n\*\*(Right|Half right|Wrong)\b', answer), answer
        assert "](book/" in answer, answer
        assert "](laws/" in answer, answer


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_an_example_runs_or_has_a_reason_not_to(page: Path) -> None:
    """Code that is not run is what installs the package; settings are read."""
    for language, how, body in re.findall(
        r"^```(\w+)(.*)\n((?:.|\n)*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        if language == "toml":
            assert tomllib.loads(body)
            continue
        if language == "json":
            parts = json.loads("[" + re.sub(r"\}\n\{", "},{", body) + "]")
            assert all(isinstance(part, dict) for part in parts)
            continue
        if language == "yaml":
            continue  # tests/test_action.py reads it
        assert language in ("python", "console"), body
        assert how == " run" or body.startswith("$ python -m pip install "), body


def test_what_is_shown_and_not_run_is_python_at_least() -> None:
    fence = r"^``` { \.python \.shown }\n((?:.|\n)*?)^```$"
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    shown = [body for text in texts for body in re.findall(fence, text, re.MULTILINE)]
    assert shown
    for body in shown:
        ast.parse(body)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_one_sentence_a_line(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for line in text.splitlines():
        if not line.startswith(("|", "<!--")):
            assert not re.search(r"[a-z)][.!?] [A-Z][a-z]", line), line


WINGS = sorted(path.parent for path in (ROOT / "engine" / "refnet").glob("*/__init__.py"))
PLACES = ("", "engine/refnet", "properties/backproof", "tests/engine")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/life-of-a-law.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", (ROOT / page).read_text(encoding="utf-8")))
    missing = {name for name in named if not any((ROOT / at / name).is_file() for at in PLACES)}
    assert missing == set()


def test_the_reading_order_names_what_is_in_the_folders() -> None:
    text, folder, rows = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "", 0
    for first, rest in re.findall(r"^\| (?:`(\w+)/?`)? ?\|(.*)\|$", text, re.MULTILINE):
        folder, rows = first or folder, rows + 1
        there = {path.stem for place in PLACES for path in (ROOT / place / folder).glob("*.py")}
        assert set(re.findall(r"`(\w+)`", rest)) <= there, folder
    assert rows > 10


@pytest.mark.parametrize("wing", WINGS, ids=lambda wing: wing.name)
def test_the_reading_order_names_every_file_of_a_wing(wing: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{wing.name}` \|(.*)\|$", text, re.MULTILINE)
    assert row is not None, f"CONTRIBUTING.md has no row for {wing.name}"
    files = {path.stem for path in wing.glob("*.py")} - {"__init__"}
    assert files - set(re.findall(r"`(\w+)`", row[1])) == set()


def test_every_test_that_is_named_is_there() -> None:
    """A recipe that names the test which complains is of no use once the test has moved."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    there = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}
    assert named
    assert named - there == set()


class Resources(HTMLParser):
    """What a browser fetches to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed", "image", "use"):
            self.found += [given.get(name, "") for name in ("src", "srcset", "href", "xlink:href")]
        if tag == "link" and given.get("rel") != "canonical":
            self.found.append(given.get("href", ""))
        self.found += re.findall(r"url\(([^)]*)\)", given.get("style", ""))


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    for page in site.rglob("*.html"):
        resources = Resources()
        resources.feed(page.read_text(encoding="utf-8"))
        assert resources.found
        assert not [place for place in resources.found if re.match(r"\s*(\w+:)?//", place)]
    for sheet in site.rglob("*.css"):
        outside = re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text("utf-8"))
        assert not outside, sheet


@pytest.mark.parametrize("page", NAMES)
def test_nothing_is_left_untranslated(site: Path, page: str) -> None:
    built = html(site, page)
    assert "arithmatex" not in built
    marks = "law|laws|figure|source|fields|documented|matrix|limits|board|api|commands"
    assert not re.findall(rf"<!-- (?:{marks})\b.*?-->", built)
    assert not re.findall(r"<code>[^<]*\\[_*\[][^<]*</code>", built)
    assert "<mi>&</mi>" not in built, "a formula of several lines: write one for each"
    assert 'class="drawn"' in built or "<!-- figure" not in (DOCS / page).read_text("utf-8")


SHOWN = laws() if THOROUGH else [*{law.chapter: law for law in reversed(laws())}.values()]
"""The laws whose pages are run."""


@pytest.mark.parametrize("law", SHOWN, ids=lambda law: law.name)
def test_a_law_page_shows_the_law_break(site: Path, law: Law) -> None:
    assert f"broken: {law.name}" in html(site, f"{law.page}.md")


def test_only_the_planted_bugs_are_broken(site: Path) -> None:
    start = html(site, "getting-started.md")
    assert "exit status 1" in start
    assert len(re.findall(r"^(?:<[^>]*>)*broken: ", start, re.MULTILINE)) == 1
    assert not re.search(r"^(?:<[^>]*>)*(?:error|internal|vacuous|stale): ", start, re.MULTILINE)
    assert re.search(r"\d passed(, \d+ (skipped|deselected))* in", start)
    assert not re.search(r"\d failed", start)


def test_the_ball_by_hand_is_the_ball_of_the_engine(site: Path) -> None:
    built = re.sub(r"<[^>]*>", "", html(site, "verdict.md"))
    text = (DOCS / "verdict.md").read_text(encoding="utf-8")
    by_hand = re.search(r"\\bar u = ([\d.]+) \\cdot 10\^\{-15\}", text)
    assert by_hand is not None
    assert f"radius {by_hand[1]}e-15" in built


def test_every_verdict_that_can_occur_is_explained() -> None:
    text = (DOCS / "verdict.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| (\w+) \|.*\| (?:yes|no|when).*\|$", text, re.MULTILINE))
    assert explained == set(STATUSES) - {"known", "stale"}  # they come with a ledger of breaks
