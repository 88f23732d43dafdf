"""The page says what the report says, stands alone, and nothing that a subject says is markup."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from backproof.reports.html import LONGEST, TOO_LONG, framed, html
from backproof.reports.ledger import entries
from backproof.reports.limits import Limit
from backproof.reports.report import Report
from backproof.reports.row import STATUSES
from backproof.reports.terminal import told
from tests.test_reports import EVERY, EVIL, broken, report, row

VOID = {"meta", "br"}
ADDRESSES = {"src", "href", "srcset", "action", "data", "poster"}


class Read(HTMLParser):
    """What a browser sees of a page: its elements, their attributes, and their text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.opened:
            self.texts.setdefault(self.opened[-1], []).append(data)


HOLDING = report(row("holds", worst_ratio=0.1, power=0.5, seconds=2.0))


def test_a_page_has_the_headline_each_cause_and_every_law() -> None:
    page = Read(html([EVERY]))
    assert page.elements.count("main") == 1
    assert page.texts["h1"] == [EVERY.headline()]
    assert page.texts["h3"] == [cause.what for cause in EVERY.causes]
    lines = [line for cause in EVERY.causes for line in told(EVERY, cause).splitlines()]
    shown = [line.lstrip() for line in lines if line.strip()]
    assert page.texts["code"] == [*shown, EVERY.again()]
    cells = page.texts["td"]
    for status in STATUSES:
        assert status in cells
        assert f"law 0 of {status}" in cells
    assert "the reason of unsupported" in page.texts["span"]
    assert ("open", "") in page.attributes


def test_the_page_of_what_holds_has_no_findings_and_is_folded() -> None:
    page = Read(html([HOLDING]))
    assert page.texts["h2"] == ["The laws", "What was judged", "The run"]
    assert page.texts["code"] == [HOLDING.again()]
    assert not {"button", "pre"} & {*page.elements}
    assert "open" not in dict(page.attributes)
    assert {"50%", "9", "2.0"} <= {*page.texts["td"]}


@pytest.mark.parametrize(
    ("ratio", "bar"),
    [
        (0.0, "0"),
        (1e-9, "0.0"),
        (1e-3, "0.0"),
        (0.1, "33.3"),
        (1.0, "50.0"),
        (10.0, "66.7"),
        (1e3, "100.0"),
        (float("inf"), "100.0"),
        (float("nan"), "100"),
    ],
)
def test_the_bar_of_a_ratio_is_on_a_scale_of_decades(ratio: float, bar: str) -> None:
    page = Read(html([report(row("holds", worst_ratio=ratio))]))
    assert ("style", f"width: {bar}%") in page.attributes
    assert (("class", "over") in page.attributes) == (not ratio <= 1)


def test_what_a_button_copies_is_the_script_and_the_entries_of_a_ledger() -> None:
    made = report(row("broken", findings=[broken()], worst_ratio=2.0), row("broken", 1))
    made.scripts = {"law_0_of_broken": "print('<b>')\n"}
    page = Read(html([made]))
    (cause,) = made.causes[:1]
    assert page.texts["pre"][:2] == ["print('<b>')\n", entries(made, cause)]
    assert page.elements.count("button") == page.elements.count("pre")
    made.scripts = {"law_0_of_broken": "#" * (LONGEST + 1)}
    assert Read(html([made])).texts["pre"][0] == TOO_LONG


def test_a_limit_is_shown_where_it_is_a_share_of_the_number() -> None:
    limits = [Limit(share=1e-9, mutant="Wrong"), Limit(share=1e-9, of="mistake", mutant="Wrong")]
    page = Read(html([report(*(row("holds", n, limit=limits[n]) for n in range(2)))]))
    assert page.texts["td"].count("1e-09") == 1
    assert ("title", limits[0].sentence()) in page.attributes


def test_a_page_asks_nobody_and_its_one_script_copies() -> None:
    text = html([EVERY, HOLDING])
    page = Read(text)
    assert page.elements.count("script") == 1
    assert not {name for name, _ in page.attributes if name.startswith("on")}
    assert not {"link", "img", "iframe", "object"} & {*page.elements}
    assert not ADDRESSES & dict(page.attributes).keys()
    assert "http" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_what_a_subject_says_is_no_markup() -> None:
    def forged(text: str) -> Report:
        made = report(
            row("broken", findings=[broken(text)], notes=[text]),
            row("unsupported", reason=text, refused={text: 1}),
            notes=[text],
            not_judged=[text],
            not_reached=[text],
        )
        about = made.subject
        about.name = about.version = about.precision = about.subject = text
        about.options, about.declared, about.capabilities = {text: text}, [text], [text]
        return made

    text = f"\"' {{{{ 1 }}}} {EVIL}"
    evil = Read(html([forged(text)]))
    tame = Read(html([forged("".join("x" if one.isprintable() else one for one in text))]))
    assert evil.elements == tame.elements
    assert [name for name, _ in evil.attributes] == [name for name, _ in tame.attributes]
    assert all(
        text.replace("\n", "").isprintable() for texts in evil.texts.values() for text in texts
    )


def test_several_subjects_have_a_section_each() -> None:
    page = Read(html([EVERY, HOLDING]))
    assert page.elements.count("html") == 1
    assert page.elements.count("section") == 2
    assert page.texts["h1"] == [EVERY.headline(), HOLDING.headline()]
    assert page.texts["title"] == ["backproof: Made; Made"]


def test_a_notebook_shows_the_page_in_a_frame_of_its_own() -> None:
    shown = EVERY._repr_html_()
    frame = Read(shown)
    assert frame.elements == ["iframe"]
    assert dict(frame.attributes)["srcdoc"] == html([EVERY])
    assert shown == framed(EVERY)


def test_what_is_declared_and_not_judged_is_said_once() -> None:
    made = report(row("holds"), not_judged=["clip"], not_reached=["rows 3"], interrupted=True)
    text = unescape(re.sub(r"<[^>]*>", "", html([made])))
    assert text.count("clip") == text.count("rows 3") == 1
    assert "The run was interrupted." in text
