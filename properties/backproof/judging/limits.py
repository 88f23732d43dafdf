"""How small an error each law finds: measured by `backproof teeth --limits`, and kept here."""

from functools import cache
from importlib.resources import files

import msgspec

from backproof.reports.limits import Limit, Limits
from refnet.rounding.precision import PRESETS, Precision

FILE = "judging/limits.json"


@cache
def known() -> Limits:
    """All that has been measured."""
    text = (files("backproof") / FILE).read_text(encoding="utf-8")
    return msgspec.json.decode(text, type=Limits)


def limit_of(law: str, precision: Precision) -> Limit | None:
    """The limit of a law in a precision, if it has been measured."""
    if PRESETS.get(precision.name) != precision:
        return None
    return known().laws.get(law, {}).get(precision.name)
