"""What has broken a law before is put to it first, and taken out when it breaks it no more.

An example is kept as the arguments that were drawn, like a case that is saved. Hypothesis would
keep its choices, and these are another example as soon as anything is drawn in another way.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version

from backproof.cases.data import decode
from backproof.judging.kept import Kept
from backproof.judging.record import LARGEST
from backproof.judging.trial import Arguments, Trial
from backproof.reports.row import Finding

FOUND = "an earlier run has found this, and it was tried first"


@dataclass
class Earlier:
    """The examples of earlier runs for a trial; without a place there are none.

    notes: what there is to say of them
    found: the one that is being tried, or has failed
    """

    trial: Trial
    kept: Kept | None
    notes: list[str] = field(default_factory=list)
    found: bytes = b""

    def put_to(self, example: Callable[..., None]) -> None:
        """Judge each of them as one that is drawn, until the law fails.

        Raises: whatever tells that it does.
        """
        if self.kept is None:
            return
        mended = strange = 0
        try:
            for entry in self.kept.fetch(self.key, self.notes):
                self.found = entry
                arguments = self._read(entry)
                if arguments is None:
                    strange += 1
                else:
                    example(**arguments)
                    mended += 1
                    self.kept.delete(self.key, entry, self.notes)
            self.found = b""
        finally:
            self._say("break it no more, and are taken out", mended)
            self._say("cannot be read, and are passed over", strange)

    def _say(self, words: str, count: int) -> None:
        if count:
            self.notes.append(f"kept examples that {words}: {count}")

    def keep(self, findings: list[Finding]) -> None:
        """Keep the case of each finding, in place of the one that has led to it."""
        if self.kept is None:
            return
        entries = [_entry(finding.case) for finding in findings if finding.case]
        for entry in entries:
            self.kept.save(self.key, entry, self.notes)
        if self.found and entries:
            findings[0].special.append(FOUND)
            if self.found not in entries:
                self.kept.delete(self.key, self.found, self.notes)

    @property
    def key(self) -> bytes:
        """The law, and all that its examples are drawn from: no others are valid."""
        law, subject = self.trial.law, self.trial.subject
        recipes = re.sub(r" at 0x\w+", "", repr(law.recipes))
        declared = (subject.name, subject.scope, subject.precision, subject.conventions)
        drawn = sha256(repr((version("backproof"), recipes, declared)).encode()).hexdigest()
        return f"backproof {law.name} {drawn}".encode()

    def _read(self, entry: bytes) -> Arguments | None:
        """The arguments of an entry; None where it is none, or the law cannot be asked by it."""
        if len(entry) > LARGEST:
            return None
        try:
            arguments = {name: decode(data) for name, data in json.loads(entry).items()}
            with self.trial.uncounted():
                self.trial.failure(arguments)
        except Exception:  # whatever it is, the subject is not to blame
            return None
        return arguments


def _entry(case: str) -> bytes:
    """The arguments of a case as bytes."""
    return json.dumps(json.loads(case)["arguments"], sort_keys=True).encode()
