"""LogisticRegression answers what its solvers answer, and each keeps what its stop promises."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import backproof
from backproof.adapters.sklearn_logistic import PRECISIONS, SklearnLogistic
from backproof.contract import Architecture, Array, Fit, Layer, NotSupported
from backproof.subjects.loading import BUILT_IN, load
from refnet import balls
from refnet.logistic.certificate import certify
from refnet.problem import Problem

PROMISING = ("lbfgs", "newton-cg", "newton-cholesky", "liblinear")
JUDGED = [(solver, precision) for solver, known in PRECISIONS.items() for precision in known]
SOLVED = [
    (s, h) for s in PRECISIONS for h in ("binary", "classes") if (s, h) != ("liblinear", "classes")
]
"""Each solver with each head that it has."""
HEADS = {"binary": ("sigmoid", 1), "classes": ("softmax", 3)}


@pytest.mark.parametrize(("solver", "precision"), JUDGED)
def test_every_solver_keeps_every_law(solver: str, precision: str) -> None:
    judged = load("sklearn-logistic", precision, {"solver": solver})
    report = backproof.check(judged, laws="a_fit*,no_hidden*,the_link*", profile="quick")
    statuses = {row.law: row.status for row in report.laws}
    assert set(statuses.values()) <= {"holds", "weak", "unsupported"}
    fits = [status for name, status in statuses.items() if name.startswith("a_fit")]
    assert fits == ["holds" if solver in PROMISING else "unsupported"] * 2


def test_a_solver_with_a_wrong_penalty_is_seen() -> None:
    class Doubled(SklearnLogistic):
        def _model(self, l2: float, total: float, seed: int) -> Any:
            return super()._model(2 * l2, total, seed)

    report = backproof.check(Doubled(), laws="a_fit_stops*", profile="quick")
    assert [row.status for row in report.laws] == ["broken"]


def drawn(head: str, l2: float, rows: int = 30) -> tuple[Architecture, Array, Array]:
    output, outputs = HEADS[head]
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(rows, 2))
    labels = rng.integers(0, max(2, outputs), rows)
    targets = labels[:, None].astype(float) if outputs == 1 else np.eye(outputs)[labels]
    return Architecture((2, outputs), (), output, "cross_entropy", l2=l2), inputs, targets


def largest_slope(
    judged: Any,
    case: tuple[Architecture, Array, Array],
    found: Fit,
    weights: Array | None = None,
) -> float:
    """The largest entry of the gradient of the declared objective, less its rounding."""
    architecture, inputs, targets = case
    parameters = [Layer(w.astype(float), b.astype(float)) for w, b in found.parameters]
    problem = Problem(architecture, parameters, inputs, targets, weights, judged.conventions)
    layer = balls.gradient(problem, judged.precision)[0]
    return max(float(np.max(np.abs(part.value) - part.radius)) for part in layer)


@pytest.mark.parametrize(("solver", "head"), SOLVED)
def test_a_fit_is_that_of_the_estimator(solver: str, head: str) -> None:
    architecture, inputs, targets = drawn(head, l2=0.25)
    labels = targets[:, 0] if head == "binary" else np.argmax(targets, axis=1)
    own = LogisticRegression(C=1 / (0.25 * 30), solver=solver, max_iter=1000, random_state=5)
    own.fit(inputs, labels)
    (layer,), promised = SklearnLogistic(solver=solver).fit(architecture, inputs, targets, 5)
    assert np.array_equal(layer.weights, own.coef_.T)
    assert np.array_equal(layer.biases, own.intercept_)
    assert (promised is not None) == (solver in PROMISING)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("solver", "head"), [pair for pair in SOLVED if pair[0] in PROMISING])
def test_a_solver_keeps_the_promise_of_its_stop(solver: str, head: str, weighted: bool) -> None:
    weights = np.random.default_rng(1).integers(1, 8, 30) / 4 if weighted else None
    judged = SklearnLogistic(solver=solver)
    for l2 in (0.25,) if solver == "liblinear" else (0.0, 0.25):
        case = drawn(head, l2)
        found = judged.fit(*case, 0, weights)
        assert found.gradient_tolerance is not None
        assert largest_slope(judged, case, found, weights) <= found.gradient_tolerance


@pytest.mark.parametrize("solver", ["sag", "saga"])
def test_sag_ends_near_the_minimiser_without_promising_it(solver: str) -> None:
    architecture, inputs, targets = drawn("binary", l2=0.25)
    (layer,), promised = SklearnLogistic(solver=solver, tol="1e-9").fit(
        architecture, inputs, targets, 0
    )
    design = np.append(inputs, np.ones((30, 1)), axis=1)
    penalties = np.array([0.25, 0.25, 0.0])
    assert promised is None
    assert certify(design, targets, np.vstack(layer), penalties).logit_radius < 1e-6


def test_liblinear_alone_penalises_the_intercept() -> None:
    for solver in PRECISIONS:
        assert SklearnLogistic(solver=solver).conventions.penalty_on_biases == (
            solver == "liblinear"
        )
    case = drawn("binary", l2=0.25)
    found = SklearnLogistic(solver="liblinear").fit(*case, 0)
    assert found.gradient_tolerance is not None
    assert largest_slope(SklearnLogistic(), case, found) > 100 * found.gradient_tolerance


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e2])
@pytest.mark.parametrize("tol", [1e-1, 1e-2, 1e-4])
def test_the_bound_derived_for_liblinear_holds_at_every_scale(scale: float, tol: float) -> None:
    rng, promised = np.random.default_rng(5), 0
    judged = SklearnLogistic(solver="liblinear", tol=tol)
    for _ in range(60):
        rows, features = rng.integers(4, 40), rng.integers(1, 6)
        inputs = rng.normal(size=(rows, features)) * scale
        targets = (rng.random((rows, 1)) < rng.uniform(0.2, 0.8)).astype(float)
        targets[:2, 0] = 0, 1
        weights = rng.integers(0, 4, rows) / 4
        weights[:2] = 0.25
        l2 = float(rng.choice([4.0, 0.25, 2.0**-10]))
        architecture = Architecture((int(features), 1), (), "sigmoid", "cross_entropy", l2=l2)
        found = judged.fit(architecture, inputs, targets, 0, weights)
        if found.gradient_tolerance is not None:
            promised += 1
            slope = largest_slope(judged, (architecture, inputs, targets), found, weights)
            assert slope <= found.gradient_tolerance
    assert promised >= 60 * (tol > 1e-3)


def test_liblinear_promises_nothing_where_its_other_stop_may_come_first() -> None:
    judged = SklearnLogistic(solver="liblinear", tol=1e-8)
    assert judged.fit(*drawn("binary", l2=0.25), 0).gradient_tolerance is None


def flat() -> tuple[Architecture, Any, Any]:
    """Float32 data on which L-BFGS-B sees no fall of the loss before its gradient is small."""
    rng = np.random.default_rng(19306)
    rows, features = int(rng.integers(8, 60)), int(rng.integers(1, 4))
    inputs = rng.normal(size=(rows, features)).astype(np.float32)
    targets = rng.integers(0, 2, (rows, 1)).astype(np.float32)
    architecture = Architecture((features, 1), (), "sigmoid", "cross_entropy", l2=1 / rows)
    return architecture, inputs, targets


def test_lbfgs_promises_nothing_where_the_loss_falls_no_more() -> None:
    judged, case = SklearnLogistic("float32"), flat()
    found = judged.fit(*case, 0)
    exact = case[0], case[1].astype(float), case[2].astype(float)
    small = largest_slope(judged, exact, found) <= 1e-4
    assert found.gradient_tolerance == (1e-4 if small else None)


def test_a_fit_that_warns_promises_nothing() -> None:
    for solver in ("lbfgs", "newton-cg", "newton-cholesky", "liblinear"):
        judged = SklearnLogistic(solver=solver, max_iter="1")
        assert judged.fit(*drawn("binary", l2=0.01), 0).gradient_tolerance is None


def test_forward_is_what_predict_proba_gives() -> None:
    for head in HEADS:
        architecture, inputs, targets = drawn(head, l2=0.25)
        labels = targets[:, 0] if head == "binary" else np.argmax(targets, axis=1)
        own = LogisticRegression().fit(inputs, labels)
        parameters = [Layer(own.coef_.T, own.intercept_)]
        found = SklearnLogistic().forward(architecture, parameters, inputs)
        expected = own.predict_proba(inputs)
        assert np.array_equal(found, expected[:, 1:] if head == "binary" else expected)


@pytest.mark.parametrize("solver", [s for s, known in PRECISIONS.items() if "float32" in known])
def test_float32_is_answered_in_float32(solver: str) -> None:
    architecture, inputs, targets = drawn("classes", l2=0.25)
    judged: Any = SklearnLogistic("float32", solver)
    data = inputs.astype(np.float32), targets.astype(np.float32)
    (layer,), _ = judged.fit(architecture, *data, 0)
    assert {part.dtype for part in layer} == {np.dtype("f4")}
    assert judged.forward(architecture, [layer], data[0]).dtype == np.float32


@pytest.mark.parametrize(
    ("head", "solver", "l2", "targets", "words"),
    [
        (("sigmoid", 2), "lbfgs", 0.0, np.eye(2), "one sigmoid output, for two classes"),
        (("softmax", 2), "lbfgs", 0.0, np.eye(2), "for two classes, no softmax"),
        (("sigmoid", 1), "lbfgs", 0.0, np.ones((2, 1)), "no classes but those that it sees"),
        (("softmax", 3), "sag", 0.0, np.eye(2, 3), "no classes but those that it sees"),
        (("sigmoid", 1), "saga", 0.0, np.array([[0.5], [1]]), "no targets between 0 and 1"),
        (("sigmoid", 1), "liblinear", 0.0, np.eye(2, 1), "LIBLINEAR always penalises"),
    ],
)
def test_what_the_estimator_cannot_express_is_refused_with_the_reason(
    head: tuple[str, int], solver: str, l2: float, targets: Array, words: str
) -> None:
    architecture = Architecture((2, head[1]), (), head[0], "cross_entropy", l2=l2)
    with pytest.raises(NotSupported, match=words):
        SklearnLogistic(solver=solver).fit(architecture, np.eye(2), targets, 0)


def test_a_wrong_option_names_its_value_and_the_choices() -> None:
    with pytest.raises(ValueError, match=r"solver='newton': choose one of lbfgs, newton-cg"):
        SklearnLogistic(solver="newton")
    with pytest.raises(ValueError, match="precision='float32': liblinear computes in float64"):
        SklearnLogistic("float32", "liblinear")
    assert BUILT_IN["sklearn-logistic"][1] == "scikit-learn's LogisticRegression"
