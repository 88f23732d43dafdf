"""What is wrong before: a gradient is that of a loss, and a loss that of outputs.

Where a law fails on the gradient, the subject is asked for its outputs and its loss of the very
same network and data: if they are wrong there, the gradient may be the right one of a wrong loss.
"""

from typing import Any

import numpy as np

from backproof.cases.case import Case, KnownOf
from backproof.contract import NotSupported
from backproof.judging.trial import Arguments
from backproof.subjects.answers import Answer
from backproof.subjects.failures import SubjectError
from backproof.subjects.messages import Call, encode
from backproof.subjects.subject import Subject
from refnet.rounding.arithmetic import quiet

UPSTREAM: dict[str, tuple[str, ...]] = {
    "forward": (),
    "hidden": ("forward",),
    "loss": ("forward",),
    "evaluate": ("forward", "loss"),
    "gradient": ("forward", "hidden", "loss"),
    "train": ("forward", "hidden", "loss", "gradient"),
    "fit": ("forward", "loss", "gradient"),
    "forward_training": ("forward",),
    "initialize": (),
}
"""What each capability is made of, the first first."""

MOST_CASES = 4


def wrong_before(subject: Subject, arguments: Arguments, calls: list[Call]) -> str:
    """The first capability that answers wrongly where the law fails, and that its calls rest on.

    arguments, calls: of the example at which the law fails
    """
    asked = {call.capability for call in calls}
    cases = _cases(arguments, calls)[:MOST_CASES]
    for capability in UPSTREAM["train"]:  # which rests on all of them
        below = any(capability in UPSTREAM[name] for name in asked) and subject.offers(capability)
        if below and any(_astray(subject, capability, case) for case in cases):
            return capability
    return ""


def _cases(arguments: Arguments, calls: list[Call]) -> list[Case]:
    """The networks that were asked about, each once, where the arguments have a case to put in."""
    drawn = (a.case if isinstance(a, KnownOf) else a for a in arguments.values())
    case = next((a for a in drawn if isinstance(a, Case)), None)
    if case is None:
        return []
    asked = {
        encode([call.architecture, call.parameters, call.inputs]): Case(
            call.architecture,
            call.parameters,
            call.inputs,
            call.targets,
            case.space,
            call.sample_weights,
        )
        for call in calls
        if call.parameters is not None
    }
    return list(asked.values())


@quiet
def _astray(subject: Subject, capability: str, case: Case) -> bool:
    """Whether the answer lies outside its ball, or there is none for a fault of the subject's."""
    try:
        answers = getattr(subject, capability)(case)
    except SubjectError:
        return True
    except NotSupported:
        return False
    return any(bool(np.any(part.astray)) for part in _parts(answers))


def _parts(answers: Any) -> list[Answer]:
    """An answer, or those of a list or of layers of them."""
    return [answers] if isinstance(answers, Answer) else [p for a in answers for p in _parts(a)]
