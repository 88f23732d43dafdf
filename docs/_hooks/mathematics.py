"""Formulas as MathML, which browsers draw by themselves: no script, no font, no network.

`pymdownx.arithmatex` finds $...$ and $$...$$ outside code; what it has found is translated here.
"""

import re
from html import unescape

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
DISPLAY = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.DOTALL)
BAR = '<mo stretchy="false">&#x0007C;</mo>'
SIGN = re.compile(r"(<mo[^>]*>(?:&#x0003D;|&#x00028;|&#x02264;|&#x0002C;)</mo>)<mo>&#x02212;</mo>")
PRIME = re.compile(r"<msup>(<mi>[^<]*</mi>)<mi>(&#x0203[2-4];)</mi></msup>")
NAMES = r"<mi>(?:log|exp|sinh|cosh|tanh|sup|max|min)</mi>"
BEFORE = re.compile(rf"(</m(?:i|n|sub|sup)>)({NAMES})")
AFTER = re.compile(rf"({NAMES})(?!<mo[^>]*>(?:&#x00028;|\())")
SPACE = '<mspace width="0.167em" />'


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with its formulas translated."""
    html = INLINE.sub(lambda found: mathml(found.group(1), "inline"), html)
    return DISPLAY.sub(lambda found: mathml(found.group(1), "block"), html)


def mathml(formula: str, display: str) -> str:
    r"""The MathML of a LaTeX formula; \log and its like stand off from letters, and bars do not."""
    made = convert(unescape(formula).strip(), display=display)
    made = made.replace(BAR, BAR.replace("<mo ", '<mo lspace="0" rspace="0" '))
    made = SIGN.sub(r'\1<mo form="prefix">&#x02212;</mo>', made)
    made = PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', made)  # raised already
    return AFTER.sub(rf"\1{SPACE}", BEFORE.sub(rf"\1{SPACE}\2", made))
