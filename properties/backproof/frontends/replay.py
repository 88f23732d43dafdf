"""A saved counterexample, read from its script and put to its law again.

The script is not run: what is read is the comment at its end, and of its data the arguments that
were drawn. The subject that it names is loaded, as `check` would.
"""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from backproof.cases.data import decode
from backproof.frontends.script import MARK, moved
from backproof.judging.judge import Tally
from backproof.judging.judgement import Judgement
from backproof.judging.law import Law
from backproof.judging.settings import Settings
from backproof.judging.trial import Trial
from backproof.laws.catalogue import by_name
from backproof.reports.row import Finding
from backproof.subjects.failures import Died
from backproof.subjects.named import Named
from backproof.subjects.process import Limits

NONE = "this is no case that backproof check --save has written"


@dataclass(frozen=True)
class Case:
    """A law, the arguments that were drawn for it, and the subject with its options."""

    law: Law
    arguments: dict[str, Any]
    subject: str
    options: dict[str, str]

    def judgement(self, limits: Limits) -> Judgement:
        """The subject before the law, not loaded yet."""
        options = {**self.options}
        precision = options.pop("precision", None)
        return Judgement(Named(self.subject, precision, options, limits), [self.law], Settings())


def read(file: str) -> Case:
    """The case of a script.

    Raises: ValueError saying why there is none.
    """
    saved = _data(file)
    here, written = version("backproof"), saved.get("backproof")
    if written != here:
        words = f"it was written by backproof {written}, and this is {here}"
        raise ValueError(f"{words}: judge the subject again with --save")
    law = by_name().get(str(saved.get("law")))
    if law is None:
        raise ValueError(f"there is no law {saved.get('law')!r}; `backproof laws` lists them")
    try:
        arguments = {name: decode(data) for name, data in saved["arguments"].items()}
        subject, options = saved["subject"], dict(saved["options"])
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"{NONE}, or it was changed: {type(error).__name__}: {error}") from error
    if set(arguments) != set(law.recipes):
        raise ValueError(f"{law.name} takes {', '.join(law.recipes)}, not {', '.join(arguments)}")
    return Case(law, arguments, _from_here(subject, Path(file)), options)


def run(case: Case, judgement: Judgement) -> str:
    """Put the case to the law, and fill its row; why nothing was judged, if so.

    Raises: ValueError where its arguments are none that the law can have drawn.
    """
    trial, tally = Trial(case.law, judgement.subject), Tally()
    row = judgement.report.laws[0]
    try:
        failure = trial.failure(case.arguments, tally)
        finding = failure.finding if failure else None
    except Died as death:
        finding = Finding(kind="error", what=death.message, detail=death.detail)
    except Exception as error:
        raise ValueError(f"{NONE}, or it was changed: {type(error).__name__}: {error}") from error
    row.examples, row.judged = 1, tally.judged
    if finding is not None:
        row.status = "broken" if finding.kind == "broken" else "error"
        row.findings = [trial.shown(finding, case.arguments)]
        return ""
    if trial.left_out.reasons:
        return trial.left_out.sentence()
    return "" if tally.judged else "any value is legal there, or both answers are wrong"


def _data(file: str) -> dict[str, Any]:
    """What the last line says."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"{error.strerror}; check SUBJECT --save DIR writes one") from error
    except UnicodeDecodeError as error:
        raise ValueError(NONE) from error
    last = lines[-1] if lines else ""
    if not last.startswith(MARK):
        raise ValueError(f"{NONE}: its last line does not begin with {MARK.strip()!r}")
    try:
        data = json.loads(last.removeprefix(MARK))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{NONE}, or it was changed: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"{NONE}, or it was changed: its data are no mapping")
    return data


def _from_here(words: str, file: Path) -> str:
    """The words for the subject, whose file is named as seen from the script's folder."""
    return moved(words, lambda path: str((file.resolve().parent / path).resolve()))
