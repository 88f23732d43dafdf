"""Where a fit may end: what its stop promises, and how far that is from the minimiser."""

from typing import NamedTuple

import numpy as np

from backproof.cases.case import Case
from backproof.contract import NotSupported
from backproof.reports.report import Finding
from backproof.subjects.answers import Answer
from backproof.subjects.failures import SubjectError
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.architecture import Array, Layer, Parameters
from refnet.logistic import newton
from refnet.logistic.certificate import certify
from refnet.problem import penalty_factor, row_scale
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import U64


class Fitted(NamedTuple):
    """Where a fit has ended.

    parameters: as the subject gave them
    tolerance:  the largest entry that the declared gradient may have there, in exact arithmetic
    gradient:   the declared gradient there, as balls
    """

    parameters: Parameters
    tolerance: float
    gradient: list[Layer[Ball]]

    @property
    def bound(self) -> float:
        """The largest entry that the declared gradient has, if the promise is kept."""
        radii = [np.max(part.radius) for layer in self.gradient for part in layer]
        return self.tolerance + float(max(radii))


def fitted(subject: Subject, case: Case) -> Fitted:
    """The subject's fit of a case, with the gradient there.

    The promise speaks of a mean; a declared sum is that many times larger.
    Raises: NotSupported where the subject promises nothing; SubjectError for nan and infinity.
    """
    parameters, tolerance = subject.fit(case)
    if not all(np.all(np.isfinite(part)) for layer in parameters for part in layer):
        raise SubjectError(Finding(kind="error", what="fit gave parameters that are not finite"))
    if tolerance is None:
        raise NotSupported("fit promises no gradient tolerance, so that every stop is legal")
    problem = case.with_parameters(parameters).problem(subject.conventions)
    unit = total_share(subject, case) if subject.conventions.reduction == "sum" else 1.0
    return Fitted(parameters, tolerance * unit, balls.gradient(problem, subject.precision))


def total_share(subject: Subject, case: Case) -> float:
    """The sum of the factors of all rows in the declared loss: 1 for a mean, n for a sum."""
    scale, _ = row_scale(case.problem(subject.conventions), 1.0)
    return float(np.sum(np.broadcast_to(scale, len(case.inputs))))


def of_a_fit(ball: Ball) -> Answer:
    """What is known of a fit, as an answer of the subject's."""
    return Answer(ball.value, lambda: ball, ("fit",))


def promised_logits(subject: Subject, case: Case, found: Fitted) -> Answer:
    """The logits of a fit, and how far from those of the minimiser its promise lets them be.

    |x_i (v - v*)| <= the certificate's radius for the largest gradient that keeps the promise.
    """
    scale = abs(subject.conventions.gradient_factor) * total_share(subject, case)
    weights = np.vstack(found.parameters[0])
    return of_a_fit(_logits(subject, case, weights, gradient_bound=found.bound / scale))


def best_logits(subject: Subject, case: Case) -> Ball:
    """The logits of the minimiser, from the engine's own fit and its certificate.

    Raises: NotSupported where there is no minimiser that float64 can find.
    """
    design, penalties = _design(case), _penalties(subject, case)
    try:
        own = newton.fit(design, case.targets, penalties, case.sample_weights)
    except ValueError as error:
        raise NotSupported(f"no minimiser: {error}") from None
    return _logits(subject, case, own.weights)


def _logits(
    subject: Subject, case: Case, weights: Array, gradient_bound: float | None = None
) -> Ball:
    """Logits, or for a softmax their differences to the last one, with their largest errors."""
    design, penalties = _design(case), _penalties(subject, case)
    known = (design, case.targets, weights, penalties, case.sample_weights, gradient_bound)
    z, size = design @ weights, np.abs(design) @ np.abs(weights)
    if z.shape[1] > 1:
        z, size = z[:, :-1] - z[:, -1:], size[:, :-1] + size[:, -1:]
    own = (design.shape[1] + 2) * U64 * size
    return Ball(z, own + certify(*known).logit_radii[:, None])


def _design(case: Case) -> Array:
    return np.append(case.inputs, np.ones((len(case.inputs), 1)), axis=1)


def _penalties(subject: Subject, case: Case) -> Array:
    """What half the squares of a feature's weights cost where the rows' factors add up to 1."""
    factor, _ = penalty_factor(case.problem(subject.conventions))
    penalties = np.full(case.inputs.shape[1] + 1, 2 * float(factor))
    penalties[-1] *= subject.conventions.penalty_on_biases
    return np.asarray(penalties / total_share(subject, case))
