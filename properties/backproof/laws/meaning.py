"""What the network is: logistic regression, and what is built from it."""

from dataclasses import replace

import numpy as np
import scipy

from backproof.cases.anything import seeds
from backproof.cases.case import Case
from backproof.cases.networks import networks
from backproof.cases.parts import Composed, Composition, apart, hidden_layer_alone, layers_alone
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.itself import alike
from backproof.laws.verbs.left_out import canonical, fed_back
from backproof.laws.verbs.minimisers import best_logits, fitted, promised_logits
from backproof.laws.verbs.predictions import prediction
from backproof.subjects.answers import parts
from backproof.subjects.subject import Subject
from refnet.architecture import Array, Layer
from refnet.backpropagation import given, trace
from refnet.conventions import Conventions
from refnet.functions.activations import names_where
from refnet.problem import Problem, gradient_share, loss_share
from refnet.rounding.arithmetic import Ball, within
from refnet.rounding.precision import U64

PER_UNIT = names_where(lambda facts: facts.per_unit)
BOUNDED = names_where(lambda facts: facts.bounded)


@law(
    needs="forward",
    also=("loss", "gradient"),
    case=networks(
        hidden_layers=(0, 0),
        heads=(("sigmoid", "cross_entropy"), ("softmax", "cross_entropy")),
        plain=True,
    ),
)
def no_hidden_layer_is_logistic_regression(subject: Subject, case: Case) -> None:
    """A network without a hidden layer and with a sigmoid output is a logistic regression.

    For all weights, biases, inputs and targets: its outputs are expit(X W + b), its loss is
    minus the mean log-likelihood, and its gradient is X^T (p - y) / n; with a softmax output it is
    the multinomial model.

    Why:       the model log(p / (1 - p)) = w.x + b solved for p is the sigmoid of w.x + b, so that
               the network and the generalised linear model are the same function.
    Tolerance: the rounding balls of forward, loss and gradient. The expected values come from
               scipy.special (expit, log_expit, softmax, log_softmax), not from the engine.
    Catches:   everything that can be wrong in the smallest network: a transposed weight matrix, a
               forgotten bias, a loss in bits, a gradient summed instead of averaged.
    Source:    McCullagh and Nelder, Generalized Linear Models, 1989, section 4.3.
    """
    expected = _logistic_regression(subject.problem(case))
    answer = subject.forward(case)
    near(answer, expected[0], answer.radius, what="outputs")
    if subject.offers("loss"):
        loss = subject.loss(case)
        near(loss, expected[1], loss.radius, what="loss")
    if subject.offers("gradient") and canonical(subject.problem(case)):
        weights, biases = subject.gradient(case)[0]
        near(weights, expected[2], weights.radius, what="gradient of the weights")
        if case.architecture.biases:
            near(biases, expected[3], biases.radius, what="gradient of the biases")


def _logistic_regression(problem: Problem) -> tuple[Array, Array, Array, Array]:
    """Outputs, loss, and gradient of the (multinomial) logistic regression of a problem."""
    (weights, biases), y, c = problem.parameters[0], problem.targets, problem.conventions
    z = problem.inputs @ weights + biases
    if problem.architecture.output == "softmax":
        p = scipy.special.softmax(z, axis=-1)
        log_likelihoods = y * _clipped(scipy.special.log_softmax(z, -1), c)
    else:
        p = scipy.special.expit(z)
        log_p, log_q = scipy.special.log_expit(z), scipy.special.log_expit(-z)
        log_likelihoods = y * _clipped(log_p, c) + (1 - y) * _clipped(log_q, c)
    delta = (p - y) * gradient_share(problem).factor
    loss = np.asarray(-np.sum(log_likelihoods) * loss_share(problem).factor)
    outputs = z if c.outputs == "logits" else p
    return outputs, loss, problem.inputs.T @ delta, np.asarray(np.sum(delta, axis=0))


def _clipped(log_p: Array, c: Conventions) -> Array:
    if not c.probability_clip:
        return log_p
    return np.clip(log_p, np.log(c.probability_clip), np.log1p(-c.probability_clip))


@law(
    needs="hidden",
    also=("forward",),
    case=apart(hidden_layers=(1, None), activations=PER_UNIT, plain=True, few=2),
    unit=seeds(),
)
def every_unit_is_a_logistic_function_of_its_inputs(
    subject: Subject, case: Case, unit: int
) -> None:
    """A hidden unit computes f(w . x + b) of what enters its layer, whatever the other units do.

    For all networks and each hidden layer: a unit gives what a network of that unit alone gives.
    With f the sigmoid that is a logistic regression: the prediction of one with these weights.

    Why:       the definition of a unit. A layer is only several of them beside each other; it is
               the loss, not a target of their own, that makes them differ.
    Tolerance: twice the ball of the layer: its activations, and those of the unit alone on what
               the subject itself computed below, are both legal values of the same number.
    Catches:   a bias that is added along the wrong axis, units that are normalised together, an
               activation that is applied twice or forgotten.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.3.
    """
    inputs = case.inputs
    for place, layer in enumerate(subject.hidden(case)):
        chosen = unit % case.architecture.widths[place + 1]
        one = slice(chosen, chosen + 1)
        column, allowed = layer[:, one], 2 * layer.radius[:, one]
        alone = subject.hidden(hidden_layer_alone(case, place, inputs, one))[0]
        alike(alone, column, allowed, what=f"unit {chosen} of layer {place}, alone")
        if (logistic := _logistic_alone(subject, case, place, inputs, one)) is not None:
            predicted = prediction(subject, logistic)
            alike(predicted, column, allowed, what=f"unit {chosen} of layer {place}, as a model")
        inputs = fed_back(subject, layer)


def _logistic_alone(
    subject: Subject, case: Case, place: int, inputs: Array, one: slice
) -> Case | None:
    """The logistic regression that a sigmoid unit is, if the subject has it."""
    heads = [head for head in subject.scope.heads if head[0] == "sigmoid"]
    if case.architecture.activations[place] != "sigmoid" or not heads:
        return None
    if not subject.offers("forward") or subject.scope.outputs[0] > 1:
        return None
    weights, biases = case.parameters[place]
    a = replace(case.architecture, widths=(len(weights), 1), output=heads[0][0], loss=heads[0][1])
    return replace(
        case,
        architecture=a,
        parameters=[Layer(weights[:, one], biases[one])],
        inputs=inputs,
        targets=np.zeros((len(inputs), 1)),
    )


@law(needs=("forward", "hidden"), case=apart(hidden_layers=(1, None), plain=True, few=2))
def a_hidden_layer_is_a_feature_map(subject: Subject, case: Case) -> None:
    """The output layer sees the last hidden activations, and nothing else; so for every layer.

    For all networks and inputs: the output layer alone, on the activations that `hidden` gives, has
    the outputs of the whole network; each hidden layer alone, on the activations of the one
    before, gives its own.

    Why:       a network is a composition of maps. A hidden layer takes the data from one space to
               another, n rows of d features to n rows of h, and what follows works there.
    Tolerance: twice the ball of the outputs or of the layer: both are legal values of the same
               number. The activations go back to the subject as it gave them, without rounding.
    Catches:   `hidden` that gives values before their activation, a connection that bypasses a
               layer, a state that is left behind.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.1.
    """
    outputs, hidden = subject.forward(case), subject.hidden(case)
    inputs = case.inputs
    for place, layer in enumerate(hidden):
        alone = subject.hidden(hidden_layer_alone(case, place, inputs))[0]
        alike(alone, layer, 2 * layer.radius, what=f"hidden layer {place}, alone")
        inputs = fed_back(subject, layer)
    last = layers_alone(case, len(hidden), len(hidden) + 1, inputs)
    alike(
        subject.forward(last),
        outputs,
        2 * outputs.radius,
        what="outputs of the last layer alone, on the hidden activations",
    )


@law(needs=("hidden", "gradient"), also=("fit",), case=apart(hidden_layers=(1, None), few=2))
def the_output_layer_is_a_linear_model_of_the_features(subject: Subject, case: Case) -> None:
    """The output layer learns as a generalised linear model learns from the hidden activations.

    For all networks, data and heads: the gradient of the last layer is the gradient of the network
    without hidden layer on the activations of the last hidden layer. Where the subject fits, its
    best penalised logistic regression on them is the minimiser.

    Why:       the derivative by the last weights is H^T delta with delta that of the outputs. It
               does not matter where the features H come from.
    Tolerance: twice the ball of the gradient: both are legal values of the same number. A fit:
               the certificate's radius, as in the law on the minimiser.
    Catches:   an output layer that learns from values before their activation or from another
               layer's, a penalty or a weight that counts double in deep networks.
    Source:    McCullagh and Nelder, Generalized Linear Models, 1989, section 2.5.
    """
    features = fed_back(subject, subject.hidden(case)[-1])
    whole, depth = subject.gradient(case)[-1], case.architecture.hidden_layers
    model = layers_alone(case, depth, depth + 1, features)
    alone = subject.gradient(model)[0]
    pairs = (parts(case.architecture, "gradient", [layer]) for layer in (alone, whole))
    for (name, one), (_, other) in zip(*pairs, strict=True):
        what = f"{name} of the output layer alone, on the hidden activations"
        alike(one, other, 2 * other.radius, what=what)
    if subject.offers("fit") and _fittable(subject, case):
        penalised = replace(model, architecture=replace(model.architecture, l2=0.25))
        here = promised_logits(subject, penalised, fitted(subject, penalised))
        best = best_logits(subject, penalised)
        near(here, best.value, here.radius + best.radius, what="logits of the best fit")


def _fittable(subject: Subject, case: Case) -> bool:
    """Whether a penalised logistic regression on the features has a minimiser that is near.

    Activations up to 1 in size keep it near, and an intercept needs a row of every class.
    """
    a, y = case.architecture, case.targets
    if not subject.scope.l2 or a.loss != "cross_entropy" or a.activations[-1] not in BOUNDED:
        return False
    if a.output == "sigmoid":
        return a.widths[-1] == 1 and bool(0 < np.sum(y) < len(y))
    return bool(np.all(np.sum(y, axis=0) > 0))


@law(
    needs="forward",
    case=networks(hidden_layers=(0, 0), plain=True, grid=4),
    direction=seeds(),
)
def the_link_of_the_prediction_is_linear_without_a_hidden_layer(
    subject: Subject, case: Case, direction: int
) -> None:
    """The logit of a predicted probability is linear in the inputs, and in weights and biases.

    For all networks without hidden layer: second differences of the link of the outputs vanish,
    along any direction of the inputs and of the parameters. The link is the logit of a sigmoid,
    log p_k / p_K of a softmax, the logarithm of a rate, and the prediction itself of a regression.

    Why:       the output is the inverse of the link, applied to x W + b.
    Tolerance: the ball of the outputs, taken through the link: r / p for a logarithm of p. Where
               a probability is so near 0 or 1 that this has no bound, nothing is judged. The
               points along the direction are exact.
    Catches:   another link, such as probit; probabilities that are clipped or mixed with a floor;
               inputs that are scaled by a function of themselves.
    Source:    McCullagh and Nelder, Generalized Linear Models, 1989, section 2.2.3.
    """
    rng = np.random.default_rng(direction)
    case = replace(case, inputs=np.clip(np.round(case.inputs * 16) / 16, -8, 8))
    steps = _signs(rng, case.inputs)
    moved = [replace(case, inputs=case.inputs + t * steps) for t in (-1, 0, 1)]
    _straight([_link(subject, one) for one in moved], "second difference along the inputs")
    layer = case.parameters[0]
    tilt = _signs(rng, layer.biases) if case.architecture.biases else 0 * layer.biases
    slope = Layer(_signs(rng, layer.weights), tilt)
    ends = [
        case.with_parameters(
            [Layer(layer.weights + t * slope.weights, layer.biases + t * slope.biases)]
        )
        for t in (-1, 0, 1)
    ]
    _straight([_link(subject, one) for one in ends], "second difference along the parameters")


def _signs(rng: np.random.Generator, like: Array) -> Array:
    return np.asarray(rng.choice([-1.0, 1.0], like.shape))


def _straight(points: list[Ball], what: str) -> None:
    """Three points on a line: a - 2 b + c = 0."""
    a, b, c = points
    with np.errstate(invalid="ignore"):
        size = np.abs(a.value) + 2 * np.abs(b.value) + np.abs(c.value)
        bend = (a.value - b.value) + (c.value - b.value)
    allowed = a.radius + 2 * b.radius + c.radius + 4 * U64 * size
    near(bend, 0.0, np.where(size < np.inf, allowed, np.inf), scale=size, what=what)


def _link(subject: Subject, case: Case) -> Ball:
    """The link of the outputs, with the ball that theirs becomes."""
    answer = subject.forward(case)
    p, r, output = answer.value, answer.radius, case.architecture.output
    if output == "identity" or subject.conventions_of(case).outputs == "logits":
        return Ball(p, r)
    with np.errstate(all="ignore"):
        log = _log(np.log(p), p, r)
        if output == "exp":
            return log
        if output == "softmax":
            last = Ball(log.value[:, -1:], np.asarray(log.radius)[:, -1:])
            return Ball(log.value - last.value, log.radius + last.radius)
        other = _log(np.log1p(-p), 1 - p, r)
        return Ball(log.value - other.value, log.radius + other.radius)


def _log(value: Array, p: Array, radius: Array) -> Ball:
    """Log p where p is known to a radius: |log(1 + d)| <= -log(1 - |d|), with d up to radius / p"""
    spread = -np.log1p(-radius / p) + 4 * U64 * np.abs(value)
    return Ball(value, np.where((radius < p) & np.isfinite(value), spread, np.inf))


@law(needs="forward", composition=Composed())
def networks_compose(subject: Subject, composition: Composition) -> None:
    """A network that takes in another one's outputs is the longer network.

    For all pairs of networks that fit together: where the first one ends in an activation, that
    becomes a hidden layer of the longer one; where it ends linearly, its last matrix and the first
    one of the second network become their product.

    Why:       f2(f1(x)) is again inputs through layers, and (x M + c) N + b = x M N + (c N + b).
    Tolerance: the ball of the second network on all that the first one may legally give, plus the
               ball of the longer network. The products of the matrices are exact.
    Catches:   inputs that are standardised on the way in, layers in the wrong order, an activation
               after the last layer that depends on how deep the network is.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.4.
    """
    whole, first = subject.forward(composition.whole), prediction(subject, composition.first)
    second = replace(composition.second, inputs=fed_back(subject, first))
    answer, c = subject.forward(second), subject.conventions_of(second)
    arithmetic = within(subject.precision)
    steps = trace(arithmetic, second.architecture, second.parameters, first.ball, c)
    radius = given(steps[-1], c).rounded_up().radius
    alike(answer, whole, radius + whole.radius, what="outputs of the second network")
