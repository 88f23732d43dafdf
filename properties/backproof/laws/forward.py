"""The forward pass: what the outputs are, whatever the batch and the order of the units."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backproof.cases.anything import Anything, seeds
from backproof.cases.case import Case
from backproof.cases.dyadic import IntegerNetworks
from backproof.cases.integers import IntegerCase
from backproof.cases.networks import networks
from backproof.cases.shifts import ShiftedLogits, SoftmaxLogits
from backproof.cases.turns import among
from backproof.contract import NotSupported
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.laws.verbs.itself import alike
from backproof.subjects.answers import Answer, parts
from backproof.subjects.failures import SubjectError
from backproof.subjects.subject import Subject
from refnet.architecture import Layer, Parameters
from refnet.training.optimizers import Optimizer

Order = NDArray[np.intp]


@law(needs="forward", also=("hidden",), case=networks(mixed=True, sweep=True))
def outputs_are_right_within_rounding(subject: Subject, case: Case) -> None:
    """The outputs are those of the formula, up to the rounding that every computer needs.

    For all networks and inputs: a_0 = x, a_l = activation(a_{l-1} W_l + b_l), and at the end the
    output activation; the activations of the hidden layers too, where they are offered.

    Why:       the definition of the network.
    Tolerance: the ball of the forward pass: (n + 1) u per sum of n products in any order, a few u
               per activation, each carried on by the layers that follow.
    Catches:   every mistake in the forward pass down to rounding: a forgotten bias, an activation
               that is nearly right, a layer computed in a lower precision than declared.
    Source:    Jeannerod and Rump, SIAM Journal on Matrix Analysis and Applications 34 (2013);
               Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.3.
    """
    outputs = subject.forward(case)
    near(outputs, outputs.expected, outputs.radius, what="outputs")
    if subject.offers("hidden"):
        for place, layer in enumerate(subject.hidden(case)):
            near(layer, layer.expected, layer.radius, what=f"hidden[{place}]")


@law(needs="forward", also=("hidden",), case=IntegerNetworks())
def integer_networks_have_exact_outputs(subject: Subject, case: IntegerCase) -> None:
    """A network of small integers has exactly the outputs that integer arithmetic gives.

    For all networks of linear units, ReLU, or leaky ReLU with a power of two for its slope, with an
    identity output, whose weights, biases and inputs are integers, so small that all sums of
    magnitudes stay below 2^p, p being the number of binary digits.

    Why:       then every partial sum, in every order, is an integer of at most p digits, and
               floating point is exact.
    Tolerance: none; the expected value is computed in integers.
    Catches:   every structural mistake in any precision, however low; in float64 also a product
               in float32, which has too few digits.
    Source:    IEEE Standard for Floating-Point Arithmetic, IEEE 754-2019.
    """
    near(subject.forward(case), case.outputs(subject.conventions_of(case)), 0, what="outputs")
    if subject.offers("hidden"):
        expected = case.hidden(subject.conventions_of(case))
        for place, layer in enumerate(subject.hidden(case)):
            near(layer, expected[place], 0, what=f"hidden[{place}]")


@law(needs="forward", case=networks(plain=True, mixed=True), seed=seeds())
def outputs_of_a_row_do_not_depend_on_the_batch(subject: Subject, case: Case, seed: int) -> None:
    """The outputs of a row are the same alone, in a batch, and in a batch of another order.

    For all networks, all batches of rows, and all orders of them.

    Why:       the network is a function of one row; a batch is a way to write many calls as one.
    Tolerance: the sum of the two balls: a matrix product may use other sums for other shapes, so
               that equal rows need not have equal digits.
    Catches:   statistics of the batch in the forward pass, layers left in their training mode, a
               last batch that is cut or padded.
    Source:    Ioffe and Szegedy, International Conference on Machine Learning 2015, for the
               layer that breaks it.
    """
    if subject.scope.rows[1] == 1:
        raise NotSupported("the scope has batches of one row only")
    batch = subject.forward(case)
    order = np.random.default_rng(seed).permutation(len(case.inputs))
    alone = order[: case.space.rows[0]]
    if case.space.whole is not None:  # among copies of itself, which is no new shape
        alone = np.full_like(order, order[0])
    for chosen, what in ((order, "in another order"), (alone, "alone")):
        alike(subject.forward(_rows(case, chosen)), batch[chosen], what=f"outputs of rows {what}")


def _rows(case: Case, chosen: Order) -> Case:
    return replace(case, inputs=case.inputs[chosen], targets=case.targets[chosen])


@law(
    needs="forward",
    also=("hidden",),
    case=networks(
        hidden_layers=(1, None), hidden_widths=(2, None), plain=True, mixed=True, moves=True
    ),
    seed=seeds(),
)
def renumbering_hidden_units_leaves_the_outputs_unchanged(
    subject: Subject, case: Case, seed: int
) -> None:
    """A network whose hidden units are renumbered, with all their weights, is the same function.

    For all networks, all permutations of the units of each hidden layer, and all inputs; the
    hidden activations are renumbered with the units.

    Why:       a layer is a sum over the units of the layer before, and a sum has no order.
    Tolerance: the sum of the two balls, since floating-point sums do have one.
    Catches:   a unit treated by its number: the last one forgotten, a mask that is left on, a
               square weight matrix transposed.
    Source:    Hecht-Nielsen, Advanced Neural Computers (1990) 129-135.
    """
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(width) for width in case.architecture.widths[1:-1]]
    other = case.with_parameters(_renumbered(case.parameters, orders))
    here, there = subject.forward(case), subject.forward(other)
    alike(there, here, what="outputs, units renumbered")
    if subject.offers("hidden"):
        layers = zip(subject.hidden(case), subject.hidden(other), orders, strict=True)
        for place, (old, new, order) in enumerate(layers):
            alike(new, old[:, order], what=f"hidden[{place}], renumbered")


def _renumbered(parameters: Parameters, orders: list[Order]) -> Parameters:
    """The parameters with the units of each hidden layer in a new order."""
    renumbered = list(parameters)
    for place, order in enumerate(orders):
        weights, biases = renumbered[place]
        renumbered[place] = Layer(weights[:, order], biases[order])
        after = renumbered[place + 1]
        renumbered[place + 1] = Layer(after.weights[order], after.biases)
    return renumbered


@law(
    needs="forward",
    case=IntegerNetworks(hidden_layers=(1, None), activations=("identity",), collapsed=True),
)
def a_chain_of_linear_layers_is_one_linear_layer(subject: Subject, case: IntegerCase) -> None:
    """A network of linear units has the outputs of one layer, whose weights are their product.

    For all networks of identity units and integers, W = W_1 ... W_L, with the biases carried
    through: depth without a nonlinearity adds nothing.

    Why:       (x W_1 + b_1) W_2 + b_2 = x W_1 W_2 + (b_1 W_2 + b_2).
    Tolerance: none: all integers are so small that the products are exact.
    Catches:   an activation on layers that should have none, a bias that is lost between layers,
               anything done once per layer that no formula has.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.1.
    """
    chain, single = subject.forward(case), subject.forward(_collapsed(case))
    alike(chain, single, 0, what="outputs of the chain")


def _collapsed(case: Case) -> Case:
    a, (weights, biases) = case.architecture, case.parameters[0]
    for after in case.parameters[1:]:
        weights, biases = weights @ after.weights, biases @ after.weights + after.biases
    single = replace(a, widths=(a.widths[0], a.widths[-1]))
    return replace(case, architecture=single, parameters=[Layer(weights, biases)])


@law(needs="forward", case=SoftmaxLogits())
def softmax_outputs_are_probabilities(subject: Subject, case: ShiftedLogits) -> None:
    """Softmax outputs are at least 0, and those of a row sum to 1.

    For all integer logits, small and far apart, and with a large constant added to them.

    Why:       e^z_k / sum_j e^z_j: every term is positive, and the sum of all is the denominator.
    Tolerance: a probability is at least 0 without exception. The sum may differ from 1 by the
               rounding errors of its terms, which is the sum of their softmax balls at logits
               that are known exactly, and by the K roundings of our own sum. The balls admit
               exp(z - log sum exp z), which rounds at the size of the logits.
    Catches:   a softmax over the wrong axis, a small number added to the denominator.
    Source:    Blanchard, Higham and Higham, IMA Journal of Numerical Analysis 41 (2021).
    """
    for where, logits in ((case, case.logits), (case.shifted, case.logits + case.shift)):
        answer, ball = subject.forward(where).value, case.softmax(logits)
        at_most(-answer, 0.0, 0.0, what="minus a probability")
        allowed = np.sum(ball.radius, axis=1) + answer.shape[1] * 2.0**-53
        near(np.sum(answer, axis=1), 1.0, allowed, what="sum of the probabilities of a row")


@law(needs="forward", case=SoftmaxLogits())
def softmax_is_unchanged_by_adding_a_constant(subject: Subject, case: ShiftedLogits) -> None:
    """softmax(z + c) = softmax(z), for the rows z of integer logits and the integers c.

    Why:       e^c multiplies every numerator and the sum alike, so it cancels.
    Tolerance: the sum of the two softmax balls; z and z + c are exact, being integers. The balls
               admit exp(z - log sum exp z), which rounds at the size of the logits; half of the
               cases have logits within 8 of 0, where that is little.
    Catches:   exp of the logits as they are, without their maximum subtracted, which overflows;
               logits clipped so that it does not; one maximum for all rows of a batch.
    Source:    Blanchard, Higham and Higham, IMA Journal of Numerical Analysis 41 (2021).
    """
    here, there = subject.forward(case), subject.forward(case.shifted)
    shifted = case.softmax(case.logits + case.shift)
    allowed = np.asarray(case.softmax(case.logits).radius) + shifted.radius
    alike(there, here, allowed, what="softmax(z + c)")


@law(
    needs="forward",
    also=("hidden", "loss", "gradient", "evaluate", "train", "forward_training"),
    case=networks(mixed=True),
    other=networks(mixed=True),
    dropout=Anything(lambda: among((0.0, 0.5))),
)
def every_call_stands_alone(subject: Subject, case: Case, other: Case, dropout: float) -> None:
    """A call has the same answer the first time and after any other calls.

    For all networks and all capabilities that are functions of their arguments. The other calls
    are the same ones, those of another network, a training pass with dropout, and an overflow.

    Why:       each capability is a function: what it answers depends on its arguments alone.
    Tolerance: twice the ball of the answer, since sums may be taken in another order each time,
               as several threads do; arguments come back bit for bit.
    Catches:   statistics that are kept from call to call, a momentum that outlives its training,
               dropout left on after a training pass, a nan that stays.
    Source:    the contract of an implementation, which this law is a part of.
    """
    if subject.scope.dropout and case.architecture.hidden_layers and not case.space.closed:
        case = replace(case, architecture=replace(case.architecture, dropout=dropout))
    first, later = _answers(subject, case), []
    for disturb, disturbed in ((_answers, other), (_overflow, case), (_leave_out_units, case)):
        disturb(subject, disturbed)
        later.append({"outputs": subject.forward(case)})
    later.append(_answers(subject, case))
    for answers in later:
        for name in (name for name in first if name in answers):
            again = first[name].with_value(answers[name].value)
            alike(again, first[name], what=f"{name} after other calls")


def _answers(subject: Subject, case: Case) -> dict[str, Answer]:
    """What each capability says of a case, as far as it says anything."""
    found = {"outputs": subject.forward(case)}
    with suppress(NotSupported):
        if subject.offers("hidden"):
            found |= {f"hidden[{i}]": layer for i, layer in enumerate(subject.hidden(case))}
    with suppress(NotSupported):
        if subject.offers("loss"):
            found["loss"] = subject.loss(case)
    with suppress(NotSupported):
        if subject.offers("gradient"):
            found |= parts(case.architecture, "gradient", subject.gradient(case))
    with suppress(NotSupported):
        if subject.offers("evaluate"):
            found["evaluate"] = subject.evaluate(case, batch_size=len(case.inputs))
    with suppress(NotSupported):
        found |= _trained(subject, case)
    return found


def _trained(subject: Subject, case: Case) -> dict[str, Answer]:
    """One step of training, with momentum if possible; without dropout, which is random."""
    names = [n for n in ("momentum", "gradient_descent") if n in subject.scope.optimizers]
    if not subject.offers("train") or not names or case.architecture.dropout:
        return {}
    momentum = 0.5 if names[0] == "momentum" else 0.0
    trained = subject.train(case, Optimizer(names[0], 0.5, momentum=momentum))
    return dict(parts(case.architecture, "train", trained))


def _overflow(subject: Subject, case: Case) -> None:
    """Calls with the largest inputs that there are; whatever comes of them must not last."""
    huge = replace(case, inputs=np.full_like(case.inputs, subject.precision.largest))
    for ask in (subject.forward, subject.gradient):
        if subject.offers(ask.__name__):
            with suppress(NotSupported, SubjectError):
                ask(huge)


def _leave_out_units(subject: Subject, case: Case) -> None:
    """A training pass with dropout, if there is one."""
    if subject.offers("forward_training"):
        with suppress(NotSupported):
            subject.forward_training(case, seed=0)
