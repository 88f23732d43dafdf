"""Is the adapter alive? One call of each capability on a small case."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from backproof.cases.case import Case
from backproof.cases.networks import Networks, networks
from backproof.cases.recipe import OutOfScope
from backproof.contract import CAPABILITIES, NotSupported
from backproof.judging.questions import ask
from backproof.laws.catalogue import laws
from backproof.subjects.failures import Died, SubjectError
from backproof.subjects.subject import Subject
from refnet.training.optimizers import Optimizer

DRAWN = 50
"""Cases of which the smallest are asked."""


class Sign(NamedTuple):
    """Whether a capability answers, refuses or fails, in what words, and where it fails."""

    capability: str
    state: str
    words: str
    detail: str = ""


def smoke(subject: Subject) -> Iterator[Sign]:
    """A call for each capability that the subject offers, made when the sign is asked for.

    Raises: OutOfScope when no case lies in the scope.
    """
    cases = _cases(subject)
    return (_sign(subject, capability, cases) for capability in subject.capabilities)


def following(subject: Subject) -> str:
    """The capability that would let most further laws be judged, and how many these are."""
    offered, found = set(subject.capabilities), laws()
    more = {
        capability: sum(set(law.needs) - offered == {capability} for law in found)
        for capability in CAPABILITIES
        if capability not in offered
    }
    best = max(more, key=lambda capability: more[capability], default="")
    judged = sum(set(law.needs) <= offered for law in found)
    asked = f"{judged} of {len(found)} laws can be asked"
    return asked + (f"; {best} would let {more[best]} more" if best and more[best] else "")


def _cases(subject: Subject) -> list[Case]:
    """The smallest case of each head in general position: with a hidden layer, then without."""
    found, reason = list[Case](), OutOfScope("the scope is empty")
    for hidden_layers in ((1, None), (0, 0)):
        recipe = networks(hidden_layers=hidden_layers, plain=True, kinds=("general position",))
        try:
            drawn = _drawn(recipe, subject)
        except OutOfScope as lacking:
            reason = lacking
        else:
            smallest = {case.architecture.head: case for case in sorted(drawn, key=_size)[::-1]}
            found += sorted(smallest.values(), key=_size)
    if not found:
        raise reason
    return found


def _drawn(recipe: Networks, subject: Subject) -> list[Case]:
    cases: list[Case] = []

    def keep(case: Case) -> None:
        cases.append(case)

    declared = (subject.scope, subject.precision, subject.conventions)
    ask(keep, {"case": recipe.strategy(*declared)}, examples=DRAWN, seed=0)
    return cases


def _size(case: Case) -> tuple[bool, int]:
    """Small cases first, after those in which a mixed-up axis shows: sizes that differ, above 1."""
    sizes = (len(case.inputs), *case.architecture.widths[:-1])
    return len(set(sizes)) < len(sizes) or min(sizes) == 1, sum(sizes)


def _sign(subject: Subject, capability: str, cases: list[Case]) -> Sign:
    sign = Sign(capability, "refuses", "")
    for case in cases:
        try:
            return Sign(capability, "answers", _asked(subject, capability, case))
        except NotSupported as reason:
            words = str(reason).removeprefix(f"{capability}: ")
            sign = Sign(capability, "refuses", words)
        except SubjectError as reason:
            return Sign(capability, "fails", str(reason), reason.finding.detail)
        except Died as reason:
            return Sign(capability, "fails", str(reason), reason.detail)
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
        return _layers(subject.initialize(case, scope.initializers[0], 0))
    if capability == "train":
        if not scope.optimizers:
            raise NotSupported("the scope names no optimizers")
        return _layers(subject.train(case, Optimizer(scope.optimizers[0], 0.5)))
    if capability == "loss":
        return f"{float(subject.loss(case).value):.6g}"
    if capability == "forward":
        return f"{subject.forward(case).value.shape}"
    return _layers(getattr(subject, capability)(case))


def _layers(found: list[Any]) -> str:
    """How many layers there are."""
    return f"{len(found)} layer{'s' if len(found) != 1 else ''}"
