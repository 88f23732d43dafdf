"""What the network is: logistic regression, and what is built from it."""

import numpy as np
from scipy import special

from backproof import cases
from backproof.cases import Case
from backproof.judge import near
from backproof.law import law
from backproof.subject import Subject
from refnet.architecture import Array
from refnet.conventions import Conventions


@law(
    needs="forward",
    also=("loss", "gradient"),
    case=cases.networks(
        hidden_layers=(0, 0),
        heads=(("sigmoid", "cross_entropy"), ("softmax", "cross_entropy")),
        plain=True,
    ),
)
def no_hidden_layer_is_logistic_regression(subject: Subject, case: Case) -> None:
    """A network without a hidden layer and with a sigmoid output is a logistic regression.

    For all weights, biases, inputs and 0/1 targets: its outputs are expit(X W + b), its loss is
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
    expected = _logistic_regression(case, subject.conventions)
    answer = subject.forward(case)
    near(answer.value, expected[0], answer.radius, what="outputs")
    if subject.offers("loss"):
        loss = subject.loss(case)
        near(loss.value, expected[1], loss.radius, what="loss")
    if subject.offers("gradient"):
        weights, biases = subject.gradient(case)[0]
        near(weights.value, expected[2], weights.radius, what="gradient of the weights")
        near(biases.value, expected[3], biases.radius, what="gradient of the biases")


def _logistic_regression(case: Case, c: Conventions) -> tuple[Array, Array, Array, Array]:
    """Outputs, loss, and gradient of the (multinomial) logistic regression of a case."""
    z, y = case.inputs @ case.parameters[0].weights + case.parameters[0].biases, case.targets
    if case.architecture.output == "softmax":
        p, log_likelihoods = (
            special.softmax(z, axis=-1),
            y * _clipped(special.log_softmax(z, -1), c),
        )
    else:
        p, log_p, log_q = special.expit(z), special.log_expit(z), special.log_expit(-z)
        log_likelihoods = y * _clipped(log_p, c) + (1 - y) * _clipped(log_q, c)
    divisor = {"mean": len(z), "sum": 1, "mean over outputs": z.size}[c.reduction]
    delta = (p - y) * (c.gradient_factor / divisor)
    loss = np.asarray(-np.sum(log_likelihoods) / divisor)
    return p, loss, case.inputs.T @ delta, np.asarray(np.sum(delta, axis=0))


def _clipped(log_p: Array, c: Conventions) -> Array:
    if not c.probability_clip:
        return log_p
    return np.clip(log_p, np.log(c.probability_clip), np.log1p(-c.probability_clip))
