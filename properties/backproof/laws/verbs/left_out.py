"""What a law leaves out: cases of which the subject promises nothing."""

import math

import numpy as np

from backproof.cases.case import Case
from backproof.cases.logits import range_of
from backproof.contract import NotSupported
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.problem import Problem


def unless_rounded_away(subject: Subject, case: Case, *logits: Array) -> None:
    """Nothing, where cross-entropy comes from logits, or no probability is below u or the clip.

    Raises: NotSupported otherwise.
    """
    c, logarithm = subject.conventions_of(case), case.architecture.loss == "cross_entropy"
    if not logarithm or (c.loss_from == "logits" and not c.probability_clip):
        return
    least = max(subject.precision.unit, c.probability_clip)
    limit = -math.log(least) - math.log(case.architecture.widths[-1] + 1)
    if any(np.max(range_of(case, z)) > limit for z in logits):
        raise NotSupported(
            "the loss is declared to be computed from rounded or clipped probabilities: "
            "it promises nothing for logits beyond log(1/u) or the clip"
        )


def canonical(problem: Problem) -> bool:
    """Whether a likelihood's derivative by the logits is outputs - targets, whatever is clipped."""
    return problem.conventions.clip_gradient == "ignored"


def unless_flat(c: Conventions, case: Case) -> None:
    """Nothing, where units in two pieces are monotone and bend enough for the weights above.

    Raises: NotSupported otherwise.
    """
    units = case.architecture.activations
    if "leaky_relu" in units and not 0 <= c.leaky_slope <= 0.5:
        raise NotSupported(f"leaky_slope={c.leaky_slope}: the law's weights are for 0 to 0.5")
    if "softplus" in units and c.softplus_threshold is not None:
        threshold = f"softplus_threshold={c.softplus_threshold}"
        raise NotSupported(f"{threshold}: softplus falls there, and the law is of monotone units")
    if "elu" in units and not 0 <= c.elu_alpha <= 2:
        raise NotSupported(f"elu_alpha={c.elu_alpha}: the law's weights are for 0 to 2")


def fed_back(subject: Subject, answer: Answer) -> Array:
    """What the subject has computed, as inputs of another network, which changes no bit of it.

    Raises: NotSupported where it cannot be given back exactly.
    """
    if not np.all(np.isfinite(answer.value)):
        raise NotSupported("activations overflow")
    if not np.array_equal(subject.precision.round(answer.value), answer.value):
        raise NotSupported("activations have more digits than the declared precision")
    return answer.value
