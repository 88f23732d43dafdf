"""The adapters of Equinox and Flax answer what these answer, and the laws hold for them."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.contract import Architecture, Layer, NotSupported, Parameters
from backproof.subjects.ways_out import uninstalled
from refnet.training.optimizers import Optimizer

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install '.[jax]'")
pytest.importorskip("optax", reason="optax is not installed: pip install '.[jax]'")

import jax.numpy as jnp  # noqa: E402 (only where jax is)

from backproof.subjects.loading import load  # noqa: E402

NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
INPUTS = np.array([[1.0, 0.5], [-2.0, 0.25], [0.5, 3.0]])
TARGETS = np.array([[1.0], [0.0], [1.0]])

each = pytest.mark.parametrize("name", ["equinox", "flax"])


def subject_of(name: str, precision: str = "float64") -> Any:
    pytest.importorskip(name, reason=f"it is not installed: pip install '.[{name}]'")
    return load(name, precision)


def parameters() -> Parameters:
    rng = np.random.default_rng(0)
    return [Layer(rng.normal(size=s), rng.normal(size=s[1])) for s in NET.shapes]


def loss(pairs: Any) -> Any:
    z = jnp.tanh(INPUTS @ pairs[0][0] + pairs[0][1]) @ pairs[1][0] + pairs[1][1]
    return -(TARGETS * jax.nn.log_sigmoid(z) + (1 - TARGETS) * jax.nn.log_sigmoid(-z)).mean()


@each
@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16", "float16"])
def test_they_keep_the_laws(name: str, precision: str) -> None:
    pytest.importorskip(name, reason=f"it is not installed: pip install '.[{name}]'")
    laws = "outputs_are_right,the_gradient_is_the,gradient_descent_subtracts,a_perfect_fit"
    report = backproof.check(name, laws=laws, profile="quick", precision=precision)
    assert {row.status for row in report.laws} <= {"holds", "weak"}
    assert report.isolated


@each
def test_the_gradient_is_that_of_the_loss_as_it_is_written_by_hand(name: str) -> None:
    subject = subject_of(name)
    by_hand = jax.grad(loss)([tuple(map(jnp.asarray, layer)) for layer in parameters()])
    found = subject.gradient(NET, parameters(), INPUTS, TARGETS)
    for layer, (weights, biases) in zip(found, by_hand, strict=True):
        assert np.allclose(layer.weights, weights, rtol=1e-14)
        assert np.allclose(layer.biases, biases, rtol=1e-14)


@each
def test_training_repeats_the_step_and_leaves_the_given_parameters(name: str) -> None:
    subject, given = subject_of(name), parameters()
    twice = subject.train(NET, given, INPUTS, TARGETS, Optimizer("gradient_descent", 0.5), 2)
    expected = [tuple(map(jnp.asarray, layer)) for layer in parameters()]
    for _ in range(2):
        slope = jax.grad(loss)(expected)
        expected = jax.tree.map(lambda one, step: one - 0.5 * step, expected, slope)
    for layer, (weights, biases), before in zip(twice, expected, parameters(), strict=True):
        assert np.allclose(layer.weights, weights, rtol=1e-14)
        assert np.allclose(layer.biases, biases, rtol=1e-14)
        assert not np.array_equal(layer.weights, before.weights)
    assert all(map(np.array_equal, given[0], parameters()[0]))


@each
def test_dropout_is_the_librarys_and_follows_the_seed(name: str) -> None:
    subject = subject_of(name)
    net = Architecture((2, 64, 1), "relu", "identity", "squared_error", dropout=0.5)
    layers = [Layer(np.ones((2, 64)), np.zeros(64)), Layer(np.ones((64, 1)), np.zeros(1))]
    outputs = [subject.forward_training(net, layers, np.ones((4, 2)), seed) for seed in (0, 0, 1)]
    assert np.array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])
    kept = outputs[0] / 4  # a unit that stays gives 2 / (1 - 0.5)
    assert np.array_equal(kept, np.round(kept))
    assert 10 < kept.mean() < 54
    assert np.array_equal(subject.forward(net, layers, np.ones((1, 2))), [[128.0]])


@each
def test_what_optax_has_no_code_for_is_refused(name: str) -> None:
    smooth = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy", label_smoothing=0.1)
    with pytest.raises(NotSupported, match="smooths no labels"):
        subject_of(name).loss(smooth, parameters(), INPUTS, TARGETS)


@pytest.mark.parametrize(("name", "bound"), [("equinox", 2**-0.5), ("flax", 0.0)])
def test_biases_start_as_the_library_has_them(name: str, bound: float) -> None:
    subject = subject_of(name)
    net = Architecture((2, 5000, 1), "tanh", "sigmoid", "cross_entropy")
    biases = subject.initialize(net, "fan_in_uniform", 0)[0].biases
    assert 0.99 * bound <= np.max(np.abs(biases)) <= bound


def test_jax_takes_the_numbers_of_adam_as_they_are_in_half_precision() -> None:
    subject = load("jax", "bfloat16")  # where 1 - 0.999 would be 0
    step = Optimizer("adam", 0.5, beta1=0.5, beta2=0.999, epsilon=0.125)
    flat = [Layer(np.zeros((2, 1)), np.zeros(1))]
    net = Architecture((2, 1), (), "identity", "squared_error")
    [after] = subject.train(net, flat, np.zeros((2, 2)), np.zeros((2, 1)), step, 1)
    assert np.array_equal(after.weights, [[0.0], [0.0]])


@each
def test_a_library_that_is_absent_is_one_sentence_with_its_extra(name: str) -> None:
    error = ModuleNotFoundError(f"No module named {name!r}", name=name)
    words = uninstalled(error, f"backproof.adapters.{name}", name, True)
    assert words.endswith(f"pip install {name}, or backproof with its extra, 'backproof[{name}]'")
    assert "\n" not in words


def test_neither_is_loaded_before_it_is_asked_for() -> None:
    code = (
        "import sys, backproof; backproof.check('refnet', laws='softmax_outputs', profile='quick')"
    )
    code += "; print({'jax', 'flax', 'equinox', 'optax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")
