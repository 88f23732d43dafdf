"""The contract on the site, read from the source: what is declared there is what stands here.

`<!-- fields MODULE:NAME -->` becomes a table of a dataclass: default, choices, meaning.
`<!-- capabilities -->` becomes a table of the calls; `<!-- presets -->` one of the precisions;
`<!-- documented MODULE:NAME -->` the signature and the docstring of a function or a class, and
`<!-- api MODULE -->` those of all that a module offers; `<!-- commands -->` is the command line.
"""

import ast
import dataclasses
import importlib
import inspect
import math
import re
import shlex
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from plain import as_markdown, table

from backproof.__main__ import commands
from backproof.contract import CAPABILITIES, Implementation
from backproof.laws.catalogue import laws
from refnet.legal import rules
from refnet.rounding.precision import PRESETS

FIELDS = re.compile(r"^<!-- fields ([\w.]+):(\w+) -->$", re.MULTILINE)
DOCUMENTED = re.compile(r"^<!-- documented ([\w.]+):(\w+) -->$", re.MULTILINE)
API = re.compile(r"^<!-- api ([\w.]+) -->$", re.MULTILINE)
ENTRY = re.compile(r"^(\w+(?:, \w+)*): +(.*(?:\n +.*)*)", re.MULTILINE)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with its tables."""
    markdown = FIELDS.sub(lambda found: _fields(_found(*found.groups())), markdown)
    markdown = DOCUMENTED.sub(lambda found: _documented(_found(*found.groups())), markdown)
    markdown = API.sub(lambda found: _api(found[1]), markdown)
    made = {"commands": _commands, "capabilities": _capabilities, "presets": _presets}
    for name, text in made.items():
        if (mark := f"<!-- {name} -->") in markdown:
            markdown = markdown.replace(mark, text())
    return markdown


def _found(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _fields(made: Any) -> str:
    """A dataclass as a table; a field that its docstring leaves out stops the build."""
    meanings = _meanings(made)
    known = rules(made)
    rows = []
    for field in dataclasses.fields(made):
        if field.name == "name":
            continue
        if field.name not in meanings:
            raise PluginError(f"the docstring of {made.__name__} says nothing of {field.name}")
        words, legal = known[field.name]
        said = meanings[field.name] + (f"; {legal.rule}" if legal else "")
        listed = ", ".join(f"`{word}`" for word in words if isinstance(word, str))
        rows.append((f"`{field.name}`", _default(field), said + (f" ({listed})" if listed else "")))
    return table("field, default, meaning", rows)


def _meanings(made: Any) -> dict[str, str]:
    """What the aligned lines of a docstring say of each field; several lines may speak of one."""
    said: dict[str, list[str]] = {}
    for names, text in ENTRY.findall(inspect.getdoc(made) or ""):
        for name in names.split(", "):
            said.setdefault(name, []).append(as_markdown(" ".join(text.split())))
    return {name: "; ".join(parts) for name, parts in said.items()}


def _default(field: "dataclasses.Field[Any]") -> str:
    return "must be given" if field.default is dataclasses.MISSING else f"`{field.default!r}`"


def _documented(made: Any) -> str:
    text = inspect.getdoc(made) or ""
    return f"``` {{ .text .documented }}\n{_signature(made)}\n\n{text}\n```"


def _signature(made: Any) -> str:
    """The head of a function as it is written; of a class its name."""
    if inspect.isclass(made):
        return made.__name__
    (head,) = ast.parse(inspect.getsource(inspect.unwrap(made))).body
    assert isinstance(head, ast.FunctionDef)
    returned = f" -> {ast.unparse(head.returns)}" if head.returns else ""
    return f"{head.name}({ast.unparse(head.args)}){returned}"


def _api(module: str) -> str:
    """What a module offers, in the order of the alphabet."""
    offered = importlib.import_module(module)
    names = sorted(offered.__all__, key=str.lower)
    found = {name: getattr(offered, name) for name in names}
    return "\n\n".join(
        f"### {name}\n\n{_documented(made)}"
        for name, made in found.items()
        if inspect.isclass(made) or inspect.isfunction(inspect.unwrap(made))
    )


def _commands() -> str:
    """Each command: what it does, how it is called, what its words and options mean."""
    group: Any = typer.main.get_command(commands())
    return "\n\n".join(_command(name, one) for name, one in group.commands.items())


def _command(name: str, command: Any) -> str:
    words = " ".join(_typed(p) for p in command.params if p.param_type_name == "argument")
    rows = [(f"`{_typed(p)}`", _given(p), as_markdown(p.help)) for p in command.params]
    head = f"## {name}\n\n{command.help}\n\n``` text\nbackproof {name} [OPTIONS] {words}".rstrip()
    return f"{head}\n```\n\n{table('given, default, meaning', rows)}"


def _typed(parameter: Any) -> str:
    """An option as it is typed, or what stands for an argument."""
    if parameter.param_type_name == "option":
        return " ".join(parameter.opts)
    return str(parameter.metavar or parameter.name.upper())


def _given(parameter: Any) -> str:
    """What holds where it is not given; how often it may be."""
    if isinstance(parameter.show_default, str):
        shown = parameter.show_default
    elif parameter.required:
        shown = "must be given"
    elif parameter.default == math.inf:
        shown = "no limit"
    elif parameter.default is False or parameter.default in (None, ""):
        shown = "none"
    else:
        shown = f"`{shlex.quote(str(parameter.default))}`"
    return shown + "; may be repeated" * bool(parameter.multiple)


def _capabilities() -> str:
    """Each capability, what it answers, and how many laws ask for it."""
    text = " ".join((Implementation.__doc__ or "").split())
    starts = [text.index(f"{name}(") for name in CAPABILITIES]
    rows = []
    for name, start, end in zip(CAPABILITIES, starts, [*starts[1:], len(text)], strict=True):
        call, _, answer = text[start:end].strip().partition(" -> ")
        asked = [law for law in laws() if name in law.needs + law.also]
        links = ", ".join(f"[{law.name.replace('_', ' ')}]({law.page}.md)" for law in asked)
        rows.append((f"`{call}`", as_markdown(answer), links or "none yet"))
    return table("call, answer, laws", rows)


def _presets() -> str:
    heads = "unit, accumulation, input, underflow"
    rows = [
        (f"`{preset.name}`", *(_power(getattr(preset, head)) for head in heads.split(", ")))
        for preset in PRESETS.values()
    ]
    return table(f"name, {heads}", rows)


def _power(value: float) -> str:
    return f"$2^{{{round(math.log2(value))}}}$" if value else "0"
