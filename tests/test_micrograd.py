"""The adapter of micrograd answers what micrograd answers, and the laws hold for it."""

import numpy as np
import pytest

import backproof
from backproof.contract import Architecture, Layer, NotSupported, Parameters

pytest.importorskip("micrograd", reason="micrograd is not installed: pip install '.[micrograd]'")

from micrograd.engine import Value

from backproof.adapters.micrograd import Micrograd

NET = Architecture((2, 3, 1), "relu", "identity", "squared_error")
INPUTS = np.array([[1.0, 0.5], [-2.0, 0.25], [0.5, 3.0]])
TARGETS = np.array([[1.0], [0.0], [1.0]])


def parameters() -> Parameters:
    rng = np.random.default_rng(0)
    return [Layer(rng.normal(size=s), rng.normal(size=s[1])) for s in NET.shapes]


def test_micrograd_keeps_the_laws() -> None:
    laws = "outputs_are_right,the_loss_is_the_mean,the_gradient_is_the"
    report = backproof.check("micrograd", laws=laws, profile="quick")
    assert [row.status for row in report.laws] == ["holds"] * 3


def test_the_gradient_is_that_of_a_graph_written_by_hand() -> None:
    (w, b), (v, c) = parameters()
    first, last = Value(w[0, 0]), Value(c[0])
    total = Value(0.0)
    for x, y in zip(INPUTS, TARGETS, strict=True):
        units = [(first if j == 0 else w[0, j]) * x[0] + w[1, j] * x[1] + b[j] for j in range(3)]
        rectified = [(Value(0.0) + unit).relu() for unit in units]
        output = sum((v[j, 0] * h for j, h in enumerate(rectified)), last)
        total = total + (output - y[0]) ** 2
    (total / 3).backward()
    found = Micrograd().gradient(NET, parameters(), INPUTS, TARGETS)
    assert found[0].weights[0, 0] == pytest.approx(first.grad, rel=1e-12)
    assert found[1].biases[0] == pytest.approx(last.grad, rel=1e-12)
    assert Micrograd().loss(NET, parameters(), INPUTS, TARGETS) == pytest.approx(total.data / 3)


def test_a_hidden_layer_of_one_unit_is_refused() -> None:
    net = Architecture((2, 1, 1), "relu", "identity", "squared_error")
    layers = [Layer(np.ones(shape), np.zeros(shape[1])) for shape in net.shapes]
    with pytest.raises(NotSupported, match="one unit hands on a number"):
        Micrograd().forward(net, layers, INPUTS)


def test_a_precision_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="precision='float32': micrograd computes in float64"):
        Micrograd("float32")
