"""Where a fit may end: what its stop promises, and how far that is from the minimiser."""

from typing import NamedTuple

import numpy as np

from backproof.cases.case import Case
from backproof.contract import NotSupported
from backproof.reports.row import Finding
from backproof.subjects.answers import Answer
from backproof.subjects.failures import SubjectError
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.architecture import Array, Layer, Parameters
from refnet.logistic import newton
from refnet.logistic.certificate import certify
from refnet.problem import gradient_reduction, gradient_share, penalty_factor
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
    problem = subject.problem(case.with_parameters(parameters))
    summed = gradient_reduction(problem.conventions) == "sum"
    unit = total_share(subject, case) / problem.conventions.loss_factor if summed else 1.0
    return Fitted(parameters, tolerance * unit, balls.gradient(problem, subject.precision))


def total_share(subject: Subject, case: Case) -> float:
    """The sum of the factors of all rows in the loss that is followed: 1 for a mean, n for a sum.

    Where loss and gradient have two reductions, a fit follows the gradient.
    """
    problem = subject.problem(case)
    factors = np.broadcast_to(gradient_share(problem).factor, len(case.inputs))
    return float(np.sum(factors)) / problem.conventions.gradient_factor


def of_a_fit(ball: Ball) -> Answer:
    """What is known of a fit, as an answer of the subject's."""
    return Answer(ball.value, lambda: ball, ("fit",))


def promised_logits(subject: Subject, case: Case, found: Fitted) -> Answer:
    """The logits of a fit, and how far from those of the minimiser its promise lets them be.

    |x_i (v - v*)| <= the certificate's radius for the largest gradient that keeps the promise.
    """
    scale = subject.conventions_of(case).gradient_factor * total_share(subject, case)
    weights = np.vstack(found.parameters[0])[: case.design.shape[1]]
    return of_a_fit(_logits(subject, case, weights, gradient_bound=found.bound / scale))


def best_logits(subject: Subject, case: Case) -> Ball:
    """The logits of the minimiser, from the engine's own fit and its certificate.

    Raises: NotSupported where there is no minimiser that float64 can find.
    """
    design, penalties = case.design, _penalties(subject, case)
    try:
        own = newton.fit(design, case.targets, penalties, case.sample_weights)
    except ValueError as error:
        raise NotSupported(f"no minimiser: {error}") from None
    return _logits(subject, case, own.weights)


def _logits(
    subject: Subject, case: Case, weights: Array, gradient_bound: float | None = None
) -> Ball:
    """Logits, or for a softmax their differences to the last one, with their largest errors."""
    design, penalties = case.design, _penalties(subject, case)
    known = (design, case.targets, weights, penalties, case.sample_weights, gradient_bound)
    z, size = design @ weights, np.abs(design) @ np.abs(weights)
    if z.shape[1] > 1:
        z, size = z[:, :-1] - z[:, -1:], size[:, :-1] + size[:, -1:]
    own = (design.shape[1] + 2) * U64 * size
    return Ball(z, own + certify(*known).logit_radii[:, None])


def _penalties(subject: Subject, case: Case) -> Array:
    """What half the squares of a feature's weights cost where the rows' factors add up to 1."""
    factor, _ = penalty_factor(subject.problem(case))
    penalties = np.full(case.design.shape[1], 2 * float(factor))
    penalties[case.inputs.shape[1] :] *= subject.conventions_of(case).penalty_on_biases
    return np.asarray(penalties / total_share(subject, case))
