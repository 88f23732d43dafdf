"""A module of a user's in Equinox or Flax is judged without an adapter, and so is its training."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.subjects.failures import CannotLoad
from backproof.subjects.loading import load

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install '.[jax]'")
optax = pytest.importorskip("optax", reason="optax is not installed: pip install '.[jax]'")
eqx = pytest.importorskip("equinox", reason="it is not installed: pip install '.[equinox]'")
pytest.importorskip("flax", reason="Flax is not installed: pip install '.[flax]'")

import jax.numpy as jnp  # noqa: E402 (only where jax is)
from flax import nnx  # noqa: E402

EXAMPLES = {
    "equinox": Path("examples/equinox_classifier.py"),
    "flax": Path("examples/flax_classifier.py"),
}
LAWS = "gradient_descent_subtracts,weight_decay_is,an_epoch_takes"

MISTAKES = {
    "equinox": {
        "the optimizer begins anew at each step": ("momentum_steps",
            "            slope = eqx.f",
            "            state = step.init(eqx.filter(module, eqx.is_array))\n"
            "            slope = eqx.f"),
        "a last batch dropped": ("an_epoch_takes",
            "range(0, len(inputs), size)",
            "range(0, len(inputs) - size + 1, size)"),
        "a module that is not handed on": ("gradient_descent_subtracts",
            "            module = eqx.apply",
            "            module_after = eqx.apply"),
        "decay on biases": ("weight_decay_is",
            '{"initial_biases": "fan_in_uniform"}',
            '{"initial_biases": "fan_in_uniform", "decay_on_biases": False}'),
    },
    "flax": {
        "the gradient of the first batch for all": ("an_epoch_takes",
            "inputs[rows], targets[rows]))",
            "inputs[:size], targets[:size]))"),
        "a last batch dropped": ("an_epoch_takes",
            "range(0, len(inputs), size)",
            "range(0, len(inputs) - size + 1, size)"),
        "clipping left on": ("gradient_descent_subtracts",
            "return optax.chain(decay",
            "return optax.chain(optax.clip(0.01), decay"),
        "a rate that is halved": ("gradient_descent_subtracts",
            "optax.sgd(given.learning_rate",
            "optax.sgd(0.5 * given.learning_rate"),
    },
}  # fmt: skip


def written(folder: Path, kind: str, old: str, new: str) -> str:
    text = EXAMPLES[kind].read_text(encoding="utf-8")
    assert old in text
    (folder / "net.py").write_text(text.replace(old, new), encoding="utf-8")
    return f"--{kind}={folder / 'net.py'}:build"


def statuses(subject: Any, laws: str, profile: str = "quick") -> dict[str, str]:
    report = backproof.check(subject, laws=laws, profile=profile)
    return {row.law: row.status for row in report.laws}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_examples_keep_their_laws(kind: str) -> None:
    subject = load(f"--{kind}={EXAMPLES[kind]}:build", "float64")
    laws = f"outputs_are_right,the_gradient_is_the,evaluation,weights_start,{LAWS}"
    found = statuses(subject, laws)
    lacking = {"evaluation", "weights_start"} if kind == "flax" else set()
    for law, status in found.items():
        missing = any(law.startswith(one) for one in lacking)
        assert status == ("unsupported" if missing else "holds"), law


@pytest.mark.parametrize(
    ("kind", "mistake"), [(kind, one) for kind, found in MISTAKES.items() for one in found]
)
def test_a_mistake_of_the_loop_is_found(kind: str, mistake: str, tmp_path: Path) -> None:
    law, *change = MISTAKES[kind][mistake]
    words = written(tmp_path, kind, *change)
    assert list(statuses(load(words, "float64"), law).values()) == ["broken"]


@jax.custom_vjp  # type: ignore[untyped-decorator]
def slightly_wrong(z: Any) -> Any:
    """tanh, whose slope is off between -0.001 and 0."""
    return jnp.tanh(z)


def _backward(z: Any, slope: Any) -> Any:
    right = 1 - jnp.tanh(z) ** 2
    return (slope * jnp.where((z > -0.001) & (z < 0), 0.9 * right, right),)


slightly_wrong.defvjp(lambda z: (jnp.tanh(z), z), _backward)


class Net(eqx.Module):  # type: ignore[misc, name-defined]
    """Two layers that are called in the other order, the first of them by hand."""

    second: Any
    weights: Any
    biases: Any
    function: Any

    def __init__(self, function: Any, use_bias: bool = True) -> None:
        one, other = jax.random.split(jax.random.key(0))
        self.second = eqx.nn.Linear(4, 2, use_bias=use_bias, key=one)
        self.weights = jax.random.normal(other, (3, 4))
        self.biases = jnp.ones(4) if use_bias else None
        self.function = function

    def __call__(self, x: Any) -> Any:
        z = x @ self.weights
        return self.second(self.function(z if self.biases is None else z + self.biases))


class Mixed(nnx.Module):  # type: ignore[misc]
    """The same in Flax."""

    def __init__(self, function: Any, use_bias: bool = True) -> None:
        rngs = nnx.Rngs(0)
        self.second = nnx.Linear(4, 2, use_bias=use_bias, rngs=rngs)
        self.first = nnx.Linear(3, 4, use_bias=use_bias, rngs=rngs)
        self.function = function

    def __call__(self, x: Any) -> Any:
        return self.second(self.function(self.first(x)))


both = pytest.mark.parametrize("made", [Net, Mixed])


@both
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_module_as_it_is_is_read_in_the_order_of_its_calls(made: Any, use_bias: bool) -> None:
    module = made(jax.nn.relu, use_bias)
    report = backproof.check(module, laws="outputs_are_right,the_gradient_is_the", profile="quick")
    assert [row.status for row in report.laws] == ["holds", "holds"]
    assert report.subject.name == made.__name__
    assert report.laws[0].kinds["own weights"] > 0
    (net,) = backproof.own(module).scope.architectures
    assert (net.widths, net.activations, net.biases) == ((3, 4, 2), ("relu",), use_bias)


@both
def test_a_slope_that_is_wrong_near_zero_is_found(made: Any) -> None:
    found = statuses(made(slightly_wrong), "the_gradient_is_the,outputs_are_right", "default")
    assert found["the_gradient_is_the_derivative_of_the_loss"] == "broken"
    assert found["outputs_are_right_within_rounding"] == "holds"


@both
def test_a_module_stays_as_it_is(made: Any) -> None:
    module = made(jnp.tanh)
    before = [np.array(leaf) for leaf in jax.tree.leaves(arrays(module))]
    backproof.check(module, laws="outputs_are_right", profile="quick")
    after = jax.tree.leaves(arrays(module))
    assert all(map(np.array_equal, before, after))
    assert len(before) == len(after) == 4


def test_a_session_keeps_its_settings() -> None:
    jax.config.update("jax_default_matmul_precision", "default")
    try:
        wide, device = jax.config.jax_enable_x64, jax.config.jax_default_device
        subject = backproof.own(Net(jnp.tanh), precision="float64")
        assert set(statuses(subject, "outputs_are_right").values()) == {"holds"}
        assert jax.config.jax_default_matmul_precision == "default"
        assert jax.config.jax_enable_x64 == wide
        assert jax.config.jax_default_device == device
    finally:
        jax.config.update("jax_default_matmul_precision", None)


def test_one_output_may_come_as_a_number_and_a_key_may_be_needed() -> None:
    class Keyed(eqx.Module):  # type: ignore[misc, name-defined]
        inner: Any

        def __call__(self, x: Any, key: Any) -> Any:
            one, _ = jax.random.split(key)
            return self.inner(x, key=one)

    module = Keyed(eqx.nn.MLP(3, "scalar", 4, 1, activation=jnp.tanh, key=jax.random.key(0)))
    subject = backproof.own(module, criterion=CRITERIA["half squares"][0])
    assert subject.scope.architectures[0].widths == (3, 4, 1)
    laws = "outputs_are_right,the_gradient_is_the"
    assert set(statuses(subject, laws).values()) == {"holds"}


def arrays(module: Any) -> Any:
    return nnx.state(module) if isinstance(module, nnx.Module) else eqx.filter(module, eqx.is_array)


def test_a_program_of_the_users_inside_is_looked_through() -> None:
    module = eqx.nn.MLP(3, 2, 4, 2, activation=jax.nn.gelu, key=jax.random.key(0))
    subject = backproof.own(module)
    (net,) = subject.scope.architectures
    assert (net.widths, net.activations) == ((3, 4, 4, 2), ("gelu", "gelu"))
    assert set(statuses(subject, "outputs_are_right,the_gradient_is_the").values()) == {"holds"}


def cross_entropy(outputs: Any, targets: Any) -> Any:
    return -(targets * outputs).sum(axis=-1).mean()


CRITERIA: dict[str, Any] = {
    "class numbers": (
        lambda z, y: optax.softmax_cross_entropy_with_integer_labels(z, y).mean(),
        ("softmax", "cross_entropy"), {"outputs": "logits", "reduction": "mean over elements"},
    ),
    "one-hot, summed": (
        lambda z, y: optax.softmax_cross_entropy(z, y).sum(),
        ("softmax", "cross_entropy"), {"outputs": "logits", "reduction": "sum"},
    ),
    "sigmoids, by rows": (
        lambda z, y: optax.sigmoid_binary_cross_entropy(z, y).sum(axis=-1).mean(),
        ("sigmoid", "cross_entropy"), {"outputs": "logits", "reduction": "mean"},
    ),
    "half squares": (
        lambda z, y: optax.l2_loss(z, y).mean(),
        ("identity", "squared_error"), {"squared_error": 0.5, "reduction": "mean over elements"},
    ),
    "Huber": (
        lambda z, y: optax.huber_loss(z, y).mean(),
        ("identity", "huber"), {"reduction": "mean over elements"},
    ),
    "Poisson": (
        lambda z, y: (jnp.exp(z) - y * z).mean(),
        ("exp", "poisson"), {"outputs": "logits", "reduction": "mean over elements"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CRITERIA)
def test_a_criterion_is_known_by_what_it_gives(name: str) -> None:
    criterion, head, conventions = CRITERIA[name]
    subject = backproof.own(Net(jnp.tanh), criterion=criterion)
    assert subject.scope.heads == (head,)
    assert {key: getattr(subject.conventions, key) for key in conventions} == conventions
    laws = "the_gradient_is_the,the_loss_is_the_mean"
    assert set(statuses(subject, laws).values()) == {"holds"}


def test_a_criterion_that_is_nearly_right_is_judged_and_broken() -> None:
    criterion = CRITERIA["half squares"][0]
    subject = backproof.own(Net(jnp.tanh), criterion=lambda z, y: 1.001 * criterion(z, y))
    assert set(statuses(subject, "the_loss_is_the_mean").values()) == {"broken"}


def test_logarithms_of_probabilities_are_judged_with_their_criterion() -> None:
    class Smoothed(Mixed):
        def __call__(self, x: Any) -> Any:
            return jax.nn.log_softmax(super().__call__(x))

    subject = backproof.own(Smoothed(jnp.tanh), criterion=cross_entropy)
    assert subject.scope.heads == (("softmax", "cross_entropy"),)
    laws = "outputs_are_right,softmax_outputs_are,the_gradient_is_the"
    assert set(statuses(subject, laws).values()) == {"holds"}


def chain(*parts: Any) -> Any:
    return eqx.nn.Sequential([part if callable(part) else eqx.nn.Lambda(part) for part in parts])


def linear(into: int, out: int, **more: Any) -> Any:
    return eqx.nn.Linear(into, out, key=jax.random.key(0), **more)


class Tied(nnx.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        self.only = nnx.Linear(3, 3, rngs=nnx.Rngs(0))

    def __call__(self, x: Any) -> Any:
        return self.only(jnp.tanh(self.only(x)))


class Convolved(nnx.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        self.filter = nnx.Conv(1, 1, 3, rngs=nnx.Rngs(0))
        self.last = nnx.Linear(3, 2, rngs=nnx.Rngs(0))

    def __call__(self, x: Any) -> Any:
        return self.last(self.filter(x[..., None])[..., 0])


class Spare(Mixed):
    def __init__(self) -> None:
        super().__init__(jnp.tanh)
        self.spare = nnx.Linear(2, 2, rngs=nnx.Rngs(0))


REFUSED = {
    "only.kernel is used twice: tied layers are not judged": Tied,
    "filter.kernel goes into conv_general_dilated: weights and biases of layers": Convolved,
    "spare.bias is of no layer that is used": Spare,
    "layers[1].weight goes into mul: weights and biases of layers alone": lambda: chain(
        linear(3, 4), eqx.nn.LayerNorm(4), eqx.nn.Lambda(jnp.tanh), linear(4, 2)
    ),
    "some layers have biases and some have none": lambda: chain(
        linear(3, 4, use_bias=False), eqx.nn.Lambda(jnp.tanh), linear(4, 2)
    ),
    "what stands between layers 1 and 2 is no activation that is known": lambda: Net(jnp.sin),
    "what the module makes of its last layer is no output that is known": lambda: chain(
        linear(3, 4), eqx.nn.Lambda(jnp.sin)
    ),
    "the module gives a tuple, and no array": lambda: chain(
        linear(3, 4), eqx.nn.Lambda(lambda x: (x, x))
    ),
    "the module takes no rows of numbers": lambda: chain(eqx.nn.Lambda(jnp.tanh)),
}  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_judged_is_one_sentence(words: str) -> None:
    with pytest.raises(CannotLoad) as reason:
        backproof.check(REFUSED[words]())  # type: ignore[no-untyped-call]
    assert words in reason.value.message
    assert "\n" not in reason.value.message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("integer_labels(outputs, targets).mean()", "integer_labels(outputs, targets)",
         "the criterion criterion is none that is known: declare --option loss="),
        ("(module, inputs, targets, optimizer, epochs, batch_size)", "(module)", "train(module) d"),
        ("return Classifier(", "return (", "build gave a tuple, and no eqx.Module"),
    ],
)  # fmt: skip
def test_what_the_file_lacks_is_one_sentence(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotLoad) as reason:
        load(written(tmp_path, "equinox", old, new))
    assert words in reason.value.message


def test_a_loop_that_gives_no_module_back_is_told_so(tmp_path: Path) -> None:
    words = written(tmp_path, "equinox", "    return module\n", "")
    report = backproof.check(load(words), laws="gradient_descent_subtracts", profile="quick")
    assert [row.status for row in report.laws] == ["error"]
    assert "train gave a NoneType: return the eqx.Module" in report.laws[0].findings[0].what


def test_what_the_page_shows_is_the_example() -> None:
    page = Path("docs/jax.md").read_text(encoding="utf-8")
    shown = re.findall(r"^``` { \.(\w+) \.shown }\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    build = [body for language, body in shown if language == "python"][-1]
    assert build in EXAMPLES["equinox"].read_text(encoding="utf-8")
    [(command, expected)] = [
        body.split("\n", 1) for language, body in shown if language == "console"
    ]
    words = [sys.executable, "-m", *shlex.split(command.removeprefix("$ "))]
    wide = os.environ | {"COLUMNS": "100"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True, env=wide)
    assert verdicts(done.stdout) == verdicts(expected)


def verdicts(printed: str) -> list[str]:
    """The lines without what a machine decides: versions, seconds and last bits."""
    return [re.sub(r"\d[\d,.e+-]*", "", line) for line in printed.split("\n") if line]
