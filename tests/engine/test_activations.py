"""The activations against scipy.special, over everything that float64 holds."""

from collections.abc import Callable, Collection

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from refnet import BFLOAT16, FLOAT32, FLOAT64, STRICT, Ball, Conventions, Precision
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.functions.activations import TABLE, activation, names_where
from refnet.functions.elementwise import Activation
from refnet.functions.gated import GELU_CURVATURE, GELU_SLOPE, SILU_CURVATURE, SILU_SLOPE
from refnet.functions.kinked import SELU_ALPHA, SELU_SCALE
from refnet.functions.losses import TABLE as HEAD_TABLE
from refnet.rounding.arithmetic import within
from tests.engine import exact, lowprecision

Array = NDArray[np.float64]

ORDINARY = np.concatenate([np.linspace(-50, 50, 20001), np.linspace(-1e-3, 1e-3, 201)])
EXTREME = np.array([0.0, -0.0, 5e-324, -5e-324, 1e-310, -1e-310, 2.3e-308, -2.3e-308])
HUGE = np.array([800, -800, 1e4, -1e4, 1e154, -1e154, 1e200, -1e200, 1.7e308, -1.7e308])
EVERYTHING = np.concatenate([ORDINARY, EXTREME, HUGE])

GELU_TANH = Conventions(gelu="tanh")
OTHERS = Conventions(leaky_slope=0.3, elu_alpha=1.7, gelu="tanh")
CUT = Conventions(softplus_threshold=1.0)

REFERENCES: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "sigmoid": special.expit,
    "tanh": lambda z: 2 * special.expit(2 * z) - 1,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.maximum(z, 0) + 0.01 * np.minimum(z, 0),
    "elu": lambda z: np.maximum(z, 0) + special.expm1(np.minimum(z, 0)),
    "selu": lambda z: (
        SELU_SCALE * (np.maximum(z, 0) + SELU_ALPHA * special.expm1(np.minimum(z, 0)))
    ),
    "softplus": lambda z: -special.log_expit(-z),
    "exp": lambda z: np.exp2(z / np.log(2)),
    "gelu": lambda z: z * (special.erfc(-z / np.sqrt(2)) / 2),
    "silu": lambda z: z * special.expit(z),
}


def _value(row: Activation, z: Array) -> Array:
    return row.value.value(z)


def _slope(row: Activation, z: Array) -> Array:
    return row.pullback.value(np.ones_like(z), z, _value(row, z))


def _ball(row: Activation, z: Array, radius: float, precision: Precision = FLOAT64) -> Ball:
    ball = within(precision)(row.value, Ball(z, np.full_like(z, radius)))
    assert isinstance(ball, Ball)
    return ball


@pytest.mark.parametrize(
    ("of", "known"),
    [
        ("refnet.architecture.ACTIVATIONS", ACTIVATIONS),
        ("REFERENCES of this file", {*REFERENCES, "softmax"}),
        ("the exact activations", {*exact.SCALARS, "softmax"}),
        ("the values in low precision", lowprecision.VALUES),
        ("the slopes in low precision", {*lowprecision.SLOPES, "softmax"}),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_each_list_names_every_activation_of_the_table(of: str, known: Collection[str]) -> None:
    assert not set(TABLE) - set(known), f"{of} lacks some that the table has"
    assert not set(known) - set(TABLE), f"the table lacks some of {of}"


def test_each_list_names_every_head_of_the_table() -> None:
    assert tuple(HEAD_TABLE) == HEADS


@pytest.mark.parametrize("form", [STRICT, OTHERS], ids=["strict", "others"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_facts_of_an_activation_are_what_its_values_show(name: str, form: Conventions) -> None:
    facts, row = activation(name, form).facts, activation(name, form)
    pairs = np.linspace(-16, 16, 4097)[:, None] * [1, 0]  # beside a unit that stays at 0
    moving, still = _value(row, pairs).T
    near = np.array([-1.5e-4, -0.5e-4, 0.5e-4, 1.5e-4])[:, None] * [1, 0]
    bends = np.diff(_slope(row, near)[:, 0], 2)  # of size 1e-8 where f has three derivatives

    assert facts.kinked == bool(np.max(np.abs(bends)) > 1e-6)
    assert facts.zero_at_zero == bool(_value(row, np.zeros((1, 2)))[0, 0] == 0)
    assert facts.bounded == bool(np.max(np.abs(moving)) <= 1)
    assert facts.per_unit == bool(np.all(still == still[0]))
    assert facts.monotone == (facts.per_unit and bool(np.all(np.diff(moving) >= 0)))


def test_an_activation_that_the_table_lacks_is_named() -> None:
    with pytest.raises(KeyError, match="swish"):
        activation("swish", STRICT)


@pytest.mark.parametrize("name", names_where(lambda facts: facts.per_unit))
def test_a_value_agrees_with_scipy_from_subnormals_to_the_largest_numbers(name: str) -> None:
    z = EVERYTHING[EVERYTHING < 700] if name == "exp" else EVERYTHING
    row = activation(name, STRICT)
    allowed = np.asarray(_ball(row, z, 0.0).radius)
    with np.errstate(over="ignore"):  # the references are less careful
        expected = REFERENCES[name](z)
    if name == "exp":  # z / log 2 is rounded, and exp2 magnifies that
        allowed = allowed + np.maximum(np.abs(z), 1) * 2.0**-52 * expected

    assert np.all(np.abs(_value(row, z) - expected) <= allowed)


@pytest.mark.parametrize("conventions", [STRICT, GELU_TANH])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_finite_number_warns_or_gives_nan(name: str, conventions: Conventions) -> None:
    row = activation(name, conventions)
    z = np.stack([EVERYTHING, EVERYTHING[::-1]], axis=-1)

    assert not np.isnan(_value(row, z)).any()
    assert not np.isnan(_slope(row, z)[z < 700]).any()


def test_exp_overflows_to_infinity_without_a_warning() -> None:
    assert _value(activation("exp", STRICT), np.array([1e4])) == np.inf


def test_softmax_agrees_with_scipy_and_never_overflows() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200, 5)) * 10 ** rng.uniform(-3, 4, (200, 1))
    row = activation("softmax", STRICT)

    assert np.all(np.abs(_value(row, z) - special.softmax(z, axis=-1)) <= _ball(row, z, 0.0).radius)
    assert _value(row, np.array([[1e4, 2e4, 3e4]])).tolist() == [[0, 0, 1]]
    assert _value(row, np.array([[-1.7e308, 1.7e308]])).tolist() == [[0, 1]]


def test_the_pullback_of_softmax_is_the_product_with_its_jacobian() -> None:
    rng = np.random.default_rng(1)
    z, s = rng.normal(size=(2, 4))
    row = activation("softmax", STRICT)
    a = _value(row, z)
    jacobian = np.diag(a) - np.outer(a, a)

    np.testing.assert_allclose(row.pullback.value(s, z, a), jacobian @ s, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize(
    ("name", "conventions", "slope", "curvature"),
    [
        ("gelu", STRICT, GELU_SLOPE, GELU_CURVATURE),
        ("gelu", GELU_TANH, GELU_SLOPE, GELU_CURVATURE),
        ("silu", STRICT, SILU_SLOPE, SILU_CURVATURE),
    ],
)
def test_the_declared_suprema_are_suprema_and_close(
    name: str, conventions: Conventions, slope: float, curvature: float
) -> None:
    z = np.linspace(-12, 12, 1_200_001)
    slopes = _slope(activation(name, conventions), z)
    steepest, sharpest = np.max(np.abs(slopes)), np.max(np.abs(np.diff(slopes) / np.diff(z)))

    assert steepest <= slope <= steepest * 1.001
    assert sharpest <= curvature * (1 + 1e-9) <= sharpest * 1.001


@pytest.mark.parametrize("name", names_where(lambda facts: facts.per_unit))
def test_every_point_of_a_ball_maps_into_the_ball_of_the_value(name: str) -> None:
    z = np.linspace(-16, 16, 4097)  # dyadic, as are the radii, so that sums are exact
    for conventions in (STRICT, OTHERS, CUT):
        row = activation(name, conventions)
        for radius in (0.0, 2.0**-10, 2.0**-2, 4.0):
            ball = _ball(row, z, radius)
            for share in np.linspace(-1, 1, 9):
                assert np.all(np.abs(_value(row, z + share * radius) - ball.value) <= ball.radius)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_of_every_point_of_a_ball_lies_in_the_ball_of_the_slope(name: str) -> None:
    z = np.stack([np.linspace(-8, 8, 1025), np.linspace(4, -4, 1025)], axis=-1)
    for conventions in (STRICT, OTHERS, CUT):
        row, apply = activation(name, conventions), within(FLOAT64)
        for radius in (2.0**-20, 2.0**-7, 0.5):
            here = Ball(z, np.full_like(z, radius))
            ball = apply(row.pullback, np.ones_like(z), here, apply(row.value, here))
            for share in np.linspace(-1, 1, 5):
                slope = _slope(row, z + share * radius)
                assert np.all(np.abs(slope - ball.value) <= ball.radius)


SIDES = {
    "relu": (0.0, 1.0),
    "leaky_relu": (0.01, 1.0),
    "elu": (0.5, 1.0),
    "selu": (SELU_SCALE * SELU_ALPHA, SELU_SCALE),
}


@pytest.mark.parametrize("name", names_where(lambda facts: facts.kinked))
def test_at_a_kink_both_slopes_are_legal(name: str) -> None:
    row, apply = activation(name, Conventions(elu_alpha=0.5)), within(FLOAT32)
    for z in (0.0, 1e-7, -1e-7):
        here = Ball(np.array([z]), np.array([2e-7]))
        ball = apply(row.pullback, np.ones(1), here, apply(row.value, here))
        for side in SIDES[name]:
            assert np.abs(side - ball.value) <= ball.radius


def test_away_from_the_kink_only_one_slope_of_relu_is_legal() -> None:
    row, apply = activation("relu", STRICT), within(FLOAT32)
    here = Ball(np.array([3e-7, -3e-7]), np.full(2, 2e-7))
    ball = apply(row.pullback, np.ones(2), here, apply(row.value, here))

    assert np.all(ball.radius < 1e-6)


def test_a_promise_of_relative_accuracy_narrows_the_ball() -> None:
    promised = Precision("p", 2.0**-24, 2.0**-24, 2.0**-126, 3e38, "float32", relative=("sigmoid",))
    row, z = activation("sigmoid", STRICT), np.array([-30.0])

    assert _ball(row, z, 0.0, promised).radius < 1e-6 * special.expit(-30.0)
    assert _ball(row, z, 0.0, FLOAT32).radius > 2.0**-24


def test_exp_that_may_overflow_a_small_precision_is_not_judged() -> None:
    row = activation("exp", STRICT)

    assert _ball(row, np.array([88.5]), 0.0, BFLOAT16).radius == np.inf
    assert _ball(row, np.array([80.0]), 0.0, BFLOAT16).radius < np.inf
