"""Every wrong input meets an error that says what, where, by which rule, and the value."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from refnet import (
    Architecture,
    Layer,
    Optimizer,
    balls,
    evaluate,
    forward,
    gradient,
    hidden,
    loss,
    loss_and_gradient,
    train,
)
from refnet.problem import Problem

NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
LAYERS = [Layer(np.ones((2, 3)), np.zeros(3)), Layer(np.ones((3, 1)), np.zeros(1))]
X, Y = np.ones((4, 2)), np.ones((4, 1))


def _with(place: int, **fields: Any) -> list[Layer[Any]]:
    layers = list(LAYERS)
    layers[place] = layers[place]._replace(**fields)
    return layers


def _spoiled(shape: tuple[int, ...], value: float) -> np.ndarray:
    array = np.ones(shape)
    array[-1, 0] = value
    return array


WRONG_INPUTS = [
    (None, X, r"parameters is a NoneType; give a list of layers"),
    ([None, None], X, r"parameters\[0\] is a NoneType; give Layer\(weights, biases\)"),
    (
        [LAYERS[0], tuple(LAYERS[1])],
        X,
        r"parameters\[1\] is a tuple; give Layer\(weights, biases\)",
    ),
    (LAYERS[:1], X, r"parameters has 1 layers; widths=\(2, 3, 1\) need 2"),
    (
        _with(0, weights=np.ones((3, 2))),
        X,
        r"parameters\[0\].weights has shape \(3, 2\); widths=\(2, 3, 1\) need \(2, 3\)",
    ),
    (
        _with(1, biases=np.zeros(2)),
        X,
        r"parameters\[1\].biases has shape \(2,\); widths=\(2, 3, 1\) need \(1,\)",
    ),
    (
        _with(1, weights=_spoiled((3, 1), np.nan)),
        X,
        r"parameters\[1\].weights\[2, 0\] is nan; give finite numbers",
    ),
    (_with(0, biases=[0, 0, 0]), X, r"parameters\[0\].biases is a list; give a NumPy array"),
    (LAYERS, [[1, 2]], r"inputs is a list; give a NumPy array"),
    (LAYERS, X.astype(complex), r"inputs has dtype complex128; give real numbers"),
    (LAYERS, np.ones((4, 5)), r"inputs has shape \(4, 5\); give \(rows, 2\) for features"),
    (LAYERS, np.ones(2), r"inputs has shape \(2,\); give \(rows, 2\) for features"),
    (LAYERS, np.ones((0, 2)), r"inputs has shape \(0, 2\); give at least one row"),
    (LAYERS, _spoiled((4, 2), np.inf), r"inputs\[3, 0\] is inf; give finite numbers"),
    (
        _with(0, weights=np.ones((5, 2, 3))),
        np.ones((4, 4, 2)),
        r"the leading axes \(4,\), \(5,\) do not broadcast; give one stack",
    ),
]


@pytest.mark.parametrize(("layers", "inputs", "message"), WRONG_INPUTS)
@pytest.mark.parametrize("function", [forward, hidden, balls.forward, balls.hidden, balls.logits])
def test_arrays_that_do_not_fit_are_named(
    function: Callable[..., Any], layers: Any, inputs: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(NET, layers, inputs)


WRONG_TARGETS = [
    (np.ones((3, 1)), None, r"targets has 3 rows and inputs has 4; give one for each row"),
    (np.ones((4, 2)), None, r"targets has shape \(4, 2\); give \(rows, 1\) for outputs"),
    (_spoiled((4, 1), np.nan), None, r"targets\[3, 0\] is nan; give finite numbers"),
    (Y * 2, None, r"targets has 2.0; targets of sigmoid lie in \[0, 1\]"),
    (-Y, None, r"targets has -1.0; targets of sigmoid lie in \[0, 1\]"),
    (Y, np.ones(3), r"sample_weights has 3 rows and inputs has 4"),
    (Y, np.array(1.0), r"sample_weights has shape \(\); give \(4,\)"),
    (Y, [1, 1, 1, 1], r"sample_weights is a list; give a NumPy array"),
    (Y, np.zeros(4), r"sample_weights are all 0; give one above 0"),
    (Y, np.array([1, 1, -2.0, 1]), r"sample_weights has -2.0; weights are at least 0"),
    (Y, np.array([1, np.inf, 2.0, 1]), r"sample_weights\[1\] is inf; give finite numbers"),
]


@pytest.mark.parametrize(("targets", "weights", "message"), WRONG_TARGETS)
def test_targets_and_weights_that_do_not_fit_are_named(
    targets: Any, weights: Any, message: str
) -> None:
    for function in (loss, gradient, loss_and_gradient):
        with pytest.raises(ValueError, match=message):
            function(NET, LAYERS, X, targets, weights)
    for ball in (balls.loss, balls.gradient, balls.evaluate):
        with pytest.raises(ValueError, match=message):
            ball(Problem(NET, LAYERS, X, targets, weights))
    with pytest.raises(ValueError, match=message):
        evaluate(NET, LAYERS, X, targets, 2, weights)
    with pytest.raises(ValueError, match=message):
        train(NET, LAYERS, X, targets, Optimizer("adam", 0.1), 1, None, weights)


def test_targets_outside_the_range_of_a_head_are_refused() -> None:
    softmax = Architecture((2, 3), "tanh", "softmax", "cross_entropy")
    layers = [Layer(np.ones((2, 3)), np.zeros(3))]
    with pytest.raises(ValueError, match=r"targets\[0\] sums to 0.9; one-hot rows sum to 1"):
        loss(softmax, layers, X[:1], np.array([[0.5, 0.4, 0]]))
    poisson = Architecture((2, 3), "tanh", "exp", "poisson")
    with pytest.raises(ValueError, match=r"targets has -1.0; counts are at least 0"):
        loss(poisson, layers, X[:1], np.array([[1.0, -1.0, 0]]))


def test_sums_that_overflow_are_no_reason_to_refuse_finite_inputs() -> None:
    assert np.isfinite(forward(NET, LAYERS, np.full((4, 2), 1e308) * [[1, -1]])).all()


@pytest.mark.parametrize("size", [0, -1, 1.5])
def test_a_batch_size_is_a_whole_number_of_at_least_one(size: Any) -> None:
    message = rf"batch_size={size}: a batch size is a whole number of at least 1"
    with pytest.raises(ValueError, match=message):
        evaluate(NET, LAYERS, X, Y, size)
    with pytest.raises(ValueError, match=message):
        train(NET, LAYERS, X, Y, Optimizer("adam", 0.1), 1, size)


def test_epochs_are_a_whole_number_of_at_least_zero() -> None:
    with pytest.raises(ValueError, match=r"epochs=-1: a number of epochs is a whole number"):
        train(NET, LAYERS, X, Y, Optimizer("adam", 0.1), -1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((3,), "tanh", "identity", "huber"), r"widths=\(3,\): give at least two"),
        (((3, 0), "tanh", "identity", "huber"), r"widths\[1\]=0: a width is a whole number of at"),
        (((3, 1), "swish", "identity", "huber"), r"activation='swish': choose one of identity"),
        (
            ((3, 2, 1), ("tanh", "relu"), "identity", "huber"),
            r"activation=\('tanh', 'relu'\): 2 names for 1 hidden layers; give one name",
        ),
        (((3, 1), "tanh", "exp", "huber"), r"output='exp' with loss='huber': choose one of sigm"),
        (((3, 1), "tanh", "softmax", "cross_entropy"), r"output='softmax' with 1 output: softmax"),
    ],
)
def test_an_architecture_that_makes_no_sense_is_refused(
    arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture(*arguments)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("l2", -1.0, r"l2=-1.0: l2 is finite and at least 0"),
        ("l2", np.nan, r"l2=nan: l2 is finite and at least 0"),
        ("dropout", 1.0, r"dropout=1.0: dropout lies in \[0, 1\)"),
        ("label_smoothing", 1.0, r"label_smoothing=1.0: label_smoothing lies in \[0, 1\)"),
        ("delta", 0.0, r"delta=0.0: delta is finite and above 0"),
        ("biases", None, r"biases=None: choose one of False, True"),
    ],
)
def test_a_field_out_of_its_range_is_refused(field: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture((2, 1), "tanh", "sigmoid", "cross_entropy", **{field: value})


def test_only_cross_entropy_smooths_its_targets() -> None:
    with pytest.raises(ValueError, match=r"label_smoothing=0.1 with loss='huber': only cross_ent"):
        Architecture((2, 1), "tanh", "identity", "huber", label_smoothing=0.1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "sgd"}, r"name='sgd': choose one of gradient_descent, momentum"),
        ({"learning_rate": -0.1}, r"learning_rate=-0.1: learning_rate is finite and at least 0"),
        ({"learning_rate": np.nan}, r"learning_rate=nan: learning_rate is finite and at least 0"),
        ({"epsilon": -1e-8}, r"epsilon=-1e-08: epsilon is finite and at least 0"),
        ({"weight_decay": np.inf}, r"weight_decay=inf: weight_decay is finite and at least 0"),
        ({"beta1": 1.0}, r"beta1=1.0: beta1 lies in \[0, 1\)"),
        ({"beta2": np.nan}, r"beta2=nan: beta2 lies in \[0, 1\)"),
        ({"rho": -0.5}, r"rho=-0.5: rho lies in \[0, 1\)"),
        ({"momentum": 0.9}, r"momentum=0.9 with name='adam': only momentum and nesterov use it"),
    ],
)
def test_an_optimizer_that_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Optimizer(**{"name": "adam", "learning_rate": 0.1, **fields})
