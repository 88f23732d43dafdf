"""The adapter of HIPS autograd answers what autograd answers, and the laws hold for it."""

from typing import Any

import autograd.numpy as np
import numpy
import pytest
from autograd import elementwise_grad, grad
from autograd.misc.optimizers import adam, sgd
from autograd.scipy.special import expit

import backproof
from backproof.adapters.autograd import Autograd
from backproof.contract import Architecture, Array, Layer, Parameters, capabilities
from refnet.training.optimizers import Optimizer

NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
INPUTS = numpy.array([[1.0, 0.5], [-2.0, 0.25], [0.5, 3.0]])
TARGETS = numpy.array([[1.0], [0.0], [1.0]])
FEW = "outputs_are_right,the_gradient_is_the,gradient_descent_subtracts,momentum_steps,adam_"


def parameters(architecture: Architecture) -> Parameters:
    rng = numpy.random.default_rng(0)
    return [Layer(rng.normal(size=s), rng.normal(size=s[1])) for s in architecture.shapes]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_autograd_keeps_the_laws(precision: str) -> None:
    report = backproof.check(Autograd(precision), profile="quick", laws=FEW)
    assert {row.status for row in report.laws} <= {"holds", "weak", "unsupported"}


def test_it_is_named_on_the_command_line() -> None:
    report = backproof.check("autograd", laws="integer_networks", profile="quick")
    assert report.exit_status == 0
    assert report.subject.version == Autograd.version


def loss(flat: Array) -> Any:
    """The loss as it is written by hand, of parameters in a row: from probabilities."""
    w, b, v, c = flat[:6].reshape(2, 3), flat[6:9], flat[9:12].reshape(3, 1), flat[12:]
    p = expit(np.dot(np.tanh(np.dot(INPUTS, w) + b), v) + c)
    return -np.mean(TARGETS * np.log(p) + (1 - TARGETS) * np.log(1 - p))


def flat(layers: Parameters) -> Array:
    return numpy.concatenate([part.ravel() for layer in layers for part in layer])


def test_the_gradient_is_that_of_the_loss_as_it_is_written_by_hand() -> None:
    layers = parameters(NET)
    found = flat(Autograd().gradient(NET, layers, INPUTS, TARGETS))
    assert numpy.allclose(found, grad(loss)(flat(layers)), rtol=1e-12)


def test_training_is_the_library_s_own_loop() -> None:
    layers, numbers = parameters(NET), Optimizer("adam", 0.1, beta1=0.8, epsilon=1e-6)
    found = flat(Autograd().train(NET, layers, INPUTS, TARGETS, numbers, 5))
    expected = adam(
        lambda x, i: grad(loss)(x), flat(layers), num_iters=5, step_size=0.1, b1=0.8, eps=1e-6
    )
    assert numpy.allclose(found, expected, rtol=1e-9)


def test_batches_come_in_order_and_the_last_may_be_smaller() -> None:
    layers, numbers = parameters(NET), Optimizer("gradient_descent", 0.5)
    subject, expected = Autograd(), layers
    for rows in (slice(0, 2), slice(2, 3)):
        slope = subject.gradient(NET, expected, INPUTS[rows], TARGETS[rows])
        expected = [
            Layer(w - 0.5 * v, b - 0.5 * c)
            for (w, b), (v, c) in zip(expected, slope, strict=True)
        ]  # fmt: skip
    found = subject.train(NET, layers, INPUTS, TARGETS, numbers, 1, batch_size=2)
    assert numpy.allclose(flat(found), flat(expected), rtol=1e-14)


def test_its_optimizers_make_float64_of_float32_and_are_not_offered_there() -> None:
    assert sgd(lambda x, i: x, numpy.ones(2, "f4"), num_iters=1).dtype == "f8"
    assert "train" not in capabilities(Autograd("float32"))


def test_a_precision_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^precision='float16': autograd is judged in float64"):
        Autograd("float16")


def test_the_slope_at_a_kink_lies_between_those_beside_it() -> None:
    assert elementwise_grad(lambda z: np.maximum(z, 0))(numpy.zeros(1)) == 0.5
    net = Architecture((1, 1, 1), "relu", "identity", "squared_error")
    layers = [Layer(numpy.ones((1, 1)), numpy.zeros(1)) for _ in net.shapes]
    data = numpy.zeros((1, 1)), numpy.ones((1, 1))
    first, last = Autograd().gradient(net, layers, *data)
    assert (first.biases.item(), last.biases.item()) == (-1.0, -2.0)
