"""The forward pass: what the outputs are, whatever the batch and the order of the units."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from backproof.cases.anything import Anything, seeds
from backproof.cases.case import Case
from backproof.cases.dyadic import IntegerNetworks
from backproof.cases.integers import IntegerCase
from backproof.cases.networks import networks
from backproof.cases.shifts import ShiftedLogits, SoftmaxLogits
from backproof.cases.turns import among
from backproof.contract import NotSupported
from backproof.judging.judge import at_most, near, remark
from backproof.judging.law import law
from backproof.laws.verbs.disturbances import answers, leave_out_units, overflow
from backproof.laws.verbs.growing import deeper, wider
from backproof.laws.verbs.itself import alike
from backproof.laws.verbs.renumbering import Order, orders_of, renumbered
from backproof.subjects.subject import Subject
from refnet.architecture import Array, Layer
from refnet.functions.activations import names_where
from refnet.functions.softmax import SHIFTED_SOFTMAX, SOFTMAX

PER_UNIT = names_where(lambda facts: facts.per_unit)


@law(needs="forward", also=("hidden",), case=networks(mixed=True, sweep=True, dropout=True))
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
    orders = orders_of(case.architecture, seed)
    other = case.with_parameters(renumbered(case.parameters, orders))
    here, there = subject.forward(case), subject.forward(other)
    alike(there, here, what="outputs, units renumbered")
    if subject.offers("hidden"):
        layers = zip(subject.hidden(case), subject.hidden(other), orders, strict=True)
        for place, (old, new, order) in enumerate(layers):
            alike(new, old[:, order], what=f"hidden[{place}], renumbered")


@law(
    needs="forward",
    case=networks(
        hidden_layers=(1, None), activations=PER_UNIT, plain=True, mixed=True, moves=True
    ),
    seed=seeds(),
)
def every_network_lies_inside_a_wider_and_a_deeper_one(
    subject: Subject, case: Case, seed: int
) -> None:
    """Whatever a network computes, a wider one and a deeper one can compute too.

    For all networks and inputs the outputs stay as they are with one unit more in each hidden
    layer, a copy that takes a half of the outgoing weights or none, and with one layer more, of
    the weights 1 and the biases 0, after a layer of ReLU or identity units.

    Why:       v f(z) = (v - c) f(z) + c f(z), for c = v/2 and c = 0; and relu(relu(z)) = relu(z).
               Units that see one another, as those of a softmax layer do, are left out.
    Tolerance: the sum of the two balls; halves of numbers are exact.
    Catches:   sums that are divided by the number of units, a limit on the number of layers or
               units beyond which some are forgotten, an activation that is applied once too often.
    Source:    Chen, Goodfellow and Shlens, Net2Net, ICLR 2016.
    """
    outputs, larger = subject.forward(case), {"wider": wider(case, seed), "deeper": deeper(case)}
    within = {name: found for name, found in larger.items() if found is not None}
    if not within:
        raise NotSupported("the scope has no larger network than this one")
    for name, found in within.items():
        alike(subject.forward(found), outputs, what=f"outputs of a {name} network")


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
        total = np.sum(answer, axis=1)
        near(total, 1.0, allowed, what="sum of the probabilities of a row")
        sharp = np.sum(case.softmax(logits, SHIFTED_SOFTMAX).radius, axis=1)
        _remark_logsumexp(total - 1, sharp + answer.shape[1] * 2.0**-53, allowed)


def _remark_logsumexp(error: Array, sharp: ArrayLike, allowed: ArrayLike) -> None:
    """Whether a legal error is beyond what subtracting the maximum makes."""
    size = np.abs(error)
    if np.any((size > sharp) & (size <= allowed)):
        remark("the softmax rounds at the size of the logits, as exp(z - log sum exp z) does")


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
    allowed, sharp = (
        case.softmax(case.logits, operation).radius
        + case.softmax(case.logits + case.shift, operation).radius
        for operation in (SOFTMAX.value, SHIFTED_SOFTMAX)
    )
    alike(there, here, allowed, what="softmax(z + c)")
    _remark_logsumexp(there.value - here.value, sharp, allowed)


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
               as several threads do; arguments come back bit for bit, and an answer is not changed
               by later calls.
    Catches:   statistics that are kept from call to call, a momentum that outlives its training,
               dropout left on after a training pass, a nan that stays, a buffer handed out twice.
    Source:    the contract of an implementation, which this law is a part of.
    """
    if subject.scope.dropout and case.architecture.hidden_layers and not case.space.closed:
        case = replace(case, architecture=replace(case.architecture, dropout=dropout))
    first, later = answers(subject, case), []
    for disturb, disturbed in ((answers, other), (overflow, case), (leave_out_units, case)):
        disturb(subject, disturbed)
        later.append({"outputs": subject.forward(case)})
    later.append(answers(subject, case))
    for found in later:
        for name in (name for name in first if name in found):
            again = first[name].with_value(found[name].value)
            alike(again, first[name], what=f"{name} after other calls")
