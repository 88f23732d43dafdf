"""The initializers: scale, shape and support of each distribution."""

import numpy as np
import pytest
from scipy import stats

from refnet import Architecture, Conventions, initialize
from refnet.training.initializers import INITIALIZERS, TRUNCATED_DEVIATION, deviation

WIDE = Architecture((200, 300, 1), "tanh", "identity", "squared_error")


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_have_the_layers_shapes_and_biases_are_zero(initializer: str) -> None:
    layers = initialize(WIDE, initializer, 0)

    assert [layer.weights.shape for layer in layers] == WIDE.shapes
    assert not any(layer.biases.any() for layer in layers)


@pytest.mark.parametrize("fan", ["lecun", "glorot", "he"])
@pytest.mark.parametrize("draw", ["normal", "uniform", "truncated"])
def test_the_variance_is_the_one_that_the_fans_give(fan: str, draw: str) -> None:
    weights = initialize(WIDE, f"{fan}_{draw}", 3)[0].weights
    variance = {"lecun": 1 / 200, "glorot": 2 / 500, "he": 2 / 200}[fan]
    # the variance of a sample variance of 60,000 is at most 2 / 60,000 of its square: six sigma
    assert abs(np.mean(weights**2) / variance - 1) <= 6 * np.sqrt(2 / weights.size)
    assert deviation(f"{fan}_{draw}", (200, 300)) == pytest.approx(np.sqrt(variance))


def test_each_draw_has_the_distribution_of_its_name() -> None:
    scale = np.sqrt(1 / 200)
    drawn = {
        d: initialize(WIDE, f"lecun_{d}", 1)[0].weights.ravel() / scale
        for d in ("normal", "uniform", "truncated")
    }
    expected = {
        "normal": stats.norm(),
        "uniform": stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)),
        "truncated": stats.truncnorm(-2, 2, scale=1 / TRUNCATED_DEVIATION),
    }
    for name, sample in drawn.items():
        assert stats.kstest(sample, expected[name].cdf).pvalue > 1e-9
    assert np.max(np.abs(drawn["uniform"])) <= np.sqrt(3)
    assert np.max(np.abs(drawn["truncated"])) <= 2 / TRUNCATED_DEVIATION


@pytest.mark.parametrize("drawn", ["weights", "biases"])
def test_fan_in_uniform_is_uniform_within_one_over_the_root_of_fan_in(drawn: str) -> None:
    c = Conventions(initial_biases="fan_in_uniform")
    wide = Architecture((200, 60_000), "tanh", "identity", "squared_error")
    sample = getattr(initialize(wide, "fan_in_uniform", 0, c)[0], drawn).ravel() * np.sqrt(200)

    assert np.max(np.abs(sample)) <= 1 + 2.0**-50
    assert stats.kstest(sample[:60_000], stats.uniform(-1, 2).cdf).pvalue > 1e-9
    assert deviation("fan_in_uniform", (200, 3)) == pytest.approx(1 / np.sqrt(600))


def test_biases_are_drawn_whatever_the_weights_where_that_is_declared() -> None:
    c = Conventions(initial_biases="fan_in_uniform")
    for initializer in INITIALIZERS:
        assert all(layer.biases.all() for layer in initialize(WIDE, initializer, 0, c))


def test_the_correction_is_the_deviation_of_a_truncated_normal() -> None:
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == TRUNCATED_DEVIATION


def test_plain_truncation_keeps_the_deviation_before_the_cut() -> None:
    c = Conventions(truncated_normal="plain")
    weights = initialize(WIDE, "he_truncated", 0, c)[0].weights

    assert np.max(np.abs(weights)) <= 2 * np.sqrt(2 / 200)
    assert np.std(weights) == pytest.approx(TRUNCATED_DEVIATION * np.sqrt(2 / 200), rel=0.02)


def test_orthogonal_weights_have_orthonormal_rows_or_columns() -> None:
    for widths in ((7, 4, 1), (4, 7, 1), (5, 5, 1)):
        w = initialize(Architecture(widths, "tanh", "identity", "huber"), "orthogonal", 0)[
            0
        ].weights
        product = w.T @ w if widths[0] >= widths[1] else w @ w.T
        np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-14)


def test_the_plain_initializers_have_their_shapes() -> None:
    assert not initialize(WIDE, "zeros", 0)[0].weights.any()
    assert len(np.unique(initialize(WIDE, "constant", 0)[0].weights)) == 1
    normal, uniform = (initialize(WIDE, n, 0)[0].weights.ravel() for n in ("normal", "uniform"))
    assert stats.kstest(normal / 0.05, stats.norm().cdf).pvalue > 1e-9
    assert stats.kstest(uniform / 0.05, stats.uniform(-1, 2).cdf).pvalue > 1e-9


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_ones() -> None:
    first, again, other = (initialize(WIDE, "he_normal", s)[0].weights for s in (1, 1, 2))

    assert first.tobytes() == again.tobytes()
    assert not np.any(first == other)


def test_layers_are_drawn_independently() -> None:
    square = Architecture((50, 50, 50), "tanh", "identity", "huber")
    first, second = initialize(square, "glorot_normal", 0)

    assert not np.any(first.weights == second.weights)


def test_an_unknown_initializer_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match=r"initializer='xavier': choose one of zeros, constant"):
        initialize(WIDE, "xavier", 0)
    with pytest.raises(ValueError, match=r"'normal': only lecun, glorot, he, fan_in have"):
        deviation("normal", (2, 3))
