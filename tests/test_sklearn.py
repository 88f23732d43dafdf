"""The adapter of scikit-learn answers what scikit-learn answers, and the laws hold for it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

import backproof
from backproof.adapters.sklearn import Sklearn
from backproof.contract import Architecture, Array, Layer, NotSupported, Parameters
from refnet.conventions import Conventions
from refnet.problem import Problem
from refnet.training.optimizers import Optimizer
from refnet.training.training import followed

HEADS = {
    "binary": ("sigmoid", "cross_entropy", 1),
    "multilabel": ("sigmoid", "cross_entropy", 3),
    "classes": ("softmax", "cross_entropy", 4),
    "regression": ("identity", "squared_error", 1),
}
NAMES = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "identity": "identity"}
RATE = 0.125


def check(*words: str) -> tuple[int, Any]:
    command = [sys.executable, "-P", "-m", "backproof", "check", "sklearn", "--profile", "quick"]
    done = subprocess.run(
        [*command, "--json", "-", *words],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "100"},
        timeout=120,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("precision", "laws"), [("float64", "*"), ("float32", "meaning,forward,gradient,steps,batches")]
)
def test_scikit_learn_keeps_every_law(precision: str, laws: str) -> None:
    status, report = check("--precision", precision, "--laws", laws)
    assert status == 0
    assert {row["status"] for row in report["laws"]} <= {"holds", "weak", "unsupported"}
    assert report["summary"]["holds"] > 0
    assert report["subject"]["version"] == sklearn.__version__
    assert report["subject"]["precision"] == precision
    assert "penalty_per_row=True" in report["subject"]["declared"]
    refused = {reason for row in report["laws"] for reason in row["refused"]}
    assert not any("no softmax" in reason for reason in refused), "the scope leaves two classes out"


def a_step_and_a_quotient() -> tuple[float, float]:
    """The slope that a step follows and that of the loss reported, for one of two outputs."""

    def stepped(weight: float) -> Any:
        network = MLPRegressor(
            hidden_layer_sizes=(), solver="sgd", momentum=0, alpha=0, learning_rate_init=1
        )
        row, targets = np.ones((1, 1)), np.zeros((1, 2))
        network.partial_fit(row, targets)
        network.coefs_, network.intercepts_ = [np.array([[weight, 2.0]])], [np.zeros(2)]
        return network.partial_fit(row, targets)

    h = 2.0**-10
    quotient = (stepped(1 + h).loss_ - stepped(1 - h).loss_) / (2 * h)
    return 1 - stepped(1).coefs_[0][0, 0], quotient


def test_the_laws_see_whether_the_loss_of_several_outputs_is_what_a_step_follows() -> None:
    step, reported = a_step_and_a_quotient()
    law = "gradients_match_finite_differences"
    report = backproof.check(Sklearn(several_outputs="judge"), laws=law, profile="quick")
    assert report.laws[0].status == ("holds" if abs(step - reported) < 1e-6 else "broken")


def drawn(head: str, activation: str, l2: float = 0.0) -> tuple[Architecture, Array, Array]:
    output, loss, outputs = HEADS[head]
    architecture = Architecture((3, 5, 4, outputs), activation, output, loss, l2=l2)
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(9, 3))
    if output == "softmax":
        return architecture, inputs, np.eye(outputs)[rng.integers(0, outputs, 9)]
    if output == "sigmoid":
        return architecture, inputs, rng.integers(0, 2, (9, outputs)).astype(float)
    return architecture, inputs, rng.normal(size=(9, outputs))


def by_hand(architecture: Architecture, inputs: Array, targets: Array) -> Any:
    """scikit-learn's network after three steps from its own start, and the labels it takes."""
    kind = MLPRegressor if architecture.output == "identity" else MLPClassifier
    network = kind(
        hidden_layer_sizes=architecture.widths[1:-1],
        activation=NAMES[architecture.activations[0]],
        solver="sgd",
        alpha=architecture.l2,
        momentum=0.0,
        shuffle=False,
        learning_rate_init=RATE,
        random_state=3,
    )
    labels = targets[:, 0] if targets.shape[1] == 1 else targets
    if architecture.output == "softmax":
        labels = np.argmax(targets, axis=1)
    for _ in range(3):
        classes = np.arange(max(2, targets.shape[1]))
        known = {} if architecture.output == "identity" else {"classes": classes}
        network.partial_fit(inputs, labels, **known)
    return network, labels


def layers_of(network: Any) -> Parameters:
    pairs = zip(network.coefs_, network.intercepts_, strict=True)
    return [Layer(weights.copy(), biases.copy()) for weights, biases in pairs]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("activation", NAMES)
def test_forward_is_what_predict_gives(head: str, activation: str) -> None:
    architecture, inputs, targets = drawn(head, activation)
    network, _ = by_hand(architecture, inputs, targets)
    found = Sklearn().forward(architecture, layers_of(network), inputs)
    if head == "regression":
        assert np.array_equal(found[:, 0], network.predict(inputs))
    else:
        expected = network.predict_proba(inputs)
        assert np.array_equal(found, expected[:, 1:] if head == "binary" else expected)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_loss_and_gradient_are_those_of_the_next_step(head: str, l2: float) -> None:
    architecture, inputs, targets = drawn(head, "tanh", l2)
    network, labels = by_hand(architecture, inputs, targets)
    before = layers_of(network)
    loss = Sklearn().loss(architecture, before, inputs, targets)
    gradient = Sklearn().gradient(architecture, before, inputs, targets)
    network.partial_fit(inputs, labels)
    assert loss == pytest.approx(network.loss_, rel=1e-14)
    for old, slope, new in zip(before, gradient, layers_of(network), strict=True):
        np.testing.assert_allclose(old.weights - RATE * slope.weights, new.weights, rtol=1e-13)
        np.testing.assert_allclose(old.biases - RATE * slope.biases, new.biases, rtol=1e-13)


OPTIMIZERS = {
    "gradient_descent": Optimizer("gradient_descent", RATE),
    "momentum": Optimizer("momentum", RATE, momentum=0.75),
    "nesterov": Optimizer("nesterov", RATE, momentum=0.75),
    "adam": Optimizer("adam", RATE, beta1=0.75, beta2=0.9375, epsilon=0.0625),
}


def worst_ratio(
    conventions: Conventions, optimizer: Optimizer, precision: str, weighted: bool = False
) -> float:
    """How far eight epochs in batches of four leave the balls of their steps, at most."""
    architecture, inputs, targets = drawn("classes", "tanh", l2=0.5)
    parameters = layers_of(by_hand(architecture, inputs, targets)[0])
    weights = np.arange(1.0, 10.0) / 4 if weighted else None
    judged: Any = Sklearn(precision)
    dtype = np.dtype(precision)
    data = inputs.astype(dtype), targets.astype(dtype)
    start = [Layer(w.astype(dtype), b.astype(dtype)) for w, b in parameters]
    trajectory = [start] + [
        judged.train(architecture, start, *data, optimizer, epochs, 4, weights)
        for epochs in range(1, 9)
    ]
    exact = [[Layer(w.astype(float), b.astype(float)) for w, b in point] for point in trajectory]
    x, y = (array.astype(float) for array in data)
    problem = Problem(architecture, exact[0], x, y, weights, conventions)
    balls = followed(problem, exact[:-1], optimizer, 4, judged.precision)
    return max(
        float(np.max(np.abs(part - ball.value) / ball.radius))
        for point, layers in zip(exact[1:], balls, strict=True)
        for here, there in zip(point, layers, strict=True)
        for part, ball in zip(here, there, strict=True)
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_step_of_every_epoch_is_the_declared_recurrence(name: str, precision: str) -> None:
    assert worst_ratio(Sklearn().conventions, OPTIMIZERS[name], precision) <= 1
    assert worst_ratio(Sklearn().conventions, OPTIMIZERS[name], precision, weighted=True) <= 1


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("nesterov", {"nesterov": "lookahead"}),
        ("adam", {"adam_epsilon": "outside"}),
        ("adam", {"adam_epsilon": "inside"}),
        ("gradient_descent", {"penalty_per_row": False}),
    ],
)
def test_the_steps_are_those_of_no_other_convention(name: str, other: dict[str, Any]) -> None:
    conventions = replace(Sklearn().conventions, **other)
    assert worst_ratio(conventions, OPTIMIZERS[name], "float64") > 1e6


def test_training_is_what_partial_fit_does_epoch_by_epoch() -> None:
    architecture, inputs, targets = drawn("classes", "relu", l2=0.5)
    network, labels = by_hand(architecture, inputs, targets)
    start = layers_of(network)
    for _ in range(3):
        network.partial_fit(inputs, labels)
    descent = OPTIMIZERS["gradient_descent"]
    found = Sklearn().train(architecture, start, inputs, targets, descent, 3)
    for here, there in zip(found, layers_of(network), strict=True):
        assert np.array_equal(here.weights, there.weights)
        assert np.array_equal(here.biases, there.biases)


def test_a_batch_larger_than_the_data_is_the_data_and_nothing_is_remembered() -> None:
    architecture, inputs, targets = drawn("regression", "tanh", l2=0.5)
    start = layers_of(by_hand(architecture, inputs, targets)[0])

    def trained(batch_size: int | None) -> bytes:
        case = architecture, start, inputs, targets, OPTIMIZERS["adam"], 3, batch_size
        return b"".join(part.tobytes() for layer in Sklearn().train(*case) for part in layer)

    assert trained(None) == trained(9) == trained(100) == trained(None)
    assert trained(4) != trained(9)


def test_training_that_diverges_shows_where_it_arrives() -> None:
    architecture, inputs, targets = drawn("regression", "identity")
    start = layers_of(by_hand(architecture, inputs, targets)[0])
    huge = [Layer(w * 1e120, b) for w, b in start]
    with np.errstate(all="ignore"):
        case = architecture, huge, inputs, targets, OPTIMIZERS["gradient_descent"], 2
        arrived = Sklearn().train(*case)
    assert not all(np.all(np.isfinite(layer.weights)) for layer in arrived)
    wrong = np.ones((9, 7))
    with pytest.raises(ValueError, match="features"):
        Sklearn().train(architecture, start, wrong, *case[3:])


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (Optimizer("adam", RATE, weight_decay=0.5), "no weight decay"),
        (Optimizer("gradient_descent", 0.0), "rates are above 0"),
        (Optimizer("adam", RATE, epsilon=0.0), "epsilon is above 0"),
    ],
)
def test_an_optimizer_that_scikit_learn_lacks_is_refused(optimizer: Optimizer, words: str) -> None:
    architecture, inputs, targets = drawn("regression", "tanh")
    start = layers_of(by_hand(architecture, inputs, targets)[0])
    with pytest.raises(NotSupported, match=words):
        Sklearn().train(architecture, start, inputs, targets, optimizer, 1)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("head", HEADS)
def test_a_fit_is_that_of_lbfgs_and_keeps_its_promise(head: str, precision: str) -> None:
    architecture, inputs, targets = drawn(head, "tanh", l2=8.0)
    if head == "classes":
        targets = np.eye(4)[np.arange(9) % 4]  # each of them has a row
    dtype, judged = np.dtype(precision), Sklearn(precision)
    inputs, targets = inputs.astype(dtype), targets.astype(dtype)
    found, tolerance = judged.fit(architecture, inputs, targets, 3)
    kind = MLPRegressor if head == "regression" else MLPClassifier
    words = {"hidden_layer_sizes": (5, 4), "activation": "tanh", "random_state": 3}
    own = kind(**words, solver="lbfgs", alpha=8.0)
    labels = np.argmax(targets, axis=1) if head == "classes" else np.squeeze(targets)
    own.fit(inputs, labels if head == "regression" else labels.astype(int))
    for here, weights in zip(found, own.coefs_, strict=True):
        assert np.array_equal(here.weights, weights.astype(dtype))
    gradient = judged.gradient(architecture, found, inputs, targets)
    largest = max(np.max(np.abs(part)) for layer in gradient for part in layer)
    assert tolerance == (1e-4 if largest <= 1e-4 else None)


def test_a_fit_that_ends_because_the_loss_falls_no_more_promises_nothing() -> None:
    architecture = Architecture((1, 2, 1), "tanh", "sigmoid", "cross_entropy")
    rng = np.random.default_rng(254)
    inputs = rng.integers(-3, 4, (8, 1)).astype(float)
    targets = rng.integers(0, 2, (8, 1)).astype(float)
    network = MLPClassifier((2,), activation="tanh", solver="lbfgs", alpha=0, random_state=254)
    network.fit(inputs, targets[:, 0])  # does not warn
    found, promised = Sklearn().fit(architecture, inputs, targets, 254)
    gradient = Sklearn().gradient(architecture, found, inputs, targets)
    largest = max(np.max(np.abs(part)) for layer in gradient for part in layer)
    assert np.array_equal(network.coefs_[0], found[0].weights)
    assert promised == (1e-4 if largest <= 1e-4 else None)


def test_a_search_that_fails_at_the_first_step_is_no_promise() -> None:
    architecture = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
    rng = np.random.default_rng(107)
    inputs = rng.normal(size=(20, 2)).astype(np.float32)
    targets = rng.integers(0, 2, (20, 1)).astype(np.float32)
    judged: Any = Sklearn("float32")
    found, promised = judged.fit(architecture, inputs, targets, 107)
    gradient = judged.gradient(architecture, found, inputs, targets)
    largest = max(np.max(np.abs(part)) for layer in gradient for part in layer)
    assert promised == (1e-4 if largest <= 1e-4 else None)


def test_a_class_without_a_row_is_unknown_to_a_fit() -> None:
    architecture, inputs, targets = drawn("classes", "tanh")
    assert not np.any(targets[:, 0])
    with pytest.raises(NotSupported, match="no classes but those that it sees"):
        Sklearn().fit(architecture, inputs, targets, 0)


def test_a_start_is_that_of_the_estimator_with_this_seed() -> None:
    architecture, inputs, targets = drawn("classes", "tanh")
    found = Sklearn().initialize(architecture, "glorot_uniform", 11)
    own = MLPClassifier((5, 4), activation="tanh", learning_rate_init=5e-324, random_state=11)
    own.partial_fit(inputs, np.argmax(targets, axis=1), classes=np.arange(4))
    for here, weights, biases in zip(found, own.coefs_, own.intercepts_, strict=True):
        assert np.array_equal(here.weights, weights)
        assert np.array_equal(here.biases, biases)
        assert np.max(np.abs(weights)) <= np.sqrt(6 / sum(weights.shape))
        assert np.any(biases != 0)


def test_the_start_of_logistic_units_is_no_named_one() -> None:
    architecture, *_ = drawn("classes", "sigmoid")
    with pytest.raises(NotSupported, match="a third of Glorot's variance"):
        Sklearn().initialize(architecture, "glorot_uniform", 0)
    with pytest.raises(NotSupported, match="he_normal"):
        Sklearn().initialize(architecture, "he_normal", 0)


def test_hidden_is_each_layer_of_the_network_computed_by_hand() -> None:
    architecture, inputs, targets = drawn("classes", "relu")
    network, _ = by_hand(architecture, inputs, targets)
    first, second = Sklearn().hidden(architecture, layers_of(network), inputs)
    expected = np.maximum(0, inputs @ network.coefs_[0] + network.intercepts_[0])
    np.testing.assert_allclose(first, expected, rtol=1e-14)
    expected = np.maximum(0, first @ network.coefs_[1] + network.intercepts_[1])
    np.testing.assert_allclose(second, expected, rtol=1e-14)


def test_row_weights_count_rows_and_divide_the_penalty_by_their_sum() -> None:
    architecture, inputs, targets = drawn("binary", "sigmoid", l2=0.5)
    parameters = layers_of(by_hand(architecture, inputs, targets)[0])
    weights = np.arange(1.0, 10.0)
    p = Sklearn().forward(architecture, parameters, inputs)[:, 0]
    rows = -np.log(np.where(targets[:, 0] == 1, p, 1 - p))
    penalty = 0.25 * sum(np.sum(layer.weights**2) for layer in parameters) / np.sum(weights)
    expected = np.average(rows, weights=weights) + penalty
    found = Sklearn().loss(architecture, parameters, inputs, targets, weights)
    assert found == pytest.approx(expected, rel=1e-14)


def test_every_call_stands_alone_and_leaves_its_arguments() -> None:
    judged, cases = Sklearn(), [drawn(head, "tanh", l2=0.5) for head in HEADS]
    networks = [layers_of(by_hand(*case)[0]) for case in cases]

    def answers() -> list[bytes]:
        said: list[Array] = []
        for (architecture, inputs, targets), parameters in zip(cases, networks, strict=True):
            said.append(judged.forward(architecture, parameters, inputs))
            said += judged.hidden(architecture, parameters, inputs)
            said.append(np.asarray(judged.loss(architecture, parameters, inputs, targets)))
            for layer in judged.gradient(architecture, parameters, inputs, targets):
                said += [*layer]
        return [np.asarray(array).tobytes() for array in said]

    kept = [part.tobytes() for network in networks for layer in network for part in layer]
    assert answers() == answers()
    assert kept == [part.tobytes() for network in networks for layer in network for part in layer]


def test_a_step_that_fails_leaves_nothing_behind() -> None:
    architecture, inputs, targets = drawn("regression", "identity")
    parameters = layers_of(by_hand(architecture, inputs, targets)[0])
    expected = Sklearn().loss(architecture, parameters, inputs, targets)
    huge = [Layer(w * 1e200, b) for w, b in parameters]
    with pytest.raises(ValueError, match="non-finite"), np.errstate(all="ignore"):
        Sklearn().loss(architecture, huge, inputs, targets)
    assert Sklearn().loss(architecture, parameters, inputs, targets) == expected


def test_float32_is_computed_in_float32() -> None:
    architecture, inputs, targets = drawn("classes", "tanh", l2=0.5)
    parameters = [
        Layer(w.astype("f4"), b.astype("f4"))
        for w, b in layers_of(by_hand(architecture, inputs, targets)[0])
    ]
    data = (inputs.astype("f4"), targets.astype("f4"))
    judged: Any = Sklearn("float32")
    assert judged.forward(architecture, parameters, data[0]).dtype == np.float32
    gradient = judged.gradient(architecture, parameters, *data)
    assert {part.dtype for layer in gradient for part in layer} == {np.dtype("f4")}


@pytest.mark.parametrize(
    ("widths", "activation", "head", "words"),
    [
        ((2, 2), "tanh", ("softmax", "cross_entropy"), "one sigmoid output for two classes"),
        ((2, 3, 3, 1), ("tanh", "relu"), ("sigmoid", "cross_entropy"), "one activation for all"),
        ((2, 3, 2), "tanh", ("identity", "squared_error"), "a mean over outputs"),
    ],
)
def test_what_scikit_learn_cannot_express_is_refused_with_the_reason(
    widths: tuple[int, ...], activation: Any, head: tuple[str, str], words: str
) -> None:
    architecture = Architecture(widths, activation, *head)
    parameters = [Layer(np.ones(shape), np.ones(shape[1])) for shape in architecture.shapes]
    with pytest.raises(NotSupported, match=words):
        Sklearn().loss(architecture, parameters, np.ones((1, 2)), np.eye(1, widths[-1]))


def test_a_target_between_two_classes_is_refused() -> None:
    architecture, inputs, targets = drawn("classes", "tanh")
    parameters = layers_of(by_hand(architecture, inputs, targets)[0])
    for capability in (Sklearn().loss, Sklearn().gradient):
        with pytest.raises(NotSupported, match="no targets between 0 and 1"):
            capability(architecture, parameters, inputs, targets * 0.75 + 0.0625)


def test_an_unknown_precision_or_option_names_its_value() -> None:
    with pytest.raises(ValueError, match="precision='float16'"):
        Sklearn("float16")
    with pytest.raises(ValueError, match="several_outputs='both': choose refuse or judge"):
        Sklearn(several_outputs="both")
