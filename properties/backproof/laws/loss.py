"""The loss: a negative log-likelihood, and the shape of its landscape."""

import math
from dataclasses import replace

import numpy as np
import scipy

from backproof.cases.case import Case
from backproof.cases.likelihoods import expected_sum, log_likelihoods, outcomes_of
from backproof.cases.logits import Logits, cross_entropy, logits_of, probabilities
from backproof.cases.networks import networks
from backproof.cases.points import Labelled
from backproof.cases.segments import Segment, Segments, near_or_far, upwards
from backproof.cases.simplices import Simplices
from backproof.cases.xor import XorNetworks, XorRegressions, exchanged_and_halfway
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.laws.verbs.chords import chord_above, most_above
from backproof.laws.verbs.itself import alike
from backproof.laws.verbs.left_out import canonical, unless_flat, unless_rounded_away
from backproof.laws.verbs.likelihoods import loss_of
from backproof.laws.verbs.predictions import prediction
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet.problem import gradient_share, loss_share
from refnet.rounding.precision import U64

MODERATE = ("zeros", "small integers", "quarters")
CROSS_ENTROPY = (("sigmoid", "cross_entropy"), ("softmax", "cross_entropy"))


@law(needs="loss", case=networks(mixed=True, sweep=True, dropout=True))
def the_loss_is_the_mean_over_the_rows_plus_the_penalty(subject: Subject, case: Case) -> None:
    """F = mean over rows of the sum over outputs of the loss of each, plus l2/2 |W|^2.

    For all networks, heads, inputs, targets and sample weights, with the factors that are declared;
    where the scope has label smoothing, also with targets that are smoothed.

    Why:       the definition, read off the formula of the head.
    Tolerance: the ball of the loss: the rounding of the forward pass, times the slope of the loss,
               and the rounding of any stable formula and of any order of its sums.
    Catches:   a sum for a mean, a forgotten half, logarithms to another base, labels smoothed or
               probabilities moved away from 0 without a word, a penalty that is off.
    Source:    Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.3.
    """
    loss = subject.loss(case)
    near(loss, loss.expected, loss.radius, what="loss")


@law(needs="loss", also=("gradient",), case=Logits(CROSS_ENTROPY))
def saturated_logits_give_a_finite_loss(subject: Subject, case: Case) -> None:
    """However large the logits z, the loss is the finite log(1 + e^z) - y z, its derivative p - y.

    For all logits of a sigmoid up to 10,000 in size, and rows that mix them with small ones; for a
    softmax, log sum_k e^z_k - sum_k y_k z_k.

    Why:       log(1 + e^z) = max(z, 0) + log(1 + e^-|z|), and a softmax does not change when the
               largest logit of the row is subtracted from all: then nothing overflows, and no
               logarithm sees a probability that was rounded to 0.
    Tolerance: the balls of loss and gradient; the logits are exact. The expected values come from
               scipy.special (log_expit, logsumexp, expit, softmax). A loss that is declared to be
               computed from probabilities, or clipped, is judged up to |z| = log(1/u) or the clip.
    Catches:   log(p), log(p + 1e-7), a clipped p, exp without subtracting the maximum of the row,
               the maximum of the batch in its place.
    Source:    Blanchard, Higham, Higham, IMA J. Numer. Anal. 41 (2021).
    """
    z, y, problem = logits_of(case), case.targets, subject.problem(case)
    if subject.offers("gradient") and case.architecture.biases and canonical(problem):
        delta = (probabilities(case, z) - y) * float(gradient_share(problem).factor)
        biases = subject.gradient(case)[-1].biases
        expected, scale = np.sum(delta, axis=0), np.sum(np.abs(delta), axis=0)
        near(biases, expected, biases.radius, scale=scale, what="gradient of the biases")
    unless_rounded_away(subject, case, z)
    loss, share = subject.loss(case), float(loss_share(problem).factor)
    size = float(np.sum(np.abs(z) * (y if case.architecture.output == "softmax" else 1)))
    expected = cross_entropy(case, z) * share
    near(loss, expected, loss.radius, scale=expected + size * share, what="loss")


@law(
    needs="loss",
    segment=Segments(
        networks(hidden_layers=(0, 0), heads=CROSS_ENTROPY, plain=True, grid=4), near_or_far
    ),
)
def logistic_regression_has_a_convex_loss(subject: Subject, segment: Segment) -> None:
    """0 <= (F(a) + F(b)) / 2 - F((a + b) / 2) <= sum_i r_i^2 / 32n, without a hidden layer.

    For all parameters a and b, inputs, and targets of a (multinomial) logistic regression, with r_i
    the range of the changes of the logits of row i from a to b. The right side is at most
    L/8 |a - b|^2, with L a quarter, for a softmax a half, of the largest eigenvalue of X^T X / n,
    where X has the inputs and a column of ones for the bias.

    Why:       along the line from a to b the second derivative of the loss of a row is the variance
               of the changes of its logits under the probabilities p: at least 0, and at most a
               quarter of their range squared.
    Tolerance: the balls of the three losses. The parameters are multiples of 1/16, so that the
               midpoint is exact.
    Catches:   a surrogate that is not convex, a sigmoid applied twice, a loss of another scale.
    Source:    Boyd and Vandenberghe, Convex Optimization, 2004, section 3.1; Böhning, Annals of
               the Institute of Statistical Mathematics 44 (1992).
    """
    unless_rounded_away(subject, segment.case, *(logits_of(point) for point in segment.points))
    gap, allowed, size = chord_above(subject, segment)
    at_most(-gap, 0.0, allowed, scale=size, what="how far the chord is below the loss at midpoint")
    bound, error = most_above(subject, segment)
    at_most(gap, bound, allowed + error, what="how far the chord is above the loss at midpoint")


@law(
    needs="loss",
    segment=Segments(Logits((("sigmoid", "squared_error"),), MODERATE, MODERATE), upwards),
)
def squared_error_of_a_sigmoid_is_not_convex(subject: Subject, segment: Segment) -> None:
    """Squared error after a sigmoid bends down: F((a + b) / 2) > (F(a) + F(b)) / 2.

    For all rows with target 0 whose logits are 1 or more at a, and larger at b. With logits 1 and 9
    the midpoint lies above the chord by 0.109780 per output.

    Why:       the second derivative of s(z)^2 is 2 s^2 (1 - s) (2 - 3 s), with s = sigmoid(z), and
               negative where s > 2/3, that is z > log 2. Where the prediction is quite wrong the
               loss is flat, and this is why logistic regression is not fitted by least squares.
    Tolerance: the balls of the three losses; the logits are exact, and how far the loss bends down
               is computed by scipy.special.expit.
    Catches:   cross-entropy in place of squared error, a squared error of the logits, the factor.
    Source:    the second derivative above.
    """
    gap, allowed, _ = chord_above(subject, segment)
    at_a, at_b, between = (
        float(np.sum(scipy.special.expit(logits_of(point)) ** 2)) for point in segment.points
    )
    problem = subject.problem(segment.case)
    factor = float(loss_share(problem, problem.conventions.squared_error).factor)
    own = 16 * U64 * factor * (at_a + at_b + between)
    expected = factor * (between - (at_a + at_b) / 2)
    near(-gap, expected, allowed + own, what="how far the chord is below the loss at midpoint")


LEAST_TIED = 3 * math.log(3) - 2 * math.log(2)
"""min log(1 / (1 - p)) + 2 log(1 / p), at p = 2/3: what XOR costs a network of equal units."""


@law(needs="loss", xor=XorNetworks())
def a_hidden_layer_makes_the_loss_non_convex(subject: Subject, xor: Labelled) -> None:
    """With hidden units the mean of two solutions of XOR is worse than both, so F is not convex.

    For all networks of two monotone hidden units, exchanging the units changes nothing, and halfway
    to the exchanged network the cross-entropy of the four points of XOR is at least
    (3 log 3 - 2 log 2) / 4 = 0.4774 on the mean; explicit weights have less than 0.0002.

    Why:       halfway the two units are equal, so that the logit is a monotone function of one
               linear form; of the two diagonals of a square one reaches further both ways, so that
               a point with label 0 has a logit at least as large as both points with label 1, or
               the mirror image. Then the loss is at least min_z l(z, 0) + 2 l(z, 1).
    Tolerance: the balls of the losses. The parameters are multiples of 1/16, so that the midpoint
               is exact.
    Catches:   a hidden layer that is ignored or linear, units that are not treated alike.
    Source:    the proof above; for the exchange of units, Hecht-Nielsen, Advanced Neural Computers
               (1990) 129-135.
    """
    unless_flat(subject.conventions_of(xor.case), xor.case)
    exchanged, halfway = exchanged_and_halfway(xor.case)
    here, there = subject.loss(xor.case), subject.loss(exchanged)
    alike(there, here, what="loss with units exchanged")
    if xor.margin:
        _solved(subject, xor, here)
    tied = replace(xor, case=halfway, floor=LEAST_TIED)
    _not_below(subject, tied, subject.loss(halfway), "halfway to the exchanged network")


def _solved(subject: Subject, points: Labelled, loss: Answer) -> None:
    """The loss of no row exceeds e^-margin, or what a clip leaves of a loss of 0."""
    problem, rows = subject.problem(points.case), len(points.case.inputs)
    most = max(math.exp(-points.margin), -math.log1p(-problem.conventions.probability_clip))
    bound = most * rows * float(loss_share(problem).factor)
    at_most(loss, bound, loss.radius, what="loss of weights that solve it")


def _not_below(subject: Subject, points: Labelled, loss: Answer, what: str) -> None:
    """The losses of the rows add up to the floor, or one of them to as much as a clip leaves."""
    problem, floor = subject.problem(points.case), points.floor
    clip = problem.conventions.probability_clip
    floor = min(floor, -math.log(clip)) if clip else floor
    least = floor * float(loss_share(problem).factor)
    missing, words = least - float(loss.value), f"how far the loss {what} is below {least:.4f}"
    at_most(missing, 0.0, loss.radius, scale=least, what=words)


@law(needs="loss", also=("forward",), xor=XorRegressions())
def xor_needs_a_hidden_layer(subject: Subject, xor: Labelled) -> None:
    """No weights of a network without a hidden layer bring the mean loss of XOR below log 2.

    Nor do they put more than three of the four points on the right side. Explicit weights of two
    hidden units, of any kind that the scope has, solve XOR with a loss below 0.0002; and so does
    the network without a hidden layer when it is given the product x1 x2 as a third input.

    Why:       the margins m of the four points add up to 0, since both diagonals of a square have
               the same midpoint; log(1 + e^-m) >= log 2 - m / 2 adds up to 4 log 2. A hidden layer
               makes features in which a plane can separate what it could not.
    Tolerance: the balls of loss and outputs; a point counts as right where its output is further
               from 1/2 than its ball.
    Catches:   a hidden layer that is ignored or linear; a loss that leaves out the worst rows.
    Source:    Minsky and Papert, Perceptrons, 1969.
    """
    unless_flat(subject.conventions_of(xor.case), xor.case)
    _judge(subject, xor)


@law(needs="loss", also=("forward",), points=Simplices())
def a_unit_shatters_d_plus_one_points_and_never_d_plus_two(
    subject: Subject, points: Labelled
) -> None:
    """One unit in d dimensions can give d + 1 points any labels, but d + 2 points not all of them.

    For all d + 1 affinely independent points and all labels, explicit weights have every logit at 8
    on the right side. With one point more, x = sum_i c_i x_i, sum_i c_i = 1, and the labels that
    Radon's theorem names, every weight vector has a sum of losses of at least
    (1 + sum |c_i|) / max(1, |c_i|) log 2, which is at least 2 log 2, and a point on the wrong side.

    Why:       d + 1 equations in d + 1 unknowns can be solved. With d + 2 points the margins m_i
               fulfil sum |c_i| m_i = 0, the last point's included with |c| = 1, and
               log(1 + e^-m) >= log 2 - m / 2.
    Tolerance: the balls of loss and outputs; points and explicit weights are whole numbers.
    Catches:   a forgotten bias, which leaves d points; a loss that leaves out the worst rows.
    Source:    Radon, Mathematische Annalen 83 (1921); Vapnik and Chervonenkis, Theory of
               Probability and its Applications 16 (1971).
    """
    _judge(subject, points)


def _judge(subject: Subject, points: Labelled) -> None:
    """Points with a margin are solved with it; others are not, and their loss is bounded below."""
    case, loss = points.case, subject.loss(points.case)
    if points.margin:
        _solved(subject, points, loss)
    else:
        _not_below(subject, points, loss, "of points that no plane separates")
    if not subject.offers("forward"):
        return
    outputs = prediction(subject, case)
    if points.margin:
        off, bound = np.abs(outputs.value - case.targets), math.exp(-points.margin)
        at_most(off, bound, outputs.radius, what="distance of an output from its label")
    else:
        ahead = (2 * case.targets - 1) * (outputs.value - 0.5)
        right = np.count_nonzero(ahead > outputs.radius)
        at_most(right, len(case.inputs) - 1, 0.0, what="points on the right side")


LIKELIHOODS = (*CROSS_ENTROPY, ("exp", "poisson"), ("identity", "squared_error"))


@law(needs="loss", case=Logits(LIKELIHOODS, kinds=MODERATE, required=MODERATE))
def the_loss_is_a_negative_log_likelihood(subject: Subject, case: Case) -> None:
    """e^-loss is a probability: over all outcomes y of a row it adds up to 1.

    For Bernoulli, categorical and Poisson outcomes, at moderate logits; and losses differ as the
    log-likelihoods do, for c times the squared error those of a normal density with variance 1/2c.

    Why:       cross-entropy, Poisson loss and squared error are minus the logarithms of these
               probabilities, so that to minimise them is to maximise the targets' likelihood.
    Tolerance: the balls of the losses, less than 2^-40 for the Poisson distribution's tail by
               Chernoff's bound, and the rounding of the log-likelihoods, from scipy.special.
    Catches:   logarithms to another base, a wrong factor or constant, labels that are smoothed.
    Source:    McCullagh and Nelder, Generalized Linear Models, 1989, section 2.2.
    """
    z, outcomes = logits_of(case)[0], outcomes_of(case)
    unless_rounded_away(subject, case, logits_of(case))
    losses = [loss_of(subject, case, y) for y in outcomes]
    values, radii = (np.array([float(part[i]) for part in losses]) for i in (0, 1))
    likelihoods, errors = log_likelihoods(case, subject.conventions_of(case), z, outcomes)
    near(
        values - values[0],
        likelihoods[0] - likelihoods,
        radii + radii[0] + errors + errors[0],
        scale=np.abs(values) + np.abs(values[0]),
        what="loss of an outcome, less that of the first",
    )
    if case.architecture.loss != "squared_error":
        total, tail = expected_sum(case, z)
        allowed = np.sum(np.exp(-values) * np.expm1(radii + errors)) + tail
        near(np.sum(np.exp(-values)), total, allowed, what="sum of e^-loss over all outcomes")
