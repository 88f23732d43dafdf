"""Fitting: what a stop promises, and how far from the minimiser it can be."""

import numpy as np

from backproof.cases.case import Case
from backproof.cases.datasets import Fits
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.laws.verbs.minimisers import (
    Fitted,
    best_logits,
    fitted,
    of_a_fit,
    promised_logits,
    total_share,
)
from backproof.subjects.answers import parts
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.architecture import Array, Layer
from refnet.rounding.arithmetic import Ball


@law(needs="fit", case=Fits())
def a_fit_stops_where_the_gradient_is_as_small_as_it_promises(subject: Subject, case: Case) -> None:
    """No entry of the gradient at the end of a fit exceeds the tolerance that the fit promises.

    For all logistic regressions, binary or multinomial, that have a minimiser: data that overlap,
    and any data with a penalty.

    Why:       a minimiser is where the gradient vanishes, and a gradient that is small in all its
               entries is what a stop can see of it. A loss that hardly falls any more, or a limit
               of steps, says nothing of the kind.
    Tolerance: the promise itself, plus the ball of the gradient: what the rounding of the
               subject's own check may have hidden.
    Catches:   a fit that ran out of steps and calls itself converged, a tolerance on the loss
               that is passed off as one on the gradient, a fit of another loss than the declared.
    Source:    Nocedal and Wright, Numerical Optimization, 2006, theorem 2.2.
    """
    found = fitted(subject, case)
    gradient = parts(case.architecture, "gradient", found.gradient)
    sizes = parts(case.architecture, "gradient", [_cancelling(subject, case, found)])
    for (what, ball), (_, scale) in zip(gradient, sizes, strict=True):
        size = of_a_fit(Ball(np.abs(ball.value), ball.radius))
        what = f"{what} where the fit stops"
        at_most(size, found.tolerance, size.radius, scale=scale, what=what)


def _cancelling(subject: Subject, case: Case, found: Fitted) -> Layer[Array]:
    """The sums of the magnitudes of the rows' terms, which cancel where the gradient is 0."""
    rows = subject.problem(case)
    outputs = balls.forward(rows.architecture, found.parameters, rows.inputs).value
    shares = np.ones(len(outputs)) if case.sample_weights is None else case.sample_weights
    shares = shares * (total_share(subject, case) / np.sum(shares))
    terms = np.abs(outputs - case.targets) * shares[:, None]
    return Layer(np.abs(case.inputs).T @ terms, np.sum(terms, axis=0))


@law(needs="fit", case=Fits())
def a_fit_ends_at_the_minimiser(subject: Subject, case: Case) -> None:
    """A logistic regression with one minimiser is fitted there, as closely as the fit promises.

    For all data that overlap and all data with a penalty, binary or multinomial: each logit
    differs from that of the minimiser by at most R = -log(1 - kappa), where kappa follows from the
    promised gradient and the Hessian.

    Why:       along a step that changes no logit by more than d the Hessian changes by factors
               between e^-d and e^d. So a gradient that is small beside the Hessian has the
               minimiser close by, and says how close.
    Tolerance: the certificate's radius for the largest gradient that the promise and rounding
               allow, plus the radius of the engine's own minimiser. Where kappa >= 1 nothing is
               known and nothing is judged.
    Catches:   a penalised intercept, a penalty that is twice or half the declared one, weights of
               rows that are ignored, an unfinished fit.
    Source:    Bach, Electronic Journal of Statistics 4 (2010) 384-414; Sun and Tran-Dinh,
               Mathematical Programming (2019), doi 10.1007/s10107-018-1282-4.
    """
    here = promised_logits(subject, case, fitted(subject, case))
    best = best_logits(subject, case)
    near(here, best.value, here.radius + best.radius, what="logits of the fitted model")
