"""The words that judge again, as they are typed or written."""

import shlex
from collections.abc import Mapping

USUAL = {"laws": "*", "profile": "default", "known": "", "examples": ""}
"""What need not be typed."""

Given = Mapping[str, str | int]
"""Laws, seed, profile, ledger and examples, by the names that they have everywhere."""


def typed(subject: str, options: Mapping[str, str], given: Given) -> str:
    """The command that judges what is named, made with these options and precision."""
    words = ["backproof", "check", subject]
    for name, value in given.items():
        words += [f"--{name}", str(value)] if value != USUAL.get(name) else []
    for key, value in options.items():
        words += ["--precision", value] if key == "precision" else ["--option", f"{key}={value}"]
    return shlex.join(words)


def written(name: str, given: Given) -> str:
    """The call that judges an object of this name from Python."""
    words = [f"{key}={value!r}" for key, value in given.items() if value != ""]
    return f"backproof.check({', '.join([name, *words])})"
