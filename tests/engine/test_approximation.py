"""Sums of units stay within their error bounds, nearly attain them, and wrong nets exceed them."""

import flint
import numpy as np
import pytest
from flint import arb

from refnet import Architecture, Layer, Parameters, balls, forward
from refnet.approximation.continuous import (
    Continuous,
    FourierSum,
    PiecewiseLinear,
    brownian_path,
    weierstrass,
)
from refnet.approximation.rectifiers import (
    deep_sawtooth,
    interpolant,
    interpolant_bound,
    interpolant_rounding,
    shallow_error,
    tent,
)
from refnet.approximation.ridges import (
    RidgeSum,
    ridge_bound,
    ridge_staircases,
    subsample,
    subsample_error,
)
from refnet.approximation.sigmoids import (
    bump_moments,
    nodes,
    rounding,
    smooth_bound,
    staircase,
    staircase_bound,
)
from refnet.architecture import Array
from refnet.rounding.precision import FLOAT32, U64

LEFT, RIGHT = -1.0, 1.0


def network(parameters: Parameters, activation: str = "sigmoid") -> Architecture:
    widths = (parameters[0].weights.shape[0], *(len(layer.biases) for layer in parameters))
    return Architecture(widths, activation, "identity", "squared_error")


def outputs(parameters: Parameters, inputs: Array, activation: str = "sigmoid") -> Array:
    return forward(network(parameters, activation), parameters, inputs)[:, 0]


def computed_error(parameters: Parameters, inputs: Array, activation: str = "sigmoid") -> Array:
    radius = balls.forward(network(parameters, activation), parameters, inputs).radius
    return np.asarray(radius)[:, 0]


def draw(kind: str, generator: np.random.Generator) -> Continuous:
    """A random continuous function on [-1, 1]."""
    if kind == "piecewise linear":
        inner = generator.choice(
            np.arange(-127, 128), size=int(generator.integers(1, 20)), replace=False
        )
        knots = np.concatenate([[LEFT], np.sort(inner) / 128, [RIGHT]])
        return PiecewiseLinear(knots, generator.normal(size=len(knots)))
    if kind == "zigzag":
        cells = 2 ** int(generator.integers(1, 6))
        knots = nodes(LEFT, 2 / cells, cells)
        return PiecewiseLinear(knots, np.arange(cells + 1) % 2 * 1.0)
    if kind == "Brownian":
        return brownian_path(generator, LEFT, RIGHT, 512)
    if kind == "Fourier":
        n = int(generator.integers(1, 8))
        phases = generator.uniform(0, 6, n)
        return FourierSum(generator.normal(size=n), generator.uniform(0, 20, n), phases)
    return weierstrass(generator.uniform(0.3, 0.8), float(generator.integers(2, 6)), 8)


KINDS = ("piecewise linear", "zigzag", "Brownian", "Fourier", "Weierstrass")


def points(cells: int) -> Array:
    """Where errors are looked for: everywhere, and on both sides of each node and each middle."""
    special = nodes(LEFT, 1 / cells, 2 * cells)
    near = np.concatenate([np.linspace(LEFT, RIGHT, 999), special, special - 1e-9, special + 1e-9])
    return np.asarray(np.clip(near, LEFT, RIGHT))


def staircase_ratio(
    function: Continuous, parameters: Parameters, cells: int, steepness: float
) -> float:
    """The largest error over its bound, that of the exact net and those of rounding."""
    x = points(cells)
    bound = staircase_bound(function.modulus, 2 / cells, steepness, function.concave)
    slack = rounding(parameters, x[:, None], 2 * U64)[:, 0] + computed_error(parameters, x[:, None])
    slack = slack + 2 * float(np.max(function.error(x)))
    return float(np.max(np.abs(outputs(parameters, x[:, None]) - function(x)) / (bound + slack)))


def build(function: Continuous, cells: int, steepness: float) -> Parameters:
    return staircase(function(nodes(LEFT, 2 / cells, cells)), LEFT, 2 / cells, steepness)


@pytest.mark.parametrize("kind", KINDS)
def test_a_staircase_stays_within_its_bound(kind: str) -> None:
    generator = np.random.default_rng(len(kind))
    ratios = []
    for steepness in (0.5, 3.0, 8.0, 12.0, 20.0, 64.0):
        for _ in range(15):
            function, cells = draw(kind, generator), 2 ** int(generator.integers(0, 8))
            parameters = build(function, cells, steepness)
            ratios.append(staircase_ratio(function, parameters, cells, steepness))
    assert max(ratios) <= 1
    assert max(ratios) >= 0.6  # or the bound says little


def test_the_staircase_bounds_are_sharp() -> None:
    zigzag = PiecewiseLinear(nodes(LEFT, 0.5, 4), np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
    assert 0.999 <= staircase_ratio(zigzag, build(zigzag, 2, 40.0), 2, 40.0) <= 1

    parameters = staircase(nodes(LEFT, 0.5, 4), LEFT, 0.5, 1000.0)
    x = np.linspace(LEFT, RIGHT, 4001)
    error = float(np.max(np.abs(outputs(parameters, x[:, None]) - x)))
    assert 0.98 <= error / staircase_bound(float, 0.5, 1000.0, concave=True) <= 1


def with_hidden(parameters: Parameters, weights: float, biases: float) -> Parameters:
    first, last = parameters
    return [Layer(first.weights * weights, first.biases * biases), last]


def a_jump_dropped(parameters: Parameters) -> Parameters:
    first, last = parameters
    jumps = last.weights.copy()
    jumps[np.argmax(np.abs(jumps))] = 0
    return [first, Layer(jumps, last.biases)]


def the_output_bias_dropped(parameters: Parameters) -> Parameters:
    return [parameters[0], Layer(parameters[1].weights, 0 * parameters[1].biases)]


def test_a_wrong_staircase_exceeds_the_bound() -> None:
    line = PiecewiseLinear(np.array([LEFT, RIGHT]), np.array([1.0, 3.0]))
    right = build(line, 16, 12.0)
    assert staircase_ratio(line, right, 16, 12.0) <= 1
    assert staircase_ratio(line, a_jump_dropped(right), 16, 12.0) > 1
    assert staircase_ratio(line, the_output_bias_dropped(right), 16, 12.0) > 1
    assert staircase_ratio(line, with_hidden(right, 0.5, 1.0), 16, 12.0) > 1
    assert staircase_ratio(line, with_hidden(right, 1.0, 0.0), 16, 12.0) > 1
    assert staircase_ratio(line, with_hidden(right, 1 / 64, 1 / 64), 16, 12.0) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_points_differ_by_more_than_the_modulus(kind: str) -> None:
    generator, ratios = np.random.default_rng(7), []
    for _ in range(40):
        function, h = draw(kind, generator), 10.0 ** generator.uniform(-4, 0.3)
        knots = function.knots if isinstance(function, PiecewiseLinear) else np.zeros(1)
        x = np.concatenate([generator.uniform(LEFT, RIGHT, 500), knots])
        y = np.clip(x + h * generator.choice([-1.0, 1.0], len(x)), LEFT, RIGHT)
        allowed = function.modulus(h) + 2 * function.error(x)
        ratios.append(float(np.max(np.abs(function(x) - function(y)) / allowed)))
    assert max(ratios) <= 1
    assert max(ratios) >= 0.9


def test_the_modulus_of_a_piecewise_linear_function_is_exact() -> None:
    generator = np.random.default_rng(3)
    for _ in range(30):
        function = draw("piecewise linear", generator)
        h = int(generator.integers(1, 256)) / 128
        fine = np.arange(-1024, 1025) / 1024  # knots and steps are multiples, so extremes are here
        steps = round(h * 1024)
        y = function(fine)
        largest = max(
            float(np.max(np.abs(y[shift:] - y[: len(y) - shift]))) for shift in range(steps + 1)
        )
        assert largest <= function.modulus(h) <= largest * (1 + 1e-12) + 1e-12


def test_the_error_of_a_function_covers_what_rounding_does() -> None:
    generator = np.random.default_rng(5)
    for _ in range(20):
        function = draw("Fourier", generator)
        assert isinstance(function, FourierSum)
        for x in generator.uniform(-3, 3, 5):
            terms = zip(function.amplitudes, function.frequencies, function.phases, strict=True)
            at = np.array([x])
            with flint.ctx.workprec(200):
                exact = sum(arb(a) * (arb(w) * arb(x) + arb(p)).cos() for a, w, p in terms)
                error = abs(float(exact - arb(float(function(at)[0]))))
            assert error <= float(function.error(at)[0])


@pytest.mark.parametrize("steepness", [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 40.0])
def test_the_moments_of_the_bumps_bound_the_sums_over_a_cell(steepness: float) -> None:
    t = np.linspace(0, 1, 4001)[:, None]
    reach = int(60 / steepness) + 3
    j = np.arange(-reach, reach + 2)
    z = np.clip(steepness * (t - j), -600, 600)
    half = steepness / 2
    bump = 1 / (1 + np.exp(-z - half)) - 1 / (1 + np.exp(-z + half))
    first = float(np.max(np.abs(np.sum((j - t) * bump, axis=1))))
    second = float(np.max(np.sum((j - t) ** 2 * bump, axis=1)))
    m1, m2 = bump_moments(steepness)
    assert first <= m1 + 1e-13
    assert abs(second - m2) <= 1e-12 * m2
    assert m1 <= 1.01 * first + 1e-13 or steepness > 4
    assert m2 <= 0.25 + np.pi**2 / (3 * steepness**2) + 1e-12


def smooth_ratio(
    function: FourierSum, cells: int, steepness: float, padding: int, mistake: float = 1.0
) -> float:
    width = 2 / cells
    grid = nodes(LEFT, width, cells, padding)
    parameters = staircase(function(grid), float(grid[0]), width, steepness)
    parameters = with_hidden(parameters, mistake, mistake)
    x = points(cells)
    slope, curvature, size = (function.derivative_bound(order) for order in (1, 2, 0))
    bound = smooth_bound(slope, curvature, size, width, steepness, padding)
    slack = rounding(parameters, x[:, None], 2 * U64)[:, 0] + computed_error(parameters, x[:, None])
    slack = slack + 2 * float(np.max(function.error(grid)))
    return float(np.max(np.abs(outputs(parameters, x[:, None]) - function(x)) / (bound + slack)))


def test_a_smooth_function_is_met_in_second_order() -> None:
    generator = np.random.default_rng(11)
    ratios = []
    for steepness in (1.0, 2.0, 3.0, 4.0):
        for _ in range(30):
            function = draw("Fourier", generator)
            assert isinstance(function, FourierSum)
            cells, padding = 2 ** int(generator.integers(3, 9)), int(generator.integers(1, 16))
            ratios.append(smooth_ratio(function, cells, steepness, padding))
    wave = FourierSum(np.ones(1), np.full(1, np.pi), np.zeros(1))
    assert max(ratios) <= 1
    assert 0.95 <= smooth_ratio(wave, 64, 2.0, 20) <= 1
    assert smooth_ratio(wave, 64, 2.0, 20, mistake=0.5) > 1
    assert smooth_ratio(wave, 64, 2.0, 20, mistake=0.8) > 1


def test_a_relu_net_interpolates() -> None:
    generator = np.random.default_rng(13)
    ratios = []
    for _ in range(100):
        function = draw("Fourier", generator)
        assert isinstance(function, FourierSum)
        cells = 2 ** int(generator.integers(1, 8))
        knots = nodes(LEFT, 2 / cells, cells)
        values, x = function(knots), points(cells)
        parameters = interpolant(knots, values)
        bound = interpolant_bound(function.derivative_bound(2), 2 / cells)
        slack = interpolant_rounding(knots, values, x[:, None], U64)[:, 0]
        slack = slack + computed_error(parameters, x[:, None], "relu") + 2 * function.error(x)
        error = np.abs(outputs(parameters, x[:, None], "relu") - function(x))
        ratios.append(float(np.max(error / (bound + slack))))
    wave = FourierSum(np.ones(1), np.full(1, np.pi), np.zeros(1))
    knots = nodes(LEFT, 1 / 32, 64)
    error = np.abs(
        outputs(interpolant(knots, wave(knots)), points(64)[:, None], "relu") - wave(points(64))
    )
    assert max(ratios) <= 1
    assert np.max(error) >= 0.99 * interpolant_bound(np.pi**2, 1 / 32)


def test_a_relu_net_is_a_piecewise_linear_function() -> None:
    generator = np.random.default_rng(17)
    for _ in range(100):
        function = draw("piecewise linear", generator)
        assert isinstance(function, PiecewiseLinear)
        parameters = interpolant(function.knots, function.values)
        x = generator.uniform(LEFT, RIGHT, 200)
        allowed = interpolant_rounding(function.knots, function.values, x[:, None], U64)[:, 0]
        allowed = allowed + computed_error(parameters, x[:, None], "relu") + function.error(x)
        assert np.all(np.abs(outputs(parameters, x[:, None], "relu") - function(x)) <= allowed)


def random_ridges(generator: np.random.Generator, dimensions: int) -> RidgeSum:
    n = int(generator.integers(1, 6))
    directions = generator.normal(size=(n, dimensions)) * 2
    return RidgeSum(generator.normal(size=n), directions, generator.uniform(0, 6, n))


def ridge_ratio(function: RidgeSum, parameters: Parameters, units: int, x: Array) -> float:
    dimensions = x.shape[1]
    slack = rounding(parameters, x, (dimensions + 6) * U64)[:, 0] + computed_error(parameters, x)
    allowed = ridge_bound(function, units, 12.0) + slack + 2 * function.error(x)
    return float(np.max(np.abs(outputs(parameters, x) - function(x)) / allowed))


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5])
def test_staircases_along_ridges_stay_within_their_bound(dimensions: int) -> None:
    generator = np.random.default_rng(dimensions)
    ratios, wrong = [], []
    for _ in range(60):
        function = random_ridges(generator, dimensions)
        units = int(generator.integers(1, 40))
        parameters = ridge_staircases(function, units, 12.0)
        x = generator.uniform(-1, 1, size=(500, dimensions))
        ratios.append(ridge_ratio(function, parameters, units, x))
        wrong.append(ridge_ratio(function, the_output_bias_dropped(parameters), units, x))
    assert max(ratios) <= 1
    assert max(ratios) >= 0.2
    assert max(wrong) > 1


def test_a_random_part_of_a_net_errs_as_its_expectation_says() -> None:
    generator = np.random.default_rng(23)
    shares = []
    for _ in range(30):
        wide = [
            Layer(generator.normal(size=(2, 200)), generator.normal(size=200)),
            Layer(generator.normal(size=(200, 1)), generator.normal(size=1)),
        ]
        x = generator.normal(size=(50, 2))
        expected = subsample_error(network(wide), wide, x, 20)
        errors = [
            np.mean((outputs(subsample(wide, 20, generator), x) - outputs(wide, x)) ** 2)
            for _ in range(40)
        ]
        assert min(errors) <= 2 * expected  # Markov: fails once in 2^40 draws
        shares.append(np.mean(errors) / expected)
    assert abs(float(np.mean(shares)) - 1) <= 0.15  # 1200 draws


@pytest.mark.parametrize("times", [1, 2, 5, 9])
def test_a_deep_sawtooth_is_exact(times: int) -> None:
    x = np.arange(2**12 + 1) / 2**12
    assert np.array_equal(outputs(deep_sawtooth(times), x[:, None], "relu"), tent(x, times))


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_shallow_net_needs_as_many_units_as_the_sawtooth_has_teeth(times: int) -> None:
    x = np.arange(2**times + 1) / 2**times
    teeth = tent(x, times)
    assert np.array_equal(outputs(interpolant(x, teeth), x[:, None], "relu"), teeth)
    generator = np.random.default_rng(times)
    units = 2**times - 2
    for _ in range(50):
        knots = np.sort(generator.uniform(0, 1, units))
        features = np.column_stack([np.ones(len(x)), *(np.maximum(x - knot, 0) for knot in knots)])
        fitted = features @ np.linalg.lstsq(features, teeth)[0]
        assert np.max(np.abs(fitted - teeth)) >= shallow_error(units, times) - 1e-9
    assert shallow_error(units, times) == 0.5
    assert shallow_error(2**times - 1, times) == 0


def test_rounding_covers_parameters_cast_to_single_precision() -> None:
    generator, moved = np.random.default_rng(29), []
    for _ in range(50):
        function = draw("Fourier", generator)
        exact = build(function, 64, 12.0)
        exact = [Layer(exact[0].weights * 1.1, exact[0].biases * 1.1), exact[1]]
        cast = [Layer(*(FLOAT32.round(part) for part in layer)) for layer in exact]
        x = generator.uniform(LEFT, RIGHT, (200, 1))
        allowed = rounding(cast, x, FLOAT32.unit)[:, 0]
        moved.append(np.max(np.abs(outputs(cast, x) - outputs(exact, x)) / (allowed + 1e-13)))
    assert max(moved) <= 1
    assert max(moved) >= 0.05


MESSAGES = (
    (lambda: staircase(np.ones(1), 0, 1, 1), r"values has shape \(1,\); give \(n \+ 1,\)"),
    (lambda: staircase(np.ones(3), 0, -1, 1), "width=-1: width is above 0 and finite"),
    (lambda: staircase_bound(abs, 1, 0, concave=True), "steepness=0: steepness is above 0"),
    (lambda: smooth_bound(1, 1, 1, 1, 0.1, 2), "steepness=0.1 and padding=2"),
    (lambda: PiecewiseLinear(np.zeros(2), np.zeros(3)), r"knots \(2,\) and values \(3,\)"),
    (lambda: PiecewiseLinear(np.array([0.0, 2, 1]), np.zeros(3)), r"knots\[2\]=1.0 is not above"),
    (lambda: interpolant(np.array([0.0, 2, 1]), np.zeros(3)), r"knots\[2\]=1.0 is not above"),
    (lambda: interpolant(np.zeros(2), np.zeros(3)), "one value for each of at least two knots"),
    (lambda: FourierSum(np.ones(2), np.ones(3), np.ones(2)), "one amplitude, frequency and phase"),
    (lambda: weierstrass(2, 3, 4), "a=2, b=3"),
    (lambda: deep_sawtooth(0), "times=0: the sawtooth applies the tent at least once"),
    (lambda: RidgeSum(np.ones(1), np.zeros((1, 2)), np.ones(1)), r"directions\[0\] is zero"),
    (lambda: RidgeSum(np.ones(2), np.zeros((1, 2)), np.ones(1)), r"amplitudes \(2,\)"),
    (lambda: subsample(deep_sawtooth(3), 1, np.random.default_rng()), "one hidden layer"),
    (
        lambda: subsample(the_readout_zeroed(), 1, np.random.default_rng()),
        "the readout is zero",
    ),
)


def the_readout_zeroed() -> Parameters:
    return [Layer(np.ones((1, 2)), np.ones(2)), Layer(np.zeros((2, 1)), np.ones(1))]


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_an_error_says_the_rule_and_the_value(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
