"""The adapter of PyTorch answers what PyTorch answers, and the laws hold for it."""

from typing import Any

import numpy as np
import pytest

import backproof
from backproof.contract import Architecture, Layer, NotSupported, Parameters, conventions_of
from backproof.laws.catalogue import laws
from backproof.reports.ledger import read
from refnet.training.optimizers import Optimizer

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[torch]'")

from backproof.adapters.torch import Torch  # noqa: E402 (only where torch is)

BINARY = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")
CLASSES = Architecture((2, 3, 3), "tanh", "softmax", "cross_entropy")
COUNTS = Architecture((2, 1), "tanh", "exp", "poisson")
INPUTS = np.array([[1.0, 0.5], [-2.0, 0.25], [0.5, 3.0]])
TARGETS = np.array([[1.0], [0.0], [1.0]])
FEW = "outputs_are_right,the_gradient_is_the,gradient_descent_subtracts,weights_start"


def parameters(architecture: Architecture) -> Parameters:
    rng = np.random.default_rng(0)
    return [Layer(rng.normal(size=s), rng.normal(size=s[1])) for s in architecture.shapes]


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16", "float16"])
def test_pytorch_keeps_the_laws(precision: str) -> None:
    report = backproof.check(Torch(precision), profile="quick", laws=FEW)
    assert {row.status for row in report.laws} <= {"holds", "weak"}


def test_it_is_named_on_the_command_line_and_judged_in_a_process_of_its_own() -> None:
    report = backproof.check("torch", laws="integer_networks_have_exact_outputs", profile="quick")
    assert report.exit_status == 0
    assert report.isolated
    assert report.subject.version == torch.__version__


def test_the_gradient_is_that_of_the_module_as_it_is_written_by_hand() -> None:
    layers = parameters(BINARY)
    module = torch.nn.Sequential(
        torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)
    ).double()
    with torch.no_grad():
        for place, (weights, biases) in zip((0, 2), layers, strict=True):
            module[place].weight.copy_(torch.tensor(weights.T))
            module[place].bias.copy_(torch.tensor(biases))
    loss = torch.nn.BCEWithLogitsLoss()(module(torch.tensor(INPUTS)), torch.tensor(TARGETS))
    loss.backward()
    found = Torch().gradient(BINARY, layers, INPUTS, TARGETS)
    assert np.array_equal(found[0].weights, module[0].weight.grad.numpy().T)
    assert np.array_equal(found[1].biases, module[2].bias.grad.numpy())


@pytest.mark.parametrize("law", ["the_gradient_is_the_derivative", "saturated_logits"])
def test_a_sigmoid_before_bceloss_is_what_its_conventions_say(law: str) -> None:
    report = backproof.check(Torch(binary="BCELoss"), laws=law, profile="quick")
    assert {row.status for row in report.laws} <= {"holds", "unsupported"}


def test_softplus_is_no_softplus_beyond_20_and_the_ledger_knows() -> None:
    net = Architecture((1, 1, 1), "softplus", "identity", "squared_error")
    one = [Layer(np.ones((1, 1)), np.zeros(1))] * 2
    exact = np.logaddexp(0.0, 20.5)
    error = abs(Torch().forward(net, one, np.array([[20.5]])).item() / exact - 1)
    assert 5e-11 < error < 7e-11
    head = ("identity", "squared_error")
    assert conventions_of(Torch().conventions, head).softplus_threshold == 20
    assert conventions_of(Torch(softplus="exact").conventions, head).softplus_threshold is None
    entries = read("examples/ledgers/torch.toml", {law.name for law in laws()})
    assert {entry.subject for entry in entries} == {"torch"}


def refusals() -> dict[str, Any]:
    weights, one = np.ones(3), np.eye(3)
    return {
        "cross_entropy weighs classes, and no rows": lambda net: net.loss(
            CLASSES, parameters(CLASSES), INPUTS, one, weights
        ),
        "poisson_nll_loss weighs no rows": lambda net: net.loss(
            COUNTS, parameters(COUNTS), INPUTS, TARGETS, weights
        ),
        "BCEWithLogitsLoss smooths no labels": lambda net: net.loss(
            Architecture((2, 1), "tanh", "sigmoid", "cross_entropy", label_smoothing=0.1),
            parameters(COUNTS),
            INPUTS,
            TARGETS,
        ),
        "of the optimizers AdamW alone has a decoupled decay": lambda net: net.train(
            BINARY,
            parameters(BINARY),
            INPUTS,
            TARGETS,
            Optimizer("gradient_descent", 0.1, weight_decay=0.1, decoupled=True),
            1,
        ),
    }


@pytest.mark.parametrize("words", refusals())
def test_what_the_library_has_no_code_for_is_refused(words: str) -> None:
    with pytest.raises(NotSupported) as refused:
        refusals()[words](Torch())
    assert str(refused.value) == words


def test_an_orthogonal_start_in_half_precision_is_refused() -> None:
    with pytest.raises(NotSupported, match=r"^orthogonal_ has no code for half precision$"):
        Torch("bfloat16").initialize(BINARY, "orthogonal", 0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"precision": "float8"}, "precision='float8': choose one of float64, float32, bfloat16"),
        ({"device": "abacus"}, "device='abacus': there is cpu, and cuda where torch finds a GPU"),
        ({"precision": "tf32"}, "precision='tf32' on a CPU: it is of GPUs, device=cuda"),
        ({"binary": "hinge"}, "binary='hinge': choose BCEWithLogitsLoss or BCELoss"),
        ({"softplus": "soft"}, "softplus='soft': choose documented or exact"),
    ],
)
def test_an_option_that_is_none_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match="^" + words):
        Torch(**given)


def test_dropout_and_starts_leave_the_generator_of_the_user_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    net, a = Torch(), Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy", dropout=0.5)
    net.initialize(a, "he_normal", 0)
    net.forward_training(a, parameters(a), INPUTS, 0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@pytest.mark.parametrize("precision", ["float64", "float32", "tf32", "bfloat16", "float16"])
def test_a_gpu_keeps_the_laws(precision: str) -> None:
    report = backproof.check(Torch(precision, "cuda"), profile="quick", laws=FEW)
    assert {row.status for row in report.laws} <= {"holds", "weak"}


def test_an_overflow_inside_the_derivative_of_softplus_is_refused_by_name() -> None:
    net = Architecture((1, 1, 1), "softplus", "identity", "squared_error")
    layers = [Layer(np.ones((1, 1), "f4"), np.zeros(1, "f4")) for _ in net.shapes]
    data = np.full((1, 1), 17, "f4"), np.full((1, 1), 1e33, "f4")
    with pytest.raises(NotSupported, match=r"nn.Softplus multiplies by exp\(z\) before it divides"):
        Torch("float32").gradient(net, layers, *data)
    assert np.isinf(Torch("float32", softplus="exact").gradient(net, layers, *data)[0].biases).all()
