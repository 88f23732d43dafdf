"""Fits are minimisers, certificates are true of them, and data sets are what they claim."""

import itertools
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import flint
import numpy as np
import pytest
import scipy
from flint import arb, arb_mat

from refnet import Architecture, Layer, Problem, gradient
from refnet.architecture import Array
from refnet.logistic import separability
from refnet.logistic.certificate import Certificate, certify
from refnet.logistic.datasets import DataSet, overlapping, quasi_separable, separable
from refnet.logistic.linear_model import linear_model, probabilities
from refnet.logistic.newton import fit
from refnet.logistic.separability import decide, margins

BITS = 300


class Case(NamedTuple):
    design: Array
    targets: Array
    penalties: Array
    sample_weights: Array | None


def draw(seed: int, rows: int = 60, features: int = 4) -> Case:
    """A random regression: binary or of up to four classes, penalised or not, weighted or not."""
    generator = np.random.default_rng(seed)
    d = int(generator.integers(1, features + 1))
    classes = int(generator.choice([1, 1, 2, 3, 4]))
    n = int(generator.integers(rows // 3, rows))
    inputs = generator.normal(size=(n, d)) * 10.0 ** generator.uniform(-2, 2)
    design = np.append(inputs, np.ones((n, 1)), axis=1)
    labels = generator.integers(0, max(classes, 2), n)
    targets = np.eye(classes)[labels] if classes > 1 else labels[:, None].astype(np.float64)
    penalties = np.append(np.full(d, generator.choice([0, 0.01, 1])), 0)
    weights = generator.integers(0, 4, n) if generator.random() < 0.3 else None
    sample_weights = None if weights is None else weights.astype(np.float64)
    return Case(design, targets, penalties, sample_weights)


def centred(weights: Array) -> Array:
    """The weights that sum to 0 over the classes of a softmax; those of a sigmoid as they are."""
    if weights.shape[1] == 1:
        return weights
    return np.asarray(weights - np.mean(weights, axis=1, keepdims=True))


def fitted(case: Case) -> tuple[Array, Certificate] | None:
    """The fit and its certificate, or None where the classes happen to be separated."""
    try:
        weights = fit(*case).weights
    except ValueError:
        return None
    certificate = certify(case.design, case.targets, weights, *case[2:])
    return (weights, certificate) if certificate.holds else None


CASES = [case for case in map(draw, range(60)) if fitted(case) is not None]
SMALL = [case for case in (draw(s, 24, 2) for s in range(100, 118)) if fitted(case) is not None]


def test_most_of_the_random_cases_have_a_minimiser() -> None:
    assert len(CASES) >= 40
    assert len(SMALL) >= 10


def test_a_fit_has_no_gradient_left() -> None:
    for case in CASES:
        found = fit(*case)
        scale = float(np.max(np.abs(case.design)))
        assert found.gradient_norm <= max(1e-12, 1e-14 * scale)
        assert 1 <= found.iterations <= 40


def test_the_gradient_is_the_one_of_a_network_without_hidden_layer() -> None:
    for case in CASES:
        classes = case.targets.shape[1]
        weights = fit(*case, tolerance=1e-1).weights
        head = "sigmoid" if classes == 1 else "softmax"
        features = case.design.shape[1] - 1
        l2 = float(case.penalties[0])
        architecture = Architecture((features, classes), (), head, "cross_entropy", l2=l2)
        parameters = [Layer(weights[:-1], weights[-1])]
        problem = Problem(
            architecture, parameters, case.design[:, :-1], case.targets, case.sample_weights
        )
        layer = gradient(*problem)[0]
        expected = np.append(layer.weights, layer.biases[None], axis=0)
        model = linear_model(*case)
        v = weights - weights[:, -1:] if classes > 1 else weights
        v = v[:, : model.differences]
        ours = model.gradient(v, probabilities(case.design @ v)[0])
        assert np.max(np.abs(ours - expected[:, : model.differences])) <= 1e-12 * float(
            np.max(np.abs(case.design))
        )


def test_the_hessian_is_the_derivative_of_the_gradient() -> None:
    for case in CASES[:20]:
        model = linear_model(*case)
        generator = np.random.default_rng(0)
        scale = np.max(np.abs(case.design), axis=0)[:, None]
        v = generator.normal(size=(case.design.shape[1], model.differences)) / scale
        h = 1e-5 * generator.normal(size=v.shape) / scale

        def at(v: Array, model: Any = model) -> Array:
            return np.asarray(model.gradient(v, probabilities(model.design @ v)[0]))

        difference = (at(v + h) - at(v - h)) / 2
        upper = np.triu(model.hessian(*probabilities(model.design @ v)))
        product = (upper + np.triu(upper, 1).T) @ h.T.ravel()
        assert np.max(
            np.abs(product - difference.T.ravel()) / np.tile(scale.ravel(), v.shape[1])
        ) <= (1e-9 * 1e-5 * 100)


def test_a_perturbed_minimiser_is_as_near_as_the_certificate_says() -> None:
    ratios, judged = [], 0
    for case, size in itertools.product(CASES, (0.1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10)):
        best = fitted(case)
        assert best is not None
        weights, own = best
        generator = np.random.default_rng(judged)
        step = size * generator.normal(size=weights.shape) * np.abs(weights)
        there = certify(case.design, case.targets, weights + step, *case[2:])
        if not there.holds:
            continue
        judged += 1
        moved = case.design @ step
        range_ = np.ptp(moved, axis=1) if moved.shape[1] > 1 else np.abs(moved[:, 0])
        allowed = there.coordinate_radii + own.coordinate_radii
        ratios.append(float(np.max(np.abs(centred(step)) / allowed)))
        ratios.append(float(np.max(range_ / (there.logit_radii + own.logit_radii))))
        model = linear_model(*case)
        v = weights - weights[:, -1:] if weights.shape[1] > 1 else weights
        dv = step - step[:, -1:] if weights.shape[1] > 1 else step
        v, dv = v[:, : model.differences], dv[:, : model.differences]
        gap = model.objective(v + dv, case.design @ (v + dv)) - model.objective(v, case.design @ v)
        assert gap <= there.gap + 1e-13 * (1 + np.max(np.abs(case.design @ v)))
    assert judged >= 150
    assert max(ratios) <= 1
    assert max(ratios) >= 0.99  # and it is sharp


def exact(case: Case, weights: Array) -> tuple[arb_mat, arb_mat, Callable[[arb_mat], arb]]:
    """v* - v, the Hessian at v and F, all in ball arithmetic, class by class."""
    n, d = case.design.shape
    r = max(case.targets.shape[1] - 1, 1)
    c = case.sample_weights if case.sample_weights is not None else np.ones(n)
    rates = [arb(float(x)) / arb(float(np.sum(c))) for x in c]
    X = [[arb(float(x)) for x in row] for row in case.design]
    one = case.targets.shape[1] == 1
    metric = [
        [arb(int(a == b)) - (arb(0) if one else arb(1) / (r + 1)) for b in range(r)]
        for a in range(r)
    ]

    def at(v: list[list[arb]]) -> list[list[arb]]:
        return [
            [sum((x * v[a][j] for j, x in enumerate(row)), arb(0)) for a in range(r)] for row in X
        ]

    def derivatives(v: list[list[arb]]) -> tuple[arb_mat, arb_mat]:
        g, H = arb_mat(d * r, 1), arb_mat(d * r, d * r)
        for i, z in enumerate(at(v)):
            powers = [x.exp() for x in z]
            p = [x / (1 + sum(powers, arb(0))) for x in powers]
            for a, j in itertools.product(range(r), range(d)):
                g[a * d + j, 0] += rates[i] * X[i][j] * (p[a] - arb(float(case.targets[i, a])))
                for b, m in itertools.product(range(r), range(d)):
                    s = p[a] * ((1 if a == b else 0) - p[b])
                    H[a * d + j, b * d + m] += rates[i] * s * X[i][j] * X[i][m]
        for a, b, j in itertools.product(range(r), range(r), range(d)):
            l2 = arb(float(case.penalties[j])) * metric[a][b]
            g[a * d + j, 0] += l2 * v[b][j]
            H[a * d + j, b * d + j] += l2
        return g, H

    def objective(flat: arb_mat) -> arb:
        v = [[flat[a * d + j, 0] for j in range(d)] for a in range(r)]
        total = arb(0)
        for i, z in enumerate(at(v)):
            lse = (1 + sum((x.exp() for x in z), arb(0))).log()
            total += rates[i] * (lse - sum(arb(float(case.targets[i, a])) * z[a] for a in range(r)))
        for a, b, j in itertools.product(range(r), range(r), range(d)):
            total += arb(float(case.penalties[j])) * metric[a][b] * v[a][j] * v[b][j] / 2
        return total

    last = 0 if one else -1
    start = [
        [arb(float(weights[j, a])) - (0 if one else arb(float(weights[j, last]))) for j in range(d)]
        for a in range(r)
    ]
    v = start
    for _ in range(8):
        g, H = derivatives(v)
        step = H.solve(g)
        v = [[(v[a][j] - step[a * d + j, 0]).mid() for j in range(d)] for a in range(r)]
    change = arb_mat([[v[a][j] - start[a][j]] for a in range(r) for j in range(d)])
    here = arb_mat([[start[a][j]] for a in range(r) for j in range(d)])

    def gap(change: arb_mat) -> arb:
        return objective(here) - objective(here + change)

    return change, derivatives(start)[1], gap


@pytest.mark.parametrize("case", SMALL)
@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-3, 0.03])
def test_a_certificate_is_true_of_the_exact_minimiser(case: Case, size: float) -> None:
    best = fitted(case)
    assert best is not None
    noise = np.random.default_rng(0).normal(size=best[0].shape)
    weights = best[0] * (1 + size * noise)
    certificate = certify(case.design, case.targets, weights, *case[2:])
    assert certificate.holds or size > 1e-3
    with flint.ctx.workprec(BITS):
        change, hessian, gap = exact(case, weights)
        norm = float((change.transpose() * hessian * change)[0, 0].sqrt())
        d = case.design.shape[1]
        moves = np.array([float(change[i, 0]) for i in range(change.nrows())]).reshape(-1, d).T
        lost = float(gap(change))
    assert norm <= certificate.norm_radius
    if moves.shape[1] < weights.shape[1]:
        moves = centred(np.append(moves, np.zeros((d, 1)), axis=1))
    assert np.all(np.abs(moves) <= certificate.coordinate_radii)
    logits = case.design @ moves
    spread = np.ptp(logits, axis=1) if logits.shape[1] > 1 else np.abs(logits[:, 0])
    assert np.all(spread <= certificate.logit_radii * (1 + 1e-12))
    assert 0 <= lost <= certificate.gap
    counted = case.sample_weights is None or case.sample_weights > 0
    assert np.max(certificate.logit_radii * counted) <= certificate.logit_radius * (1 + 1e-6)


def test_a_gradient_bound_gives_the_radius_of_every_point_with_that_gradient() -> None:
    judged = 0
    for case in CASES:
        best = fitted(case)
        assert best is not None
        weights, own = best
        wide = certify(case.design, case.targets, weights, *case[2:], gradient_bound=1e-10)
        assert wide.decrement >= own.decrement / 2
        rough = fit(*case, tolerance=1e-10)
        if wide.holds and rough.gradient_norm <= 1e-10:
            judged += 1
            step = np.abs(centred(rough.weights - weights))
            assert np.all(step <= (wide.coordinate_radii + own.coordinate_radii) * (1 + 1e-6))
    assert judged >= 20


@pytest.mark.parametrize("build", [separable, quasi_separable])
def test_separated_data_are_never_certified(
    build: Callable[[np.random.Generator, int, int], DataSet],
) -> None:
    generator = np.random.default_rng(31)
    for _ in range(60):
        features = int(generator.integers(1, 5))
        data = build(generator, int(generator.integers(features + 3, 40)), features)
        for size in (0.0, 1e-3, 0.1, 1.0, 10.0):
            noise = generator.normal(size=(features + 1, 1))
            witness = data.witness[:, None] * size
            for weights in (witness, witness + noise, size * noise):
                certificate = certify(data.design, data.labels, weights)
                assert not certificate.holds
                assert certificate.logit_radius == math.inf
        for tolerance in (1e-1, 1e-3, 1e-6):
            try:
                weights = fit(data.design, data.labels, tolerance=tolerance).weights
            except ValueError:
                continue
            assert not certify(data.design, data.labels, weights).holds


def test_separated_data_with_a_penalty_have_a_minimiser() -> None:
    generator = np.random.default_rng(37)
    for _ in range(20):
        data = separable(generator, 20, 3)
        weights = fit(data.design, data.labels, penalties=0.01).weights
        assert certify(data.design, data.labels, weights, penalties=0.01).holds


def whole(array: Array) -> list[list[int]]:
    """The rows as Python's unbounded integers; fails where one is no whole number."""
    assert np.array_equal(array, np.round(array))
    return [[int(x) for x in row] for row in array]


def signed_rows(data: DataSet) -> list[list[int]]:
    assert set(np.unique(data.labels)) == {0, 1}
    assert np.linalg.matrix_rank(data.design) == data.design.shape[1]
    assert np.all(data.design[:, -1] == 1)
    signs = [1 if label else -1 for label in data.labels[:, 0]]
    return [[s * x for x in row] for s, row in zip(signs, whole(data.design), strict=True)]


def products(data: DataSet) -> list[int]:
    witness = [int(x) for x in data.witness]
    return [sum(x * v for x, v in zip(row, witness, strict=True)) for row in signed_rows(data)]


def sizes(seed: int) -> list[tuple[np.random.Generator, int, int]]:
    generator = np.random.default_rng(seed)
    features = [int(generator.integers(1, 6)) for _ in range(60)]
    return [(generator, int(generator.integers(d + 3, 40)), d) for d in features]


def test_overlapping_data_have_a_positive_combination_that_vanishes() -> None:
    for generator, rows, features in sizes(41):
        data = overlapping(generator, rows, features)
        assert data.design.shape == (rows, features + 1)
        assert min(data.witness) > 0
        weighted = zip(data.witness, signed_rows(data), strict=True)
        total = np.sum([[int(a) * x for x in row] for a, row in weighted], axis=0)
        assert not np.any(total)
        assert decide(data.design, data.labels) == "overlap"


def test_separable_data_have_a_margin() -> None:
    for generator, rows, features in sizes(43):
        data = separable(generator, rows, features)
        assert min(products(data)) >= 1
        assert np.min(margins(data.design, data.labels, data.witness)) > 0
        assert decide(data.design, data.labels) == "complete"


def test_quasi_separable_data_lie_on_both_sides_and_in_the_plane() -> None:
    for generator, rows, features in sizes(47):
        data = quasi_separable(generator, rows, features)
        assert data.design.shape == (rows, features + 1)
        along = products(data)
        assert min(along) == 0 < max(along)
        points: dict[tuple[int, ...], set[float]] = {}
        for row, label in zip(whole(data.design), data.labels[:, 0], strict=True):
            points.setdefault(tuple(row), set()).add(float(label))
        assert {0.0, 1.0} in points.values()  # so that no plane separates all
        assert decide(data.design, data.labels) == "quasi-complete"


def test_separability_does_not_depend_on_the_scale_of_columns_or_on_copies_of_them() -> None:
    generator = np.random.default_rng(53)
    kinds = (("overlap", overlapping), ("complete", separable), ("quasi-complete", quasi_separable))
    for (name, build), _ in itertools.product(kinds, range(15)):
        data = build(generator, 20, 3)
        scaled = data.design * 10.0 ** generator.uniform(-4, 4, 4)
        assert decide(scaled, data.labels) == name
        doubled = np.append(data.design, data.design[:, :2] * 3, axis=1)
        assert decide(np.append(doubled, np.zeros((20, 1)), axis=1), data.labels) == name


def test_many_rows_are_decided_by_a_part_of_them() -> None:
    generator = np.random.default_rng(59)
    for build, name in ((overlapping, "overlap"), (separable, "complete")):
        data = build(generator, 4000, 3)
        order = generator.permutation(4000)
        assert decide(data.design[order], data.labels[order]) == name
        assert decide(data.design, data.labels) == name


def test_a_balanced_design_has_the_closed_form_of_proportions() -> None:
    successes, totals = np.array([1, 5, 9, 50]), np.array([3, 10, 10, 99])
    design = np.repeat(np.eye(4), totals, axis=0)
    parts = [np.repeat([1.0, 0.0], [k, n - k]) for k, n in zip(successes, totals, strict=True)]
    targets = np.concatenate(parts)[:, None]
    closed = np.log(successes / (totals - successes))[:, None]
    assert certify(design, targets, closed).kappa <= 1e-12
    found = fit(design, targets).weights
    radii = certify(design, targets, found).coordinate_radii
    assert np.all(np.abs(found - closed) <= radii + 4e-16 * np.abs(closed))


def test_minimisers_agree_with_statsmodels_within_the_certificates() -> None:
    import statsmodels.api as sm  # takes seconds

    judged = 0
    for case in CASES:
        if case.sample_weights is not None or np.any(case.penalties):
            continue
        classes = case.targets.shape[1]
        judged += 1
        labels = case.targets[:, 0] if classes == 1 else np.argmax(case.targets, axis=1)
        kind = sm.Logit if len(set(labels)) == 2 else sm.MNLogit
        theirs = kind(labels, case.design).fit(disp=0, tol=1e-14, maxiter=100).params
        theirs = np.asarray(theirs).reshape(case.design.shape[1], -1)
        if classes > 1:  # differences to the first class
            theirs = np.append(np.zeros((len(theirs), 1)), theirs, axis=1)
        best = fitted(case)
        assert best is not None
        certificate = certify(case.design, case.targets, theirs)
        assert certificate.holds
        error = np.abs(centred(theirs) - best[0])
        assert np.all(error <= certificate.coordinate_radii + best[1].coordinate_radii)
    assert judged >= 5


MESSAGES: tuple[tuple[Callable[[], object], str], ...] = (
    (lambda: fit(np.ones((3, 1)), np.ones((2, 1))), r"design \(3, 1\) and targets \(2, 1\)"),
    (lambda: fit(np.full((3, 1), np.nan), np.ones((3, 1))), "design has a number that is not"),
    (lambda: fit(np.ones((2, 1)), np.full((2, 1), 2.0)), r"targets has 2.0; targets lie in"),
    (lambda: fit(np.ones((2, 1)), np.full((2, 3), 0.5)), r"targets\[0\] sums to 1.5"),
    (
        lambda: fit(np.ones((2, 1)), np.ones((2, 1)), np.ones(3)),
        r"penalties \(3,\): give one, or 1",
    ),
    (lambda: fit(np.ones((2, 1)), np.ones((2, 1)), -1.0), "penalties are finite and at least 0"),
    (
        lambda: fit(np.ones((2, 1)), np.ones((2, 1)), 0.0, np.zeros(2)),
        "sample_weights: give finite weights of at least 0",
    ),
    (
        lambda: fit(np.ones((2, 1)), np.ones((2, 1)), 0.0, np.ones(3)),
        r"sample_weights \(3,\): give one weight for each of 2",
    ),
    (
        lambda: fit(np.ones((4, 2)), np.array([[0.0], [1], [1], [1]])),
        "columns of the design are dependent, or the data can be separated",
    ),
    (
        lambda: fit(np.ones((3, 1)), np.array([[0.0], [1], [1]]), limit=1),
        "after 1 iterations the gradient is 0.167, above tolerance=1e-12",
    ),
    (
        lambda: certify(np.ones((3, 1)), np.ones((3, 1)), np.ones((2, 1))),
        r"weights \(2, 1\): give \(features, outputs\), here \(1, 1\)",
    ),
    (lambda: decide(np.ones((2, 1)), np.array([0.0, 0.5])), "labels has 0.5; a label is 0 or 1"),
    (lambda: separable(np.random.default_rng(), 3, 2), "rows=3, features=2"),
)


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_an_error_says_the_rule_and_the_value(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_data_without_columns_overlap() -> None:
    assert decide(np.zeros((3, 2)), np.array([0.0, 1.0, 1.0])) == "overlap"


def test_a_weight_is_a_number_of_copies() -> None:
    generator = np.random.default_rng(61)
    design = np.append(generator.normal(size=(40, 2)), np.ones((40, 1)), axis=1)
    targets = generator.integers(0, 2, (40, 1)).astype(np.float64)
    counts = generator.integers(0, 3, 40)
    weighted = fit(design, targets, 0.0, counts.astype(np.float64)).weights
    radii = certify(design, targets, weighted, 0.0, counts.astype(np.float64)).coordinate_radii
    design, targets = (np.repeat(array, counts, axis=0) for array in (design, targets))
    repeated = fit(design, targets).weights
    radii = radii + certify(design, targets, repeated).coordinate_radii
    assert np.all(np.abs(repeated - weighted) <= radii)


def test_a_dependent_column_is_never_certified() -> None:
    design = np.ones((3, 2))
    assert not certify(design, np.array([[0.0], [1.0], [1.0]]), np.zeros((2, 1))).holds


def test_a_linear_programme_without_an_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = SimpleNamespace(x=None, message="out of luck")
    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: nothing)
    with pytest.raises(RuntimeError, match="ended without an answer: out of luck"):
        separability.by_programme(np.ones((2, 1)), np.array([0.0, 1.0]))
