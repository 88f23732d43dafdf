"""The adapter of JAX and optax answers what these answer, and the laws hold for them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.contract import Architecture, Layer, NotSupported, Parameters
from refnet.training.optimizers import Optimizer

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install '.[jax]'")
optax = pytest.importorskip("optax", reason="optax is not installed: pip install '.[jax]'")

import jax.numpy as jnp  # noqa: E402 (only where jax is)

from backproof.adapters.jax import Jax  # noqa: E402

NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
SMOOTH = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy", label_smoothing=0.1)
HUBER = Architecture((2, 3, 1), "tanh", "identity", "huber")
INPUTS = np.array([[1.0, 0.5], [-2.0, 0.25], [0.5, 3.0]])
TARGETS = np.array([[1.0], [0.0], [1.0]])


def parameters() -> Parameters:
    rng = np.random.default_rng(0)
    return [Layer(rng.normal(size=s), rng.normal(size=s[1])) for s in NET.shapes]


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16", "float16"])
def test_jax_keeps_the_laws(precision: str) -> None:
    laws = "outputs_are_right,the_gradient_is_the,gradient_descent_subtracts"
    report = backproof.check("jax", laws=laws, profile="quick", precision=precision)
    assert {row.status for row in report.laws} <= {"holds", "weak"}
    assert report.isolated
    assert report.subject.version.startswith(jax.__version__)


def test_the_gradient_is_that_of_the_loss_as_it_is_written_by_hand() -> None:
    subject = Jax()

    def loss(pairs: Any) -> Any:
        z = jnp.tanh(INPUTS @ pairs[0][0] + pairs[0][1]) @ pairs[1][0] + pairs[1][1]
        return -(TARGETS * jax.nn.log_sigmoid(z) + (1 - TARGETS) * jax.nn.log_sigmoid(-z)).mean()

    by_hand = jax.grad(loss)([tuple(map(jnp.asarray, layer)) for layer in parameters()])
    found = subject.gradient(NET, parameters(), INPUTS, TARGETS)
    for layer, (weights, biases) in zip(found, by_hand, strict=True):
        assert np.allclose(layer.weights, weights, rtol=1e-14)
        assert np.allclose(layer.biases, biases, rtol=1e-14)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("slope as", lambda s: s.gradient(HUBER, parameters(), INPUTS, TARGETS)),
        ("smooths no labels", lambda s: s.loss(SMOOTH, parameters(), INPUTS, TARGETS)),
        (
            "adamw alone",
            lambda s: s.train(
                NET, parameters(), INPUTS, TARGETS,
                Optimizer("momentum", 0.1, weight_decay=0.1, decoupled=True), 1,
            ),
        ),
    ],
)  # fmt: skip
def test_what_the_library_has_no_code_for_is_refused(words: str, call: Any) -> None:
    with pytest.raises(NotSupported, match=words):
        call(Jax())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"precision": "float8"}, "precision='float8': choose one of"),
        ({"precision": "tf32"}, "it is of GPUs"),
        ({"huber": "exact"}, "huber='exact': choose documented or judged"),
        ({"device": "abacus"}, "device='abacus': jax finds no such device"),
    ],
)
def test_an_option_that_is_none_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Jax(**given)


def test_the_slope_of_huber_loss_is_judged_where_one_asks() -> None:
    slope = jax.grad(lambda residual: optax.huber_loss(residual, delta=1e6))(jnp.float32(0.01))
    assert slope == 0.0  # (r - delta) + delta, where r is right
    laws = "huber_is"
    report = backproof.check(Jax(huber="judged"), laws=laws, seed=1)
    assert [row.status for row in report.laws] == ["broken"]
    assert "gradient of the biases" in report.laws[0].findings[0].what


def test_programs_are_kept_where_the_user_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    laws = "integer_networks_have_exact_outputs"
    assert backproof.check("jax", laws=laws, profile="quick").exit_status == 0
    assert any((tmp_path / "backproof" / "jax").iterdir())
