"""Training, step by step: each step is the published recurrence."""

from dataclasses import replace

import numpy as np

from backproof.cases.case import Case
from backproof.cases.networks import networks
from backproof.cases.offered import epochs, learning_rates
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.laws.verbs.convexity import Convex, distance, length
from backproof.laws.verbs.trajectories import near_step, overflowed, values
from backproof.subjects.answers import Answer, parts
from backproof.subjects.subject import Subject
from refnet.architecture import Architecture, Layer, Parameters
from refnet.functions.activations import names_where
from refnet.rounding.arithmetic import Ball
from refnet.training.optimizers import Optimizer
from refnet.training.training import trained_balls


@law(
    needs="train",
    case=networks(),
    rate=learning_rates("gradient_descent"),
)
def gradient_descent_subtracts_the_rate_times_the_gradient(
    subject: Subject, case: Case, rate: float
) -> None:
    """A step of gradient descent is w - rate * gradient, for every weight and bias.

    For all networks, data and learning rates: for the first step, for another one from where the
    subject has arrived, and for two epochs in one call.

    Why:       the definition. All parameters move at once, each by the gradient where the step
               began; plain gradient descent remembers nothing, so that two epochs are two steps.
    Tolerance: rate times the ball of the gradient, plus the rounding of the product and of the
               difference; the learning rate may be rounded to the precision. For two epochs the
               ball of the first step goes through the second.
    Catches:   momentum left on, a learning rate that decays, clipped gradients, layers that are
               updated one after the other, a gradient without its penalty.
    Source:    Cauchy, Comptes rendus 25 (1847) 536-538.
    """
    descent = Optimizer("gradient_descent", learning_rate=rate)
    first = subject.train(case, descent)
    _near_steps(case, first, "after a step")
    if not overflowed(first) and not subject.scope.frozen:
        arrived = case.with_parameters(values(subject, first))
        _near_steps(arrived, subject.train(arrived, descent), "after another step")
    _near_steps(case, subject.train(case, descent, epochs=2), "after two epochs")


def _near_steps(start: Case, trained: list[Layer[Answer]], when: str) -> None:
    before = parts(start.architecture, "parameters", start.parameters)
    after = parts(start.architecture, "parameters", trained)
    for (what, begun), (_, answer) in zip(before, after, strict=True):
        near_step(answer, answer.ball, begun, f"{what} {when}")


ZERO_AT_ZERO = names_where(lambda facts: facts.zero_at_zero)


@law(
    needs="train",
    case=networks(
        hidden_layers=(1, None),
        activations=ZERO_AT_ZERO,
        heads=(("sigmoid", "cross_entropy"), ("softmax", "cross_entropy")),
        biases=True,
        moves=True,
    ),
    rate=learning_rates("gradient_descent", (1.0, 0.5, 0.125, 0.1)),
    epochs=epochs(),
)
def a_zero_network_learns_only_the_base_rate(
    subject: Subject, case: Case, rate: float, epochs: int
) -> None:
    """Gradient descent from zero moves the biases of the output, and nothing else, for ever.

    For all hidden layers of units with f(0) = 0, such as tanh and ReLU, all inputs and targets:
    weights and hidden biases stay 0, and the biases of the output move as in a network without
    inputs: where every class occurs, towards the base rate for each rate below 8 of a sigmoid and
    below 4 of a softmax.

    Why:       every hidden unit gives 0, so the gradient of the outgoing weights is 0; these are
               0, so nothing flows back to the weights before them. What is left is the bias, whose
               gradient p - mean(y) is 0 at the base rate.
    Tolerance: the ball of as many steps from zero. It is nothing but underflow where f(0) is
               exactly 0, since sums of products with 0 are exact; a tanh(0) that comes from
               exponentials may miss 0 by a rounding, and zero is a saddle, which it leaves. For the
               biases of the output, that of the network without inputs besides.
    Catches:   zero weights that are quietly replaced by random ones, noise in training, an update
               of the hidden layers that does not come from the loss.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4.
    """
    start = case.with_parameters(_zeros(case.architecture))
    trained = subject.train(start, Optimizer("gradient_descent", learning_rate=rate), epochs)
    *hidden, (weights, biases) = trained
    moved = np.max(np.abs(biases.expected))
    for place, layer in enumerate(hidden):
        for part, answer in zip(Layer._fields, layer, strict=True):
            _stays_zero(answer, moved, f"parameters[{place}].{part}")
    _stays_zero(weights, moved, "output weights")
    alone = _without_inputs(start, rate, epochs, subject)
    allowed = alone.radius + biases.radius
    near(biases, alone.value, allowed, what="output biases of a zero network")


def _stays_zero(answer: Answer, moved: float, what: str) -> None:
    """0 within the ball, which is small beside what the output biases have moved by."""
    near(answer, 0.0, answer.radius, scale=moved, what=f"{what} of a zero network")


def _zeros(architecture: Architecture) -> Parameters:
    return [Layer(np.zeros(shape), np.zeros(shape[1])) for shape in architecture.shapes]


def _without_inputs(case: Case, rate: float, epochs: int, subject: Subject) -> Ball:
    """The output biases after so many steps where every feature is 0."""
    a = case.architecture
    bare = replace(a, widths=(1, a.widths[-1]), activation="identity", dropout=0.0)
    nothing = np.zeros((len(case.inputs), 1))
    problem = subject.problem(
        replace(case, architecture=bare, parameters=_zeros(bare), inputs=nothing)
    )
    descent = Optimizer("gradient_descent", learning_rate=rate)
    return trained_balls(problem, descent, epochs, None, subject.precision)[0].biases


STEPS = 3


@law(
    needs="train",
    case=networks(
        hidden_layers=(0, 0),
        heads=(("sigmoid", "cross_entropy"), ("softmax", "cross_entropy")),
        plain=True,
        moves=True,
    ),
    rate=learning_rates("gradient_descent", (1.0, 0.5)),
)
def gradient_descent_on_a_convex_loss_nears_all_better_weights(
    subject: Subject, case: Case, rate: float
) -> None:
    """|w' - v|^2 <= |w - v|^2 - 2 rate (F(w') - F(v)), for a step from w to w' and any weights v.

    For logistic regression, binary and multinomial, on all data, and every rate up to 1 / L, with L
    the largest curvature. So k steps from 0 are |v|^2 / (2 rate k) behind any v at most. Where the
    classes can be separated, v may be as large as one likes: the loss falls to 0, and the weights
    grow for ever.

    Why:       F is convex, so F(v) >= F(w) + grad F(w) . (v - w), and it bends by L at most, so
               F(w') <= F(w) - rate/2 |grad F(w)|^2. The two together are the claim.
    Tolerance: the ball of the step, and the rounding of both sides, which the engine evaluates. For
               v the law takes a point far along the engine's own descent, and one twice as far out.
    Catches:   a step that is shorter than asked for, noise, a penalty that nobody has asked for.
    Source:    Nesterov, Introductory Lectures on Convex Optimization, 2004, section 2.1.5.
    """
    here = case.with_parameters(_zeros(case.architecture))
    convex = Convex(subject.problem(here), rate)
    for count in range(1, STEPS + 1):
        arrived = subject.train(here, convex.descent)
        if overflowed(arrived):
            return
        there = here.with_parameters(values(subject, arrived))
        error = length([part.radius for layer in arrived for part in layer])
        arrival = convex.at(there.parameters)
        for v in convex.better:
            before = distance(here.parameters, v.parameters) ** 2
            after = convex.after(arrival, v, error)
            at_most(after.value, before, after.radius, what=f"what is left after step {count}")
        here = there
