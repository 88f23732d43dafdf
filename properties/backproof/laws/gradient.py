"""The gradient: the derivative of the loss, and what symmetry makes of it."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from backproof.cases.case import Case, Direction
from backproof.cases.dyadic import IntegerNetworks
from backproof.cases.integers import IntegerCase
from backproof.cases.networks import Networks, directions, networks
from backproof.contract import NotSupported
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.backpropagation import trace
from refnet.functions.activations import names_where
from refnet.rounding.arithmetic import plain
from refnet.training.optimizers import Optimizer


@law(needs="gradient", case=networks(mixed=True))
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
    for place, (weights, biases) in enumerate(subject.gradient(case)):
        near(weights.value, weights.expected, weights.radius, what=f"gradient[{place}].weights")
        near(biases.value, biases.expected, biases.radius, what=f"gradient[{place}].biases")


@law(
    needs="gradient",
    also=("train",),
    case=networks(hidden_layers=(1, None), hidden_widths=(2, None), mixed=True),
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
    gradient = subject.gradient(tied)
    for place in range(case.architecture.hidden_layers):
        units = (gradient[place].weights, gradient[place].biases, gradient[place + 1].weights)
        for what, answer, axis in zip(_PARTS, units, (-1, -1, 0), strict=True):
            _alike(answer, axis, f"{what} of layer {place}, by unit")
    if subject.offers("train") and "gradient_descent" in subject.scope.optimizers:
        _one_step(subject, tied)


_PARTS = ("incoming weights", "bias", "outgoing weights")


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


def _alike(answer: Answer, axis: int, what: str) -> None:
    """All units have the value of the first one, along the axis of the units.

    Where both lie outside their balls it is not rounding that moves them, and nothing says how far
    apart they may be: that is for the law on the derivative to judge.
    """
    ball = (answer.value, answer.expected, answer.radius)
    value, expected, radius = (np.moveaxis(x, axis, 0) for x in ball)
    with np.errstate(invalid="ignore"):
        astray = ~(np.abs(value - expected) <= radius)
    allowed = np.where(astray & astray[:1], np.inf, radius + radius[:1])
    scale = np.abs(value) + np.abs(value[:1])
    near(value, value[:1], allowed, scale=scale, what=what)


def _one_step(subject: Subject, tied: Case) -> None:
    step = subject.train(tied, Optimizer("gradient_descent", learning_rate=0.5))
    for place in range(tied.architecture.hidden_layers):
        units = (step[place].weights, step[place].biases, step[place + 1].weights)
        for what, answer, axis in zip(_PARTS, units, (-1, -1, 0), strict=True):
            _alike(answer, axis, f"{what} of layer {place} after a step, by unit")


Mask = NDArray[np.bool_]

LEVELS = {53: 14, 24: 8}
"""How often a step is halved, by the digits of the precision."""


@law(
    needs=("loss", "gradient"),
    case=networks(grid=12, mixed=True),
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
    if not subject.conventions.loss_includes_penalty:
        case = case.without_penalty()
    v = direction.at(case.parameters)
    largest = 2.0 ** -math.ceil(math.log2(_norm(v)))
    steps = np.ldexp(largest, -np.arange(levels))
    slope, size, rounding = _slope(subject.gradient(case), v)
    what = "gradient . v, against the quotients of the subject's own loss"
    factor = subject.conventions.gradient_factor
    steps = steps[_first_smooth(subject, case, v, steps) :]
    if len(steps) < 4:
        near(slope, slope, np.inf, what=what)  # too close to a kink: not judged
        return
    limit, uncertain = _richardson(subject, case, v, steps)
    near(slope, factor * limit, factor * uncertain + rounding, scale=size, what=what)


def _norm(v: Parameters) -> float:
    return math.sqrt(sum(float(np.sum(x * x)) for layer in v for x in layer))


def _slope(gradient: list[Layer[Answer]], v: Parameters) -> tuple[float, float, float]:
    """Gradient . v, the sum of its terms' magnitudes, and its radius."""
    pairs = [(a, d) for g, p in zip(gradient, v, strict=True) for a, d in zip(g, p, strict=True)]
    slope = sum(float(np.sum(a.value * d)) for a, d in pairs)
    size = sum(float(np.sum(np.abs(a.value * d))) for a, d in pairs)
    return slope, size, sum(float(np.sum(a.radius * np.abs(d))) for a, d in pairs)


def _moved(parameters: Parameters, v: Parameters, step: float) -> Parameters:
    return [
        Layer(p.weights + step * d.weights, p.biases + step * d.biases)
        for p, d in zip(parameters, v, strict=True)
    ]


def _richardson(subject: Subject, case: Case, v: Parameters, steps: Array) -> tuple[float, float]:
    """The limit of the difference quotients, and how far it may be off.

    D_k = (F(w + h_k v) - F(w - h_k v)) / 2 h_k, R_k = (4 D_{k+1} - D_k) / 3. Each loss errs by at
    most eps, so that R_k errs by 3 eps / h_k; what Richardson leaves is judged by its neighbours
    and by all finer levels.
    """
    ends = [[subject.loss(case.with_parameters(_moved(case.parameters, v, s * h)))
             for s in (1, -1)] for h in steps]  # fmt: skip
    eps = max(float(ends[0][0].radius), float(ends[0][1].radius))
    eps = max(eps, float(balls.loss(case.problem(subject.conventions), subject.precision).radius))
    if not math.isfinite(eps):
        return 0.0, math.inf
    quotients = np.array([float(up.value - down.value) for up, down in ends]) / (2 * steps)
    limits = (4 * quotients[1:] - quotients[:-1]) / 3
    noise = 3 * eps / steps[:-1]
    best = (float(limits[-1]), math.inf)
    for k in range(2, len(limits)):
        finer = np.abs(limits[k + 1 :] - limits[k]) - noise[k + 1 :]
        left = max(
            abs(limits[k] - limits[k - 1]),
            abs(limits[k - 1] - limits[k - 2]) / 16,
            float(np.max(finer, initial=0.0)),
        )
        if left + noise[k] < best[1]:
            best = (float(limits[k]), float(left + noise[k]))
    return best


KINKED = names_where(lambda facts: facts.kinked)


def _first_smooth(subject: Subject, case: Case, v: Parameters, steps: Array) -> int:
    """The first step from which on every step is short, and stays on one side of every kink.

    A kink is a zero of a ReLU's argument, Huber's threshold, or the probability at which a loss is
    clipped; the centre itself must be further from it than rounding reaches.
    """
    at = np.array([0.0, *(s * h for h in steps for s in (1, -1, 0.75, -0.75))])
    stack = [
        Layer(
            p.weights + at[:, None, None] * d.weights,
            p.biases + at[:, None] * d.biases,
        )
        for p, d in zip(case.parameters, v, strict=True)
    ]
    c = subject.conventions
    traced = trace(plain, case.architecture, stack, case.inputs, c)
    centre = balls.logits(case.architecture, case.parameters, case.inputs, subject.precision, c)
    same = np.ones(len(steps), dtype=bool)
    for place, step in enumerate(traced):
        moved = np.max(np.abs(step.logits[1:] - step.logits[0]), axis=(-2, -1)).reshape(-1, 4)
        same &= np.all(moved <= 1, axis=1)  # an activation may bend within less than a unit
        for side, far in _sides(
            case, subject, place, step.logits, np.asarray(centre[place].radius)
        ):
            if not np.all(far[0]):
                return len(steps)
            unchanged = np.all(side == side[0], axis=(-2, -1))[1:].reshape(-1, 4)
            same &= np.all(unchanged, axis=1)
    crossed = np.flatnonzero(~same)
    return int(crossed[-1]) + 1 if len(crossed) else 0


def _sides(
    case: Case, subject: Subject, place: int, z: Array, radius: Array
) -> list[tuple[Mask, Mask]]:
    """On which side of its kinks each logit lies, and whether it is far from them."""
    a: Architecture = case.architecture
    if place < a.hidden_layers:
        kinked = a.activations[place] in KINKED
        return [(z > 0, np.abs(z) > radius)] if kinked else []
    if a.loss == "huber":
        beyond = np.abs(z - case.targets) - a.delta
        return [(beyond > 0, np.abs(beyond) > radius)]
    clip = subject.conventions.probability_clip
    if a.loss == "cross_entropy" and clip:
        limit = -math.log(clip) - 2
        lost = np.abs(z)  # at least -log of either probability, less log 2
        if a.output == "softmax":
            lost = special.logsumexp(z, axis=-1, keepdims=True) - z
        return [(lost > limit, lost < limit)]
    return []


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
    expected = case.gradient(subject.conventions)
    for place, (weights, biases) in enumerate(subject.gradient(case)):
        near(weights.value, expected[place].weights, 0, what=f"gradient[{place}].weights")
        near(biases.value, expected[place].biases, 0, what=f"gradient[{place}].biases")


@law(needs="gradient", case=networks(hidden_layers=(1, None), plain=True, mixed=True))
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
    _vanish(subject.gradient(silent)[:-1], "below zero output weights")


def _vanish(layers: list[Layer[Answer]], where: str) -> None:
    """All entries are exactly 0, as far as they have a bound."""
    for place, layer in enumerate(layers):
        for part, answer in zip(Layer._fields, layer, strict=True):
            allowed = np.where(np.isfinite(answer.radius), 0.0, np.inf)
            near(answer.value, 0.0, allowed, what=f"gradient[{place}].{part} {where}")


ZERO_AT_ZERO = names_where(lambda facts: facts.zero_at_zero)


@law(needs="gradient", case=Networks((1, None), activations=ZERO_AT_ZERO, plain=True))
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
    _vanish(hidden, "of an all-zero network")
    near(weights.value, 0.0, weights.radius, np.abs(biases.expected), what="output weights")
    near(biases.value, biases.expected, biases.radius, what="output biases")
