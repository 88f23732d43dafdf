"""What is written down of one law: its row, with what was found."""

from typing import Any, Literal

import msgspec

from backproof.reports.limits import Limit
from backproof.reports.reach import Reach

Status = Literal[
    "holds", "broken", "error", "vacuous", "weak", "unsupported", "known", "stale", "unfinished",
    "internal",
]  # fmt: skip
STATUSES: tuple[Status, ...] = Status.__args__  # type: ignore[attr-defined]
FAILING: frozenset[Status] = frozenset({"broken", "error", "vacuous", "stale"})


class Sent(msgspec.Struct, kw_only=True):
    """Calls that were made with the same numbers, and these as literal values, by name.

    Of all but the first only what is different from there, or a whole other network.
    """

    calls: list[str] = []
    parts: dict[str, Any] = {}


class Finding(msgspec.Struct, kw_only=True):
    """What was found: a broken comparison, or an error of the subject, with the case that shows it.

    verb:      how it was compared: near, at_most or probable
    arguments: the smallest case that was drawn, as literal values
    calls:     what was asked of the subject, in order; sent: with which literal values
    case:      all of this as data in one line, of which a script is made; "" where it is too long
    before:    what the law rests on and is wrong at this very case: forward, hidden, loss, gradient
    special:   where else it fails and where not, and how what was given lies to what is expected
    hint:      the conventions or the precision in which all would hold that is broken
    clash:     what the law would hold under, and which law that holds would break
    slips:     the planted bugs that answer like the subject, the likeliest first
    """

    kind: str
    what: str
    verb: str = ""
    ratio: float | None = None
    observed: float | str | None = None
    expected: float | str | None = None
    allowed: float | None = None
    at: list[int] = []
    arguments: dict[str, Any] = {}
    calls: list[str] = []
    sent: list[Sent] = []
    case: str = ""
    detail: str = ""
    before: str = ""
    special: list[str] = []
    hint: str = ""
    clash: str = ""
    slips: list[str] = []

    def place(self) -> str:
        """What was compared, with the index of the entry."""
        return f"{self.what} at {self.at}" if self.at else self.what

    def sentence(self) -> str:
        """The finding in one line."""
        if self.ratio is None:
            return self.what
        return (
            f"{self.place()}: observed {self.observed!r}, expected {self.expected!r}, "
            f"allowed {self.allowed!r}, ratio {self.ratio:.3g}"
        )


class Row(msgspec.Struct, kw_only=True):
    """One law on one implementation.

    judged:         entries compared and judged; unbounded: those where any value is legal
    astray:         those in which the subject is compared with itself, and both answers are wrong
    power:          the share of all entries in which an error of 5 % would have been seen
    least_power:    the same for the head or activation, least_power_of, for which it is least
    median_allowed: the largest legal error as a share of the value, for half of the entries
    chance:         how probable it is, at most, that a correct implementation is broken by chance
    by_value:       what was compared with the engine or a theorem, not with the subject itself
    reach:          the sizes, heads and activations on which it was
    refused:        for which reason the subject cannot answer, and in how many examples
    limit:          how small a planted error a run like this one finds, where the law holds
    """

    law: str
    chapter: str
    needs: list[str]
    statement: str = ""
    status: Status = "unfinished"
    examples: int = 0
    judged: int = 0
    unbounded: int = 0
    astray: int = 0
    kinds: dict[str, int] = {}
    worst_ratio: float = 0.0
    power: float = 0.0
    least_power: float = 0.0
    least_power_of: str = ""
    median_allowed: float = 0.0
    chance: float = 0.0
    by_value: list[str] = []
    reach: Reach = msgspec.field(default_factory=Reach)
    seconds: float = 0.0
    reason: str | None = None
    findings: list[Finding] = []
    notes: list[str] = []
    refused: dict[str, int] = {}
    doc: str = ""
    limit: Limit | None = None

    @property
    def fails(self) -> bool:
        """Whether the run fails by it, by the subject's fault or by one of our own."""
        return self.status in FAILING or self.status == "internal"

    @property
    def compared_with_itself(self) -> bool:
        """Whether it is broken where two answers of the subject were compared."""
        return self.status == "broken" and not self.reach.rows
