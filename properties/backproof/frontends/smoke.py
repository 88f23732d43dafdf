"""Is the adapter alive? One call of each capability on a small case."""

from typing import NamedTuple

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from backproof.cases.case import Case
from backproof.cases.networks import networks
from backproof.cases.recipe import OutOfScope
from backproof.contract import NotSupported
from backproof.judging.questions import out_of_the_users_folder
from backproof.subjects.failures import Died, SubjectError
from backproof.subjects.subject import Subject
from refnet.training.optimizers import Optimizer


class Sign(NamedTuple):
    """Whether a capability answers, refuses or fails, and in what words."""

    capability: str
    state: str
    words: str


def smoke(subject: Subject) -> list[Sign]:
    """One call for each capability that the subject offers, on the first case that it supports.

    Raises: OutOfScope when no case lies in the scope.
    """
    cases = _cases(subject)
    return [_sign(subject, capability, cases) for capability in subject.capabilities]


def _cases(subject: Subject) -> list[Case]:
    """Small cases in general position: with a hidden layer, and without."""
    explicit = settings(
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    found, reason = [], OutOfScope("the scope is empty")
    for hidden_layers in ((1, None), (0, 0)):
        recipe = networks(hidden_layers=hidden_layers, plain=True, kinds=("general position",))
        try:
            drawn = recipe.strategy(subject.scope, subject.precision, subject.conventions)
            with out_of_the_users_folder():
                found.append(_telling(drawn, explicit))
        except OutOfScope as lacking:
            reason = lacking
    if not found:
        raise reason
    return found


def _telling(drawn: SearchStrategy[Case], explicit: settings) -> Case:
    """A case in which a mixed-up axis shows, if there is one: sizes that differ, none of them 1."""

    def tells(case: Case) -> bool:
        sizes = (len(case.inputs), *case.architecture.widths[:-1])
        return len(set(sizes)) == len(sizes) and min(sizes) > 1

    try:
        return find(drawn, tells, settings=explicit)
    except NoSuchExample:
        return find(drawn, lambda case: True, settings=explicit)


def _sign(subject: Subject, capability: str, cases: list[Case]) -> Sign:
    sign = Sign(capability, "refuses", "")
    for case in cases:
        try:
            return Sign(capability, "answers", _asked(subject, capability, case))
        except NotSupported as reason:
            sign = Sign(capability, "refuses", str(reason))
        except (SubjectError, Died) as reason:
            return Sign(capability, "fails", str(reason))
    return sign


def _asked(subject: Subject, capability: str, case: Case) -> str:
    """Ask once; what came back, in words."""
    scope = subject.scope
    if capability == "forward_training":
        return f"{subject.forward_training(case, 0).value.shape}"
    if capability == "evaluate":
        return f"{float(subject.evaluate(case, 1).value):.6g}"
    if capability == "fit":
        return f"promises a gradient of {subject.fit(case).gradient_tolerance}"
    if capability == "initialize":
        if not scope.initializers:
            raise NotSupported("the scope names no initializers")
        return f"{len(subject.initialize(case, scope.initializers[0], 0))} layers"
    if capability == "train":
        if not scope.optimizers:
            raise NotSupported("the scope names no optimizers")
        return f"{len(subject.train(case, Optimizer(scope.optimizers[0], 0.5)))} layers"
    if capability == "loss":
        return f"{float(subject.loss(case).value):.6g}"
    if capability == "forward":
        return f"{subject.forward(case).value.shape}"
    return f"{len(getattr(subject, capability)(case))} layers"
