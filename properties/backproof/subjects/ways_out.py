"""What is wrong with the words that name a subject, in one sentence each, and the way out."""

import inspect
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from backproof.contract import CAPABILITIES, Scope, capabilities
from refnet.rounding.precision import PRESETS

PACKAGES = {"sklearn": "scikit-learn"}
"""The packages that have another name than their module."""

NEAR = 0.8
"""How alike two names are, of 1, where one is taken for a slip of the other."""


def nameless(subject: str, built_in: Iterable[str]) -> str:
    """Words that name no class: a file, a folder, a notebook, or what is no adapter."""
    file = subject.rstrip(":")
    if file.endswith(".py"):
        return f"{file} names a file; say which class in it, as {file}:Name"
    if found := no_code(file):
        return found
    near = get_close_matches(subject, [*built_in], n=1)
    meant = f"; did you mean {near[0]}?" if near else ";"
    others = ", ".join(built_in)
    return (
        f"{subject!r} is no built-in adapter ({others}){meant} "
        "give path/to/file.py:Name or package.module:Name"
    )


def no_code(place: str) -> str:
    """What is said of a place that is a notebook or a folder; "" of any other."""
    if place.endswith(".ipynb"):
        return f"{place} is a notebook: jupyter nbconvert --to script {place} makes a file of it"
    if Path(place).is_dir() and not Path(place, "__init__.py").exists():
        return f"{place} is a folder: name a file in it, or with quotes all: '{place}/*.py:Name'"
    return ""


def absent(file: Path) -> str:
    """A file that is not there, and what is there instead."""
    there = [path.name for path in file.parent.glob("*.py")]
    near = get_close_matches(file.name, there, n=1, cutoff=NEAR)
    instead = f"did you mean {file.with_name(near[0])}?" if near else f"as seen from {Path.cwd()}"
    return f"there is no file {file}{';' if near else ','} {instead}"


def uninstalled(error: ModuleNotFoundError, name: str, subject: str, built_in: bool) -> str:
    """A module that is missing, the one that was named or one that it imports."""
    missing = str(error.name)
    if found := no_code(name):
        return found
    if built_in:
        package = PACKAGES.get(missing, missing)
        own = subject.partition("-")[0]  # sklearn-logistic has the extra of sklearn
        extra = f"pip install {package}, or backproof with its extra, 'backproof[{own}]'"
        return f"{subject} needs {package}, which is not installed: {extra}"
    if f"{name}.".startswith(f"{missing}.") and not name.endswith(".py"):
        return f"there is no module {name} to import, from here or installed"
    return f"{name} imports {missing}, which is not installed: mend the name, or install it"


def no_python(error: SyntaxError, name: str) -> tuple[str, str]:
    """A line that is no Python, and how Python shows it."""
    other = Path(error.filename or name)
    where = name if other == Path(name).resolve() else f"{name} imports {other.name}, which"
    shown = "".join(traceback.format_exception_only(error)[:-1]).rstrip()
    return f"{where} is no Python, line {error.lineno}: {error.msg}", shown


def relative(name: str, subject: str) -> str:
    """An import with a leading point, in a file that is no part of a package."""
    return (
        f"{name} imports from its package, with a leading point: leave the point out, for what "
        f"stands beside a file is found, or name it as package.{Path(name).stem}"
        f":{subject.rpartition(':')[2]}"
    )


def undefined(module: ModuleType, place: str, name: str) -> str:
    """A name that a module does not define, and those of it that can be judged."""
    if not getattr(module, "__file__", None) and (found := no_code(place)):
        return found
    classes = [
        (known, isinstance(getattr(value, "scope", None), Scope))
        for known, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and capabilities(value)
    ]
    ready = [known for known, scope in classes if scope]
    if ready:
        return f"{place} defines no {name}; it has {', '.join(ready)}"
    if classes:
        others = ", ".join(known for known, _ in classes)
        return f"{place} defines no {name}; it has {others}, without the scope of an adapter"
    return f"{place} defines no {name}, and no other class to judge: backproof new FILE writes one"


def unconstructed(found: Any, given: dict[str, Any]) -> str:
    """What to do about a constructor that does not take what it is given."""
    if not isinstance(getattr(found, "scope", None), Scope):
        return "; if it is a network, it needs an adapter: backproof new FILE writes one"
    if "precision" in given and given["precision"] not in PRESETS:
        return f"; choose one of {', '.join(PRESETS)}"
    if "precision" in given:
        return "; say precision = ... in the class, or let its constructor take it"
    return "; --option NAME=VALUE gives the constructor what it takes, and nothing else does"


def misspelt(implementation: Any) -> list[str]:
    """Methods that are no calls of the contract, and look like one that is not offered."""
    kind = implementation if inspect.isclass(implementation) else type(implementation)
    own = {name: value for base in kind.__mro__ for name, value in vars(base).items()}
    others = [name for name, value in own.items() if name not in CAPABILITIES and callable(value)]
    missing = [name for name in CAPABILITIES if name not in capabilities(implementation)]
    near = {name: get_close_matches(name, others, n=1, cutoff=NEAR) for name in missing}
    return [
        f"it has {found[0]}, and no {name}, as the contract says"
        for name, found in near.items()
        if found
    ]
