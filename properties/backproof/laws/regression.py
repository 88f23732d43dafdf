"""Regression: what squared error, and a loss that forgives outliers, make of a linear network."""

import numpy as np
import scipy

from backproof.cases.case import Case
from backproof.cases.logits import logits_of
from backproof.cases.regressions import Regression, Regressions
from backproof.cases.residuals import Residuals
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.least_squares import reach, rise, slope, stacked
from backproof.laws.verbs.minimisers import fitted, of_a_fit
from backproof.subjects.answers import parts
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.problem import gradient_share, loss_share
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import U64


@law(needs="forward", also=("loss", "gradient"), regression=Regressions())
def a_linear_network_with_squared_error_is_least_squares(
    subject: Subject, regression: Regression
) -> None:
    """A linear network with squared error is a linear regression: its best weights are known.

    For all inputs X, and targets X W + r with residuals that are orthogonal to X, X^T r = 0: the
    gradient at W is 0, and a step D from there raises the loss by c |X D|^2 / n. With a penalty
    l |W|^2 it is a ridge regression, and the same holds of data with c X^T r / n = l W.

    Why:       |r - X D|^2 = |r|^2 - 2 D^T X^T r + |X D|^2, and the term in the middle vanishes.
               This is the theorem of Pythagoras: of all X V it is X W that is nearest to the
               targets.
    Tolerance: the balls of outputs, gradient and losses. Weights, inputs and residuals are small
               whole numbers, so that the minimiser is known exactly, whether the columns of X are
               independent or not; what rounding to the precision adds is counted.
    Catches:   a residual with the wrong sign, an output that is squashed, a gradient that is a half
               or twice that of the loss, a penalty of another size in the gradient.
    Source:    Bishop, Pattern Recognition and Machine Learning, 2006, section 3.1.
    """
    case, there = regression.case, regression.elsewhere
    outputs = subject.forward(case)
    near(outputs, case.design @ stacked(case), outputs.radius, what="outputs")
    if subject.offers("gradient"):
        _sloped(subject, regression, case, 0 * regression.step, "at the best weights")
        _sloped(subject, regression, there, regression.step, "a step away")
    if subject.offers("loss") and not case.architecture.l2:
        least, more = subject.loss(case), subject.loss(there)
        risen, own = rise(subject, regression)
        size = np.abs(least.value) + np.abs(more.value)
        allowed = least.radius + more.radius + own + 2 * U64 * size
        near(more.value - least.value, risen, allowed, size, what="how much the loss rises")


def _sloped(subject: Subject, regression: Regression, at: Case, step: Array, where: str) -> None:
    """The gradient at a step D from the minimiser is H D."""
    found, size = slope(subject, regression, step)
    gradient = parts(at.architecture, "gradient", subject.gradient(at))
    features = at.inputs.shape[1]
    for (what, part), rows in zip(gradient, (slice(features), features), strict=False):
        allowed = part.radius + np.asarray(found.radius)[rows]
        near(part, found.value[rows], allowed, size[rows], what=f"{what} {where}")


@law(needs="fit", regression=Regressions())
def a_least_squares_fit_is_a_projection(subject: Subject, regression: Regression) -> None:
    """A fit by squared error ends at the outputs whose residuals are orthogonal to the inputs.

    For all inputs, also with dependent columns or fewer rows than weights, where the best weights
    are many and their outputs are one; with a penalty, at the outputs of the ridge regression.

    Why:       the loss is a parabola along every line. Where its gradient g is small the minimiser
               is close: with H its second derivative and D the step from there, g = H D, so that
               c_i |x_i D|^2 <= D^T H D = g . D for each row.
    Tolerance: the last inequality, with each entry of g as large as the fit's promise and the ball
               of the gradient allow. The minimiser is known exactly, by construction of the data.
    Catches:   an intercept that is forgotten or penalised, a penalty that is twice or half of what
               is declared, weights of rows that are ignored or squared, a fit that ends early.
    Source:    Bishop, Pattern Recognition and Machine Learning, 2006, section 3.1.2.
    """
    case, found = regression.case, fitted(subject, regression.case)
    here = case.design @ np.vstack(found.parameters[0])[: case.design.shape[1]]
    wanted = case.design @ stacked(case)
    outputs = of_a_fit(Ball(here, reach(subject, regression, found)))
    scale = np.sqrt(np.mean(wanted**2, axis=0))
    near(outputs, wanted, outputs.radius, scale=scale, what="outputs of the fitted model")


@law(needs="loss", also=("gradient",), case=Residuals())
def huber_is_squared_error_up_to_delta_and_linear_beyond(subject: Subject, case: Case) -> None:
    """Huber's loss is r^2 / 2 for residuals up to delta, and delta |r| - delta^2 / 2 beyond.

    For all residuals r, exactly at delta, one rounding beside it, and far away: its derivative is r
    itself, held back at delta and -delta, so that no row pulls harder than that.

    Why:       both pieces have the value delta^2 / 2 and the slope delta where they meet, so that
               loss and slope go on without a jump. The loss is the least of (r - s)^2 / 2 +
               delta |s| over all s: least squares, where a row may buy off a part s of its
               residual.
    Tolerance: the balls of loss and gradient; logits are exact, and residuals as the rounded
               targets have them. The expected loss is that of scipy.special.huber.
    Catches:   a forgotten delta^2 / 2, a slope that goes on beyond delta, a threshold of 1 whatever
               delta is, outliers on one side only, a slope that is (r - delta) + delta.
    Source:    Huber, Annals of Mathematical Statistics 35 (1964) 73-101.
    """
    residuals, delta = logits_of(case) - case.targets, case.architecture.delta
    problem, divided = subject.problem(case), subject.conventions_of(case).huber == "smooth_l1"
    unit = 1 / delta if divided else 1.0
    loss = subject.loss(case)
    expected = np.sum(scipy.special.huber(delta, residuals)) * unit * loss_share(problem).factor
    near(loss, expected, loss.radius, what="loss")
    if subject.offers("gradient") and case.architecture.biases:
        slopes = np.clip(residuals, -delta, delta) * unit * gradient_share(problem).factor
        biases = subject.gradient(case)[-1].biases
        scale = np.sum(np.abs(slopes), axis=0)
        near(biases, np.sum(slopes, axis=0), biases.radius, scale, what="gradient of the biases")
