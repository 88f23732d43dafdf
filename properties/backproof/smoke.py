"""Is the adapter alive? One call of each capability on a small case."""

from typing import NamedTuple

from hypothesis import HealthCheck, Phase, find, settings

from backproof.cases import Case, OutOfScope, networks
from backproof.contract import NotSupported
from backproof.process import Died
from backproof.run import keep_out_of_the_users_folder
from backproof.subject import Subject, SubjectError
from refnet.optimizers import Optimizer


class Sign(NamedTuple):
    """Whether a capability answered, and in what words."""

    capability: str
    alive: bool
    words: str


def smoke(subject: Subject) -> list[Sign]:
    """One call for each capability that the subject offers.

    Raises: OutOfScope when no case lies in the scope.
    """
    case = _case(subject)
    return [_sign(subject, capability, case) for capability in subject.capabilities]


def _case(subject: Subject) -> Case:
    """A small case in general position, with a hidden layer where the scope has one."""
    keep_out_of_the_users_folder()
    deep = subject.scope.hidden_layers[1] != 0
    recipe = networks(hidden_layers=(1, None) if deep else (0, 0), plain=True)
    try:
        drawn = recipe.strategy(subject.scope, subject.precision, ("general position",))
    except OutOfScope:
        drawn = networks().strategy(subject.scope, subject.precision, ("general position",))
    explicit = settings(
        database=None, deadline=None, phases=(Phase.generate,), suppress_health_check=HealthCheck
    )
    return find(drawn, lambda case: True, settings=explicit)


def _sign(subject: Subject, capability: str, case: Case) -> Sign:
    try:
        words = _asked(subject, capability, case)
    except (NotSupported, SubjectError, Died) as reason:
        return Sign(capability, False, str(reason))
    return Sign(capability, True, words)


def _asked(subject: Subject, capability: str, case: Case) -> str:
    """Ask once; what came back, in words."""
    scope = subject.scope
    if capability == "forward_training":
        return f"{subject.forward_training(case, 0).shape}"
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
