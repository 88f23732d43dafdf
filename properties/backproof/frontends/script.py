"""A counterexample as a Python script: literal arrays, the calls, and what was found.

It needs numpy and the subject; at its end is a comment with the same as data, for the law itself.
"""

import json
import os
import textwrap
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from backproof.cases.data import decode, known
from backproof.judging.law import Law
from backproof.laws.catalogue import by_name
from backproof.reports.report import Described, Report
from backproof.reports.row import Finding
from backproof.subjects.loading import BUILT_IN

MARK = "# backproof replay: "
"""Before the data, in the last line."""

LINES = ",\n    "

_HEAD = '''\
"""A case that breaks the law {law}.

{statement}

Run this file, and the implementation itself is asked; `backproof replay FILE` runs the law.
It was written by backproof {version}.
"""

import copy
import importlib.util
import os
import sys
from pathlib import Path

import numpy as np

from backproof import Architecture, Layer
from backproof.subjects.loading import load
from refnet.training.optimizers import Optimizer

inf, nan = np.inf, np.nan

'''

_FILE = """\
file = Path(__file__).resolve().parent / {file!r}
sys.path.insert(0, str(file.parent))
sys.dont_write_bytecode = True  # nothing is left beside the file
spec = importlib.util.spec_from_file_location(file.stem, file)
module = importlib.util.module_from_spec(spec)
sys.modules.setdefault(file.stem, module)
spec.loader.exec_module(module)
"""

_MODULE = """\
sys.path.append(str(Path(__file__).resolve().parent / {folder!r}))
module = importlib.import_module({module!r})
"""

_OWN = """\
os.chdir(Path(__file__).resolve().parent / {folder!r})
subject = load({words!r}, {precision!r}, {options!r})

"""

_SUBJECT = """\
subject = module.{name}
if isinstance(subject, type) or not hasattr(subject, {capability!r}):
    subject = subject({given})

"""

_ASK = '''
answers = []


def ask(capability, *given):
    """Ask the implementation, and show what it answers."""
    print(f"\\n{capability} answers")
    own = copy.deepcopy(given)
    answers.append(getattr(subject, capability)(*own))
    print(answers[-1])
    if repr(own) != repr(given):
        print("and it has changed what it was given")


'''

_COMPARED = """
print()
observed = {observed}  # {whence}
expected = {expected}  # {expectation}
allowed = {allowed}  # {allowance}
print("observed", observed)
print("expected", expected)
print("allowed ", allowed)
"""

_VERDICT = """\
legal = {legal}
print("legal" if legal else "broken")
sys.exit(not legal)
"""

_WHENCE = {
    True: "as it is answered now",
    False: "what the law made of the answers when it was judged; backproof replay makes it anew",
}

_LEGAL = {
    "near": "observed == expected or abs(observed - expected) <= allowed",
    "at_most": "observed <= expected + allowed",
    "probable": "observed >= expected",
}

_EXPECTATION = {
    "near": "the value by the law: of the engine, of a theorem, or of an answer above",
    "at_most": "the bound by the theorem",
    "probable": "how improbable it may be",
}


def scripts(report: Report, folder: Path) -> dict[str, str]:
    """The script of each law's first finding, for files in this folder; "" for a case too long.

    An object that was judged from Python cannot be named in a script.
    """
    laws, subject = by_name(), report.subject
    shown = {row.law: row.findings[0] for row in report.laws if row.findings and subject.subject}
    return {
        law: script(laws[law], finding, subject, folder) if finding.case else ""
        for law, finding in shown.items()
        if finding.arguments
    }


def script(law: Law, finding: Finding, subject: Described, folder: Path) -> str:
    """The script of a finding, for a file in this folder.

    The subject's file is named as seen from there, so that both can be moved together.
    """
    case, words = json.loads(finding.case), _seen_from(folder.resolve(), subject.subject)
    dtype, calls = case.pop("dtype"), case.pop("calls")
    statement = textwrap.fill(law.statement, 88)
    text = _HEAD.format(law=law.name, statement=statement, version=version("backproof"))
    here = os.path.relpath(os.getcwd(), folder.resolve())
    text += _loaded(words, subject.options, calls[0]["capability"] if calls else "", here)
    text += _asked(calls, dtype) + _compared(finding, case.pop("observed"))
    saved = {"backproof": version("backproof"), "subject": words, "options": subject.options}
    return f"{text}\n{MARK}{json.dumps(saved | case)}\n"


def moved(words: str, place: Callable[[str], str]) -> str:
    """The words for a subject with its file in another place; words without a file stay."""
    option, equals, rest = words.partition("=") if words.startswith("--") else ("", "", words)
    file, _, name = rest.rpartition(":")
    if option == "--command" or not file.endswith(".py"):
        return words
    return f"{option}{equals}{place(file)}:{name}"


def _seen_from(folder: Path, words: str) -> str:
    return moved(words, lambda file: Path(os.path.relpath(Path(file).resolve(), folder)).as_posix())


def _loaded(words: str, options: dict[str, str], capability: str, here: str) -> str:
    """The lines that load the subject; `here` is where modules and programs are looked for."""
    if words.startswith("--"):
        rest = {name: value for name, value in options.items() if name != "precision"}
        folder = here if words.startswith("--command") else "."
        return _OWN.format(
            words=words, folder=folder, precision=options.get("precision"), options=rest
        )
    module, _, name = BUILT_IN.get(words, (words, ""))[0].rpartition(":")
    given = ", ".join(f"{key}={value!r}" for key, value in options.items())
    found = _FILE if module.endswith(".py") else _MODULE
    lines = found.format(file=module, module=module, folder=here)
    return lines + _SUBJECT.format(name=name, given=given, capability=capability)


def _asked(calls: list[dict[str, Any]], dtype: str) -> str:
    """The lines that ask all calls; what several of them are given has one name."""
    named: dict[tuple[str, str], str] = {}
    asked = _ASK
    for call in calls:
        literals = [(name, _literal(value, dtype)) for name, value in call["given"].items()]
        given = [_named(one, named) if "(" in one[1] else one[1] for one in literals]
        asked += f"ask({', '.join([repr(call['capability']), *given])})\n"
    return "".join(f"{name} = {text}\n" for (_, text), name in named.items()) + asked


def _named(given: tuple[str, str], named: dict[tuple[str, str], str]) -> str:
    """The name of a value that an argument has; a second value has a number in its name."""
    if given not in named:
        values = 1 + sum(name == given[0] for name, _ in named)
        named[given] = given[0] if values == 1 else f"{given[0]}_{values}"
    return named[given]


def _literal(data: Any, dtype: str) -> str:
    """The data of an argument as Python."""
    if isinstance(data, list):
        inside = [_literal(item, dtype) for item in data]
        long = any("(" in text for text in inside)
        return f"[\n    {LINES.join(inside)},\n]" if long else f"[{', '.join(inside)}]"
    if not isinstance(data, dict):
        return repr(data)
    if "array" in data:
        shaped = np.array(decode(data["numbers"])).reshape(data["shape"]).tolist()
        return f"np.array({shaped}, dtype=np.{dtype})"
    if "type" in data:
        return f"{data['type']}({', '.join(_fields(data, dtype))})"
    return repr(decode(data))


def _fields(data: dict[str, Any], dtype: str) -> list[str]:
    """What an object was made of; without what it has unless told otherwise."""
    kind = known()[data["type"]]
    usual = {f.name: f.default for f in fields(kind)} if is_dataclass(kind) else {}
    given = {name: value for name, value in data.items() if name != "type"}
    return [
        f"{name}={_literal(value, dtype)}"
        for name, value in given.items()
        if usual.get(name, MISSING) is MISSING or value != usual[name]
    ]


def _compared(finding: Finding, place: list[Any] | None) -> str:
    """The lines that show what was found, and judge what is answered now."""
    if finding.ratio is None:
        return f"\nprint({finding.what!r})\n"
    observed = repr(finding.observed)
    if place is not None:
        call, *parts, at = place
        inside = f"answers[{call}]" + "".join(f"[{part}]" for part in parts)
        observed = f"float(np.asarray({inside}){list(at) if at else '[()]'})"
    compared = _COMPARED.format(
        observed=observed,
        whence=_WHENCE[place is not None],
        expected=repr(finding.expected),
        expectation=_EXPECTATION[finding.verb],
        allowed=repr(finding.allowed),
        allowance="the largest legal error, proved for this very case",
    )
    verdict = _VERDICT.format(legal=_LEGAL[finding.verb]) * (place is not None)
    return f"\nprint({finding.place()!r})" + compared + verdict
