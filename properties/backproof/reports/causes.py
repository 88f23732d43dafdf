"""What is broken by its likely cause: a wrong loss breaks nine laws, and is one mistake.

A law is laid at the door of the first wrong value that its calls rest on, at the very case that
breaks it; what follows from there is named, and not told again.
"""

from collections.abc import Iterator

import msgspec

from backproof.reports.row import Finding, Row

WORDS = {
    "forward": "the outputs are wrong",
    "hidden": "the outputs are wrong",
    "loss": "the loss is wrong",
    "evaluate": "the loss in batches is wrong",
    "gradient": "the gradient is wrong",
    "train": "training is wrong",
    "fit": "the fit is wrong",
    "forward_training": "the outputs in training are wrong",
    "initialize": "the start is wrong",
}
"""What is said of a value that is wrong, the first values first."""

DOWNSTREAM = tuple(WORDS)

PLAIN_STEP = "gradient_descent"
"""Where its steps are wrong, those of every other optimizer are."""


class Cause(msgspec.Struct, kw_only=True):
    """A likely cause, and the laws that it breaks.

    shown:   the law whose case is nearest to the cause, and simplest
    alike:   the laws that are broken at the same value
    follows: those in which that value was wrong before: they are as expected
    """

    what: str
    shown: str
    alike: list[str] = []
    follows: list[str] = []

    @property
    def laws(self) -> list[str]:
        """All that it breaks."""
        return [self.shown, *self.alike, *self.follows]


def causes(laws: list[Row]) -> list[Cause]:
    """The likely causes of all that does not hold, the nearest to the input first."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in laws:
        if row.fails:
            groups.setdefault(_root(row), []).append(row)
    plain = next((root for root in groups if root[:2] == ("train", PLAIN_STEP)), None)
    for root in [root for root in groups if plain and root[0] == "train" and root != plain]:
        groups[plain or root] += groups.pop(root)
    return [_cause(root, rows) for root, rows in sorted(groups.items(), key=_place)]


def _place(group: tuple[tuple[str, ...], list[Row]]) -> int:
    """Values in the order in which they are made; then whatever has none."""
    first = group[0][0]
    return DOWNSTREAM.index(first) if first in DOWNSTREAM else len(DOWNSTREAM)


def _root(row: Row) -> tuple[str, ...]:
    """The value that is wrong first, with the optimizer of a step; of other faults the words."""
    finding = row.findings[0] if row.findings else None
    if finding is None or (row.status != "broken" and finding.expected is None):
        return row.status, row.reason or row.law
    root = finding.before or _latest(finding)
    if root == "train":
        return root, _optimizer(finding)
    apart = [row.law] if root in ("", "initialize") else []  # what is drawn is of its own sort
    return ("forward",) if root == "hidden" else (root, *apart)


def _latest(finding: Finding) -> str:
    """The value that was made last of those that were asked for."""
    asked = {call.partition("(")[0].rpartition(" ")[2] for call in finding.calls}
    return next((name for name in reversed(DOWNSTREAM) if name in asked), "")


def _optimizer(finding: Finding) -> str:
    calls = [call for sent in finding.sent for call in sent.calls if call.startswith("train(")]
    return calls[-1].removeprefix("train(").partition(",")[0] if calls else ""


def _cause(root: tuple[str, ...], rows: list[Row]) -> Cause:
    shown = min(rows, key=_nearness)
    others = [row for row in rows if row is not shown]
    follows = [row.law for row in others if row.findings and row.findings[0].before]
    return Cause(
        what=WORDS.get(root[0], rows[0].reason or root[0]),
        shown=shown.law,
        alike=[row.law for row in others if row.law not in follows],
        follows=follows,
    )


def _nearness(row: Row) -> tuple[bool, bool, int]:
    """How far a row is from the cause: it may follow, compare two answers, or take many numbers."""
    finding = row.findings[0] if row.findings else None
    before = bool(finding and finding.before)
    return before, row.compared_with_itself, sum(1 for _ in _numbers(finding)) if finding else 0


def _numbers(finding: Finding) -> Iterator[float]:
    """The numbers that were sent to show the finding."""
    waiting = [part for sent in finding.sent for part in sent.parts.values()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, float):
            yield one
