"""backproof judges neural-network implementations by theorems.

Names are imported when they are first used, so that the command line starts at once.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backproof.contract import (
        Architecture,
        Conventions,
        Fit,
        Implementation,
        Layer,
        NotSupported,
        Precision,
        Scope,
    )
    from backproof.frontends.check import check
    from backproof.frontends.parametrize import parametrize
    from backproof.reports.report import Report
    from backproof.subjects.failures import CannotLoad
    from backproof.subjects.loading import own

_PLACES = {
    "check": "frontends.check",
    "CannotLoad": "subjects.failures",
    "Report": "reports.report",
    "own": "subjects.loading",
    "parametrize": "frontends.parametrize",
    **dict.fromkeys(
        (
            "Architecture",
            "Conventions",
            "Fit",
            "Implementation",
            "Layer",
            "NotSupported",
            "Precision",
            "Scope",
        ),
        "contract",
    ),
}

__all__ = [
    "Architecture",
    "CannotLoad",
    "Conventions",
    "Fit",
    "Implementation",
    "Layer",
    "NotSupported",
    "Precision",
    "Report",
    "Scope",
    "check",
    "own",
    "parametrize",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'backproof' has no attribute {name!r}")
    return getattr(importlib.import_module(f"backproof.{_PLACES[name]}"), name)
