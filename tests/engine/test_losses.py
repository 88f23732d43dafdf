"""The losses against the log-likelihoods of scipy.stats, and in every convention longhand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from refnet import Architecture, Conventions, Layer, balls, gradient, loss
from refnet.architecture import Parameters
from refnet.conventions import STRICT
from refnet.problem import Problem
from refnet.rounding.precision import FLOAT32, U64

Array = NDArray[np.float64]


def at(logits: Array, output: str, name: str, **fields: Any) -> tuple[Architecture, Parameters]:
    """A network without hidden layer whose logits, for the inputs 1, are these biases."""
    architecture = Architecture((1, len(logits)), "identity", output, name, **fields)
    return architecture, [Layer(np.zeros((1, len(logits))), np.asarray(logits, dtype=float))]


def one_row(
    logits: Any, targets: Any, output: str, name: str, c: Conventions = STRICT, **fields: Any
) -> float:
    """The loss of a single row with these logits and targets."""
    architecture, parameters = at(np.asarray(logits), output, name, **fields)
    row = np.asarray([targets], dtype=float)
    return float(loss(architecture, parameters, np.ones((1, 1)), row, None, c))


LOGITS = [*np.linspace(-40, 40, 81), -800, 800, -1e4, 1e4, 1e300, -1e300, 5e-324, -5e-324]


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_sigmoid_cross_entropy_is_minus_the_log_likelihood_of_bernoulli(y: float) -> None:
    for z in LOGITS:
        expected = -special.log_expit(z) if y else -special.log_expit(-z)
        assert one_row([z], [y], "sigmoid", "cross_entropy") == pytest.approx(expected, rel=4e-15)
    for z in np.linspace(-30, 30, 61):
        expected = -stats.bernoulli.logpmf(y, special.expit(z))
        # scipy takes log p of a rounded p: p errs by u, and 1 - p by u / (1 - p) of itself
        allowed = 1e-14 + 2 * U64 / special.expit(-abs(z))
        assert one_row([z], [y], "sigmoid", "cross_entropy") == pytest.approx(expected, abs=allowed)


def test_softmax_cross_entropy_is_minus_the_log_likelihood_of_a_categorical() -> None:
    rng = np.random.default_rng(0)
    for size in (1e-3, 1.0, 30.0, 1e4, 1e300):
        z = size * rng.normal(size=4)
        for k, y in enumerate(np.eye(4)):
            expected = -special.log_softmax(z)[k]
            found = one_row(z, y, "softmax", "cross_entropy")
            assert found == pytest.approx(expected, rel=1e-14, abs=1e-14)
    z, y = rng.normal(size=4), np.eye(4)[2]
    expected = -stats.multinomial.logpmf(y, 1, special.softmax(z))
    assert one_row(z, y, "softmax", "cross_entropy") == pytest.approx(expected, rel=1e-13)


def test_softmax_cross_entropy_of_the_widest_logits_is_finite() -> None:
    assert one_row([1.7e308, -1.7e308], [1, 0], "softmax", "cross_entropy") == 0


def test_poisson_with_log_factorial_is_minus_the_log_likelihood() -> None:
    c = Conventions(poisson_constant="log y!")
    for z in np.linspace(-20, 20, 41):
        for y in (0, 1, 2, 7, 300):
            expected = -stats.poisson.logpmf(y, np.exp(z))
            found = one_row([z], [y], "exp", "poisson", c)
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_poisson_by_stirling_is_that_to_a_twelfth_of_one_over_y() -> None:
    c = Conventions(poisson_constant="stirling")
    for y in (2, 5, 50, 1000):
        expected = -stats.poisson.logpmf(y, np.exp(0.7))
        assert 0 <= expected - one_row([0.7], [y], "exp", "poisson", c) <= 1 / (12 * y) + 1e-11
    for y in (0, 1):
        assert one_row([0.7], [y], "exp", "poisson", c) == pytest.approx(np.exp(0.7) - 0.7 * y)


def test_half_the_squared_error_is_minus_the_log_density_of_a_normal_up_to_a_constant() -> None:
    for o, y in ((0.3, -1.0), (5.0, 2.0)):
        expected = stats.norm.logpdf(0) - stats.norm.logpdf(y, loc=o)
        assert one_row([o], [y], "identity", "squared_error") == pytest.approx(expected)


def test_squared_error_of_a_sigmoid_or_softmax_is_that_of_its_outputs() -> None:
    z, y = np.array([0.3, -1.2, 2.0]), np.array([0.0, 1.0, 0.0])
    for output, o in (("sigmoid", special.expit(z)), ("softmax", special.softmax(z))):
        expected = 0.5 * np.sum((o - y) ** 2)
        assert one_row(z, y, output, "squared_error") == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_huber_is_that_of_scipy_and_smooth_l1_is_that_over_delta(delta: float) -> None:
    for r in (0.0, 0.1, delta, np.nextafter(delta, 9), 3.0, -3.0, 1e200, 1e-200):
        expected = special.huber(delta, r)
        found = one_row([r], [0], "identity", "huber", delta=delta)
        assert found == pytest.approx(expected, rel=1e-14)
        smooth = one_row([r], [0], "identity", "huber", Conventions(huber="smooth_l1"), delta=delta)
        assert smooth == pytest.approx(expected / delta, rel=1e-14)


def test_label_smoothing_mixes_the_targets_with_the_uniform_ones() -> None:
    z, y = np.array([0.3, -1.2, 2.0]), np.array([0.0, 1.0, 0.0])
    soft = 0.9 * y + 0.1 / 3
    found = one_row(z, y, "softmax", "cross_entropy", label_smoothing=0.1)
    assert found == pytest.approx(-np.sum(soft * special.log_softmax(z)), rel=1e-14)
    found = one_row([0.4], [1], "sigmoid", "cross_entropy", label_smoothing=0.1)
    expected = -0.95 * special.log_expit(0.4) - 0.05 * special.log_expit(-0.4)
    assert found == pytest.approx(expected, rel=1e-14)


def test_a_clip_bounds_the_loss_of_a_saturated_logit() -> None:
    c = Conventions(probability_clip=1e-7)
    bound, least = -np.log(1e-7), -np.log1p(-1e-7)
    assert one_row([-1e4], [1], "sigmoid", "cross_entropy", c) == pytest.approx(bound)
    assert one_row([1e4], [1], "sigmoid", "cross_entropy", c) == pytest.approx(least, rel=1e-9)
    assert one_row([0, 1e4], [1, 0], "softmax", "cross_entropy", c) == pytest.approx(bound)


def test_a_loss_from_probabilities_is_not_judged_where_they_round_to_zero() -> None:
    architecture, parameters = at(np.array([40.0]), "sigmoid", "cross_entropy")
    c = Conventions(loss_from="probabilities")
    problem = Problem(architecture, parameters, np.ones((1, 1)), np.zeros((1, 1)), None, c)

    assert balls.loss(problem).radius == np.inf
    assert balls.loss(problem._replace(conventions=STRICT)).radius < 1e-12


def test_the_logarithm_of_rounded_probabilities_lies_in_its_ball() -> None:
    c = Conventions(loss_from="probabilities")
    for z in np.linspace(-12, 12, 97).astype(np.float32):
        for output in ("sigmoid", "softmax"):
            logits = [z] if output == "sigmoid" else [z, 0]
            y = [1.0] if output == "sigmoid" else [1.0, 0.0]
            architecture, parameters = at(np.array(logits), output, "cross_entropy")
            problem = Problem(architecture, parameters, np.ones((1, 1)), np.array([y]), None, c)
            ball = balls.loss(problem, FLOAT32)
            p = 1 / (1 + np.exp(-z))
            assert p.dtype == np.float32
            assert abs(float(-np.log(p)) - ball.value) <= ball.radius


def _three_rows() -> tuple[Architecture, Parameters, Array, Array]:
    rng = np.random.default_rng(5)
    architecture = Architecture((2, 2), "identity", "identity", "squared_error", l2=0.3)
    layers = [Layer(rng.normal(size=(2, 2)), rng.normal(size=2))]
    return architecture, layers, rng.normal(size=(3, 2)), rng.normal(size=(3, 2))


def _longhand(c: Conventions, weights: Array | None) -> float:
    architecture, [(w, b)], x, y = _three_rows()
    rows = c.squared_error * np.sum((x @ w + b - y) ** 2, axis=1)
    factors = np.ones(3) if weights is None else weights
    total = float(np.sum(factors)) if c.sample_weight_mean == "weights" else 3.0
    divisor = {
        "mean": total,
        "sum": 1.0,
        "mean over outputs": 2 * total,
        "mean over elements": 2 * total,
    }[c.reduction]
    penalty = c.penalty_factor * architecture.l2 * np.sum(w**2)
    penalty += c.penalty_on_biases * c.penalty_factor * architecture.l2 * np.sum(b**2)
    penalty /= total if c.penalty_per_row else 1
    data = c.loss_factor * np.sum(factors * rows) / divisor
    return float(data + c.loss_includes_penalty * penalty)


EVERY_CONVENTION = [
    STRICT,
    Conventions(reduction="sum", squared_error=1.0),
    Conventions(reduction="mean over outputs", penalty_per_row=True),
    Conventions(reduction="mean over elements", loss_factor=1.7, penalty_per_row="data set"),
    Conventions(sample_weight_mean="rows", penalty_on_biases=True, penalty_factor=1.0),
    Conventions(loss_includes_penalty=False),
]


@pytest.mark.parametrize("weights", [None, np.array([0.5, 2.0, 0.0])])
@pytest.mark.parametrize("conventions", EVERY_CONVENTION)
def test_the_loss_of_each_convention_is_the_one_written_out(
    conventions: Conventions, weights: Array | None
) -> None:
    found = loss(*_three_rows(), weights, conventions)

    assert found == pytest.approx(_longhand(conventions, weights), rel=1e-14)


@pytest.mark.parametrize("weights", [None, np.array([0.5, 2.0, 0.0])])
@pytest.mark.parametrize("conventions", EVERY_CONVENTION)
def test_the_gradient_of_each_convention_is_the_slope_of_its_loss(
    conventions: Conventions, weights: Array | None
) -> None:
    conventions = Conventions(**{**vars(conventions), "loss_includes_penalty": True})
    architecture, [layer], x, y = _three_rows()
    [found] = gradient(architecture, [layer], x, y, weights, conventions)
    for i, j in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[i, j] = 0.25
        up, down = (
            loss(architecture, [Layer(layer.weights + s * step, layer.biases)], x, y, weights,
                 conventions)
            for s in (1, -1)
        )  # fmt: skip
        # a central difference of a quadratic is exact
        assert found.weights[i, j] == pytest.approx((up - down) / 0.5, rel=1e-10, abs=1e-10)


def test_gradient_factor_multiplies_the_whole_gradient_and_not_the_loss() -> None:
    data = _three_rows()
    doubled = Conventions(gradient_factor=2.0)
    assert loss(*data, None, doubled) == loss(*data)
    for here, there in zip(gradient(*data, None, doubled), gradient(*data), strict=True):
        np.testing.assert_allclose(here.weights, 2 * there.weights, rtol=1e-14)
        np.testing.assert_allclose(here.biases, 2 * there.biases, rtol=1e-14)


def test_a_gradient_of_another_reduction_is_that_of_its_loss() -> None:
    data, softmax = _three_rows(), Architecture((2, 2), "identity", "softmax", "cross_entropy")
    classes = softmax, *data[1:3], np.eye(2)[[0, 1, 1]]
    for reduction, ours, theirs in (("sum", 1, 1), ("mean", 3, 3), ("mean over elements", 6, 3)):
        c = Conventions(gradient_reduction=reduction)  # type: ignore[arg-type]
        for case, divisor in ((data, ours), (classes, theirs)):
            assert loss(*case, None, c) == loss(*case)
            [found] = gradient(*case, None, c)
            [summed] = gradient(*case, None, Conventions(reduction="sum"))
            penalty = case[0].l2 * case[1][0].weights
            data_part = (summed.weights - penalty) / divisor
            np.testing.assert_allclose(found.weights, data_part + penalty, rtol=1e-13)


def test_whole_numbers_have_the_same_loss_as_integers_and_as_floats() -> None:
    architecture = Architecture((2, 1), "tanh", "identity", "squared_error")
    arrays = [[1, 2], [3, 4]], [[7], [9]], [[1], [2]], [3]
    inputs, targets, weights, biases = (np.array(array) for array in arrays)
    layers = [Layer(weights, biases)]

    assert loss(architecture, layers, inputs, targets) == 6.5
    assert balls.loss(Problem(architecture, layers, inputs, targets)).value == 6.5
    assert np.all(gradient(architecture, layers, inputs, targets)[0].weights == [[8.0], [11.0]])


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_integer_logits_are_logits(output: str) -> None:
    architecture = Architecture((2, 2), "tanh", output, "cross_entropy")
    layers = [Layer(np.array([[1, 2], [-3, 0]]), np.array([1, -1]))]
    floats = [Layer(w.astype(float), b.astype(float)) for w, b in layers]
    inputs, targets = np.array([[1, 0], [2, -1], [0, 0]]), np.eye(2)[[0, 1, 0]]

    assert loss(architecture, layers, inputs, targets) == loss(
        architecture, floats, inputs.astype(float), targets
    )


def test_sum_reduction_does_not_multiply_the_penalty() -> None:
    architecture, layers, x, y = _three_rows()
    bare = Architecture((2, 2), "identity", "identity", "squared_error")
    c = Conventions(reduction="sum")
    added = loss(architecture, layers, x, y, None, c) - loss(bare, layers, x, y, None, c)

    assert added == pytest.approx(0.5 * 0.3 * np.sum(layers[0].weights ** 2))
