"""The gradient: the derivative of the loss, and what symmetry makes of it."""

import math
from itertools import pairwise

import numpy as np

from backproof.cases.anything import directions, seeds
from backproof.cases.case import Case, Direction
from backproof.cases.dyadic import IntegerNetworks
from backproof.cases.integers import IntegerCase
from backproof.cases.networks import Networks, networks
from backproof.contract import NotSupported
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.differences import (
    first_smooth,
    gradient_over_derivative,
    norm,
    richardson,
    slope_along,
)
from backproof.laws.verbs.itself import alike
from backproof.laws.verbs.renumbering import orders_of, renumbered
from backproof.subjects.answers import Answer, parts
from backproof.subjects.subject import Subject
from refnet.architecture import Layer, Parameters
from refnet.functions.activations import names_where
from refnet.network import gradient
from refnet.problem import gradient_reduction
from refnet.training.optimizers import Optimizer


@law(needs="gradient", case=networks(mixed=True, sweep=True, dropout=True))
def the_gradient_is_the_derivative_of_the_loss(subject: Subject, case: Case) -> None:
    """Each entry of the gradient is the derivative of the loss by that weight or bias.

    For all networks, inputs and targets, within the rounding that backpropagation itself needs.

    Why:       the chain rule: each layer multiplies the signal that flows back by its weights and
               by the slope of its activation.
    Tolerance: the ball of backpropagation, a running bound on the rounding errors of any legal
               order of its sums; at a kink of ReLU both one-sided slopes are legal.
    Catches:   every mistake in backpropagation, down to a relative 1e-12 of one entry in float64.
    Source:    Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.3.
    """
    for what, answer in parts(case.architecture, "gradient", subject.gradient(case)):
        near(answer, answer.expected, answer.radius, what=what)


@law(
    needs="gradient",
    also=("train",),
    case=networks(hidden_layers=(1, None), hidden_widths=(2, None), mixed=True, moves=True),
)
def equal_initialisation_keeps_hidden_units_identical(subject: Subject, case: Case) -> None:
    """Hidden units that start equal get equal gradients, and so stay equal in a step.

    For all networks in which the units of each hidden layer have the same incoming weights, the
    same bias and the same outgoing weights, zero being one case, and for all inputs and targets.

    Why:       exchanging two equal units changes nothing, so the derivatives by their parameters
               are the same; a step of gradient descent subtracts the same from the same.
    Tolerance: the sum of the two units' balls: equal columns of a matrix product need not be equal
               in floating point, and over many steps the difference may grow, hence one step.
    Catches:   learning rates or dropout that differ between units, an index that is off by one.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4.
    """
    tied = case.with_parameters(_tied(case.parameters))
    _units_alike(case, subject.gradient(tied), "")
    trains = subject.offers("train") and "gradient_descent" in subject.scope.optimizers
    if trains and not case.architecture.dropout:  # which would drop other units of a pair
        step = subject.train(tied, Optimizer("gradient_descent", learning_rate=0.5))
        _units_alike(case, step, " after a step")


def _tied(parameters: Parameters) -> Parameters:
    """Every hidden unit like the first one of its layer."""
    tied = list(parameters)
    for place in range(len(parameters) - 1):
        weights, biases = tied[place]
        same = np.repeat(weights[:, :1], weights.shape[1], axis=1)
        tied[place] = Layer(same, np.full_like(biases, biases[0]))
        after = tied[place + 1]
        tied[place + 1] = Layer(np.repeat(after.weights[:1], len(after.weights), 0), after.biases)
    return tied


def _units_alike(case: Case, layers: list[Layer[Answer]], when: str) -> None:
    """What comes in, what is added and what goes out is the same for all units of a layer."""
    for place, (layer, after) in enumerate(pairwise(layers)):
        for part, unit, first in (
            ("incoming weights", layer.weights, layer.weights[:, :1]),
            ("bias", layer.biases, layer.biases[:1]),
            ("outgoing weights", after.weights, after.weights[:1]),
        ):
            if part != "bias" or case.architecture.biases:
                scale = np.abs(unit.value) + np.abs(first.value)
                alike(unit, first, scale=scale, what=f"{part} of layer {place}{when}")


SMOOTH = ("small integers", "general position", "large")
"""At zeros a ReLU is at its kink, where a difference quotient has no limit."""

LEVELS = {53: 14, 24: 8}
"""How often a step is halved, by the digits of the precision."""


@law(
    needs="gradient",
    also=("loss",),
    case=networks(hidden_layers=(1, None), hidden_widths=(2, None), mixed=True, moves=True),
    seed=seeds(),
)
def a_minimum_has_a_copy_for_every_order_of_the_hidden_units(
    subject: Subject, case: Case, seed: int
) -> None:
    """F(P theta) = F(theta), and the gradient at P theta is that at theta, renumbered likewise.

    For all networks, data and permutations P of the units of each hidden layer: where theta is a
    minimum, each of its h! copies is one, and as low.

    Why:       a renumbered network is the same function, and grad F(P theta) = P grad F(theta) by
               the chain rule, since P^T P = 1. So the gradient is 0 at both or at neither.
    Tolerance: the sum of the two balls, since sums over units are taken in another order.
    Catches:   a unit that learns by its number: a loop that ends too early, a rate or a mask of its
               own, a square matrix that is transposed on the way back.
    Source:    Hecht-Nielsen, Advanced Neural Computers (1990) 129-135.
    """
    orders = orders_of(case.architecture, seed)
    other = case.with_parameters(renumbered(case.parameters, orders))
    if subject.offers("loss"):
        alike(subject.loss(other), subject.loss(case), what="loss, units renumbered")
    expected = parts(case.architecture, "gradient", renumbered(subject.gradient(case), orders))
    found = parts(case.architecture, "gradient", subject.gradient(other))
    for (what, new), (_, old) in zip(found, expected, strict=True):
        alike(new, old, what=f"{what}, units renumbered")


@law(
    needs=("loss", "gradient"),
    case=networks(grid=12, mixed=True, required=SMOOTH),
    direction=directions(),
)
def gradients_match_finite_differences(subject: Subject, case: Case, direction: Direction) -> None:
    """The gradient along a direction is the limit of the difference quotients of the loss.

    For all networks and directions v: (F(w + h v) - F(w - h v)) / 2h tends to gradient . v as h
    tends to 0.

    Why:       the definition of the derivative. No engine is asked what the loss should be: the
               loss and the gradient of the subject must belong together.
    Tolerance: Richardson's extrapolation of the quotients, with an estimate of its error that all
               finer steps must confirm, plus what rounding in the loss leaves uncertain, plus the
               ball of the gradient. The points w + h v are exact. Steps that cross a kink of ReLU
               are not used. An estimate, not a proof; see the law on the derivative for that.
    Catches:   a loss and a gradient of different functions: a penalty in one of them, a mean here
               and a sum there.
    Source:    Ridders, Advances in Engineering Software 4 (1982) 75-76.
    """
    levels = LEVELS.get(subject.precision.digits)
    if levels is None:
        digits = subject.precision.digits
        raise NotSupported(f"finite differences of a loss with {digits} binary digits see nothing")
    c = subject.conventions_of(case)
    if not c.loss_includes_penalty or gradient_reduction(c) != c.reduction:
        case = case.without_penalty()
    v = direction.at(case)
    largest = 2.0 ** -math.ceil(math.log2(norm(v)))
    steps = np.ldexp(largest, -np.arange(levels))
    gradient = subject.gradient(case)
    slope, size, rounding = slope_along(gradient, v)
    what = "gradient . v, against the quotients of the subject's own loss"
    factor = gradient_over_derivative(subject.problem(case))
    steps = steps[first_smooth(subject, case, v, steps) :]
    if len(steps) < 4:
        near(slope, slope, np.inf, what=what)  # too close to a kink: not judged
        return
    limit, uncertain, wrong = richardson(subject, case, v, steps)
    astray = wrong and any(np.any(part.astray) for layer in gradient for part in layer)
    allowed = factor * uncertain + rounding
    near(slope, factor * limit, allowed, scale=size, what=what, astray=astray)


@law(needs="gradient", case=IntegerNetworks(backward=True))
def integer_networks_have_exact_gradients(subject: Subject, case: IntegerCase) -> None:
    """A network of small integers has exactly the gradient that integer arithmetic gives.

    For all networks of linear units or ReLU away from the kink, with squared error, 2^k rows, and
    integers so small that all sums of magnitudes, forward and back, stay below 2^p in p digits.

    Why:       every partial sum, in any order, is an integer of p digits times a power of two.
    Tolerance: none; the expected value is computed in integers.
    Catches:   every structural mistake in backpropagation in any precision, however low.
    Source:    IEEE Standard for Floating-Point Arithmetic, IEEE 754-2019.
    """
    exact = parts(case.architecture, "gradient", case.gradient(subject.conventions_of(case)))
    found = parts(case.architecture, "gradient", subject.gradient(case))
    for (what, answer), (_, expected) in zip(found, exact, strict=True):
        near(answer, expected, 0, what=what)


@law(needs="gradient", case=networks(hidden_layers=(1, None), plain=True, mixed=True, moves=True))
def a_zero_output_layer_sends_no_gradient_back(subject: Subject, case: Case) -> None:
    """Where the output weights are zero, the gradient of every hidden layer is exactly zero.

    For all networks without a penalty whose output weights are zero, all inputs and targets.

    Why:       all that flows back from the loss to the units is multiplied by these weights.
    Tolerance: none, since 0 times a finite number is 0; a slope that may overflow is not judged.
    Catches:   a signal sent back through other weights, such as those after the update; noise.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.5.
    """
    last = case.parameters[-1]
    silent = case.with_parameters([*case.parameters[:-1], Layer(0 * last.weights, last.biases)])
    loud = gradient(*subject.problem(case))[:-1]  # what the weights as drawn would send back
    _vanish(case, subject.gradient(silent)[:-1], loud, "below zero output weights")


def _vanish(case: Case, layers: list[Layer[Answer]], scales: Parameters, where: str) -> None:
    """All entries are exactly 0, as far as they have a bound; a scale has the same layers."""
    known = [Layer(*zip(*pair, strict=True)) for pair in zip(layers, scales, strict=True)]
    for what, (answer, scale) in parts(case.architecture, "gradient", known):
        allowed = np.where(np.isfinite(answer.radius), 0.0, np.inf)
        near(answer, 0.0, allowed, np.abs(scale), what=f"{what} {where}")


ZERO_AT_ZERO = names_where(lambda facts: facts.zero_at_zero)


@law(
    needs="gradient",
    case=Networks((1, None), activations=ZERO_AT_ZERO, plain=True, biases=True, moves=True),
)
def an_all_zero_network_learns_only_its_output_biases(subject: Subject, case: Case) -> None:
    """Where all parameters are zero, the gradient is zero but for that of the output biases.

    For all networks without a penalty whose units have f(0) = 0 (ReLU, tanh; not the sigmoid).

    Why:       the output weights meet units that are 0, and, being 0, send nothing back to them.
    Tolerance: none for the hidden layers. For the output layer the ball of backpropagation, since
               a tanh(0) that comes from exponentials may miss 0 by a rounding.
    Catches:   zero weights that are replaced by random ones, an activation that is off at 0.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4.
    """
    zeros = [Layer(0 * weights, 0 * biases) for weights, biases in case.parameters]
    *hidden, (weights, biases) = subject.gradient(case.with_parameters(zeros))
    _vanish(case, hidden, zeros[:-1], "of an all-zero network")
    near(weights, 0.0, weights.radius, np.abs(biases.expected), what="output weights")
    near(biases, biases.expected, biases.radius, what="output biases")
