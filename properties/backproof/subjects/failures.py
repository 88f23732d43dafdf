"""The ways in which a subject does not answer."""

from backproof.contract import NotSupported
from backproof.reports.row import Finding
from backproof.subjects.border import LINE, plain, plain_lines


class CannotLoad(Exception):  # noqa: N818 (it reads as a sentence: cannot load, because)
    """The subject cannot be judged; the message says why and the way out, the detail where."""

    def __init__(self, message: str, detail: str = "") -> None:
        self.message, self.detail = plain(message, 2 * LINE), plain_lines(detail)
        super().__init__(self.message, self.detail)

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.message, self.detail)))


class Refused(NotSupported):
    """The subject does not support the case; what a law itself leaves out is NotSupported."""


class SubjectError(Exception):
    """The subject raised, answered nonsense, or changed its arguments."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


class SubjectArithmeticError(SubjectError):
    """The subject raised what arithmetic raises; where any value is legal, that refuses the case.

    A network in plain Python has no infinity to give: math.exp raises in its place.
    """


class Died(KeyboardInterrupt):
    """The subject hung or crashed during a call.

    A KeyboardInterrupt, because Hypothesis lets only those pass at once: a subject that hangs is
    not asked again to make the example smaller.

    slow: whether it gave no answer in time, which a slow subject does too
    """

    def __init__(
        self, capability: str, message: str, detail: str = "", *, slow: bool = False
    ) -> None:
        self.capability, self.slow = capability, slow
        self.message = plain(message, 2 * LINE)
        self.detail = plain_lines(detail)
        super().__init__(self.message)
