"""Everything that a subject can be asked of a case, and calls that must leave no trace."""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from backproof.cases.case import Case
from backproof.contract import NotSupported
from backproof.subjects.answers import Answer, parts
from backproof.subjects.failures import SubjectError
from backproof.subjects.subject import Subject
from refnet.training.optimizers import Optimizer


def answers(subject: Subject, case: Case) -> dict[str, Answer]:
    """What each capability says of a case, as far as it says anything."""
    found = {"outputs": subject.forward(case)}
    with suppress(NotSupported):
        if subject.offers("hidden"):
            found |= {f"hidden[{i}]": layer for i, layer in enumerate(subject.hidden(case))}
    with suppress(NotSupported):
        if subject.offers("loss"):
            found["loss"] = subject.loss(case)
    with suppress(NotSupported):
        if subject.offers("gradient"):
            found |= parts(case.architecture, "gradient", subject.gradient(case))
    with suppress(NotSupported):
        if subject.offers("evaluate"):
            found["evaluate"] = subject.evaluate(case, batch_size=len(case.inputs))
    with suppress(NotSupported):
        found |= _trained(subject, case)
    return found


def _trained(subject: Subject, case: Case) -> dict[str, Answer]:
    """One step of training, with momentum if possible; without dropout, which is random."""
    names = [n for n in ("momentum", "gradient_descent") if n in subject.scope.optimizers]
    if not subject.offers("train") or not names or case.architecture.dropout:
        return {}
    momentum = 0.5 if names[0] == "momentum" else 0.0
    trained = subject.train(case, Optimizer(names[0], 0.5, momentum=momentum))
    return dict(parts(case.architecture, "train", trained))


def overflow(subject: Subject, case: Case) -> None:
    """Calls with the largest inputs that there are; whatever comes of them must not last."""
    huge = replace(case, inputs=np.full_like(case.inputs, subject.precision.largest))
    for ask in (subject.forward, subject.gradient):
        if subject.offers(ask.__name__):
            with suppress(NotSupported, SubjectError):
                ask(huge)


def leave_out_units(subject: Subject, case: Case) -> None:
    """A training pass with dropout, if there is one."""
    if subject.offers("forward_training"):
        with suppress(NotSupported):
            subject.forward_training(case, seed=0)
