"""A module of a user's is judged without an adapter, and so is the loop that trains it."""

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import backproof
from backproof.subjects.failures import CannotLoad
from backproof.subjects.loading import load

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[torch]'")

from torch import nn  # noqa: E402 (only where torch is)

EXAMPLE = Path("examples/torch_classifier.py")
LAWS = "gradient_descent_subtracts,weight_decay_is,an_epoch_takes"

MISTAKES = {
    "an optimizer made too early": ("torch.optim.SGD(\n            module.parameters()",
        "torch.optim.SGD(\n            __import__('copy').deepcopy(module).parameters()"),
    "gradients that are not zeroed": ("            step.zero_grad()\n", ""),
    "a schedule by batch instead of epoch": ("            step.step()\n",
        "            step.step()\n            for group in step.param_groups:\n"
        "                group['lr'] *= 0.9\n"),
    "clipping left on": ("            step.step()\n",
        "            nn.utils.clip_grad_norm_(module.parameters(), 0.01)\n"
        "            step.step()\n"),
    "a last batch dropped": ("            step.zero_grad()\n",
        "            if len(rows) < (batch_size or 1):\n                continue\n"
        "            step.zero_grad()\n"),
    "decay on biases": ('weight_decay = ("coupled",)',
        'weight_decay = ("coupled",)\nconventions = {"decay_on_biases": False}'),
}  # fmt: skip


def written(folder: Path, old: str, new: str) -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    (folder / "net.py").write_text(text.replace(old, new), encoding="utf-8")
    return f"--torch={folder / 'net.py'}:build"


def judged(words: str, laws: str = LAWS, **options: str) -> list[str]:
    subject = load(words, "float64", options)
    return [row.status for row in backproof.check(subject, laws=laws, profile="quick").laws]


def test_the_example_keeps_its_laws(tmp_path: Path) -> None:
    laws = f"outputs_are_right,the_gradient_is_the,evaluation,weights_start,{LAWS}"
    assert set(judged(f"--torch={EXAMPLE}:build", laws)) == {"holds"}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_loop_is_found(mistake: str, tmp_path: Path) -> None:
    assert "broken" in judged(written(tmp_path, *MISTAKES[mistake]))


class SlightlyWrong(torch.autograd.Function):  # type: ignore[misc, name-defined]
    """tanh, whose slope is off between -0.001 and 0."""

    @staticmethod
    def forward(context: Any, z: Any) -> Any:
        context.save_for_backward(z)
        return torch.tanh(z)

    @staticmethod
    def backward(context: Any, slope: Any) -> Any:
        (z,) = context.saved_tensors
        right = 1 - torch.tanh(z) ** 2
        return slope * torch.where((z > -0.001) & (z < 0), 0.9 * right, right)


class Net(nn.Module):  # type: ignore[misc]
    """Two layers that are called in the other order, and a function of the user's between."""

    def __init__(self, function: Any, biases: bool = True) -> None:
        super().__init__()
        self.second = nn.Linear(4, 2, bias=biases)
        self.first = nn.Linear(3, 4, bias=biases)
        self.function = function

    def forward(self, inputs: Any) -> Any:
        return self.second(self.function(self.first(inputs)))


@pytest.mark.parametrize("biases", [True, False])
def test_a_module_as_it_is_is_read_in_the_order_of_its_calls(biases: bool) -> None:
    module = Net(torch.relu, biases).double()
    report = backproof.check(module, laws="outputs_are_right,the_gradient_is_the", profile="quick")
    assert [row.status for row in report.laws] == ["holds", "holds"]
    assert report.subject.name == "Net"
    assert report.laws[0].kinds["own weights"] > 0


def test_a_slope_that_is_wrong_near_zero_is_found() -> None:
    module = Net(SlightlyWrong.apply).double()
    report = backproof.check(module, laws="the_gradient_is_the")
    assert [row.status for row in report.laws] == ["broken"]


class Smoothed(Net):
    """Its outputs are logarithms of probabilities."""

    def forward(self, inputs: Any) -> Any:
        return torch.log_softmax(super().forward(inputs), dim=1)


def statuses(subject: Any, laws: str) -> dict[str, str]:
    report = backproof.check(subject, laws=laws, profile="quick")
    return {row.law: row.status for row in report.laws}


def test_logarithms_of_probabilities_are_judged_with_their_criterion() -> None:
    module = Smoothed(torch.tanh).double()
    subject = backproof.own(module, criterion=nn.NLLLoss())
    laws = "outputs_are_right,softmax_outputs_are,the_gradient_is_the,the_loss_is_the_mean"
    assert subject.scope.heads == (("softmax", "cross_entropy"),)
    assert set(statuses(subject, laws).values()) == {"holds"}
    with pytest.raises(CannotLoad, match=r"log-probabilities go with the criterion nn\.NLLLoss"):
        backproof.own(module, criterion=nn.CrossEntropyLoss())


def built(architecture: Any) -> Any:
    if set(architecture.activations) - {"tanh"}:
        raise ValueError("tanh alone")
    layers: list[Any] = []
    for pair in architecture.shapes:
        layers += [nn.Linear(*pair, dtype=torch.float64), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize(
    ("criterion", "wrong"),
    [
        (nn.CrossEntropyLoss(label_smoothing=0.2), nn.CrossEntropyLoss(label_smoothing=0.21)),
        (nn.HuberLoss(delta=0.25), nn.HuberLoss(delta=0.3)),
    ],
)
def test_a_criterion_with_a_number_of_its_own_is_judged_with_it(criterion: Any, wrong: Any) -> None:
    subject = backproof.own(built, kind="torch", criterion=criterion)
    assert len(subject.scope.architectures) == 6
    laws = "the_gradient_is_the,the_loss_is_the_mean"
    assert set(statuses(subject, laws).values()) == {"holds"}
    subject._criterion = wrong
    assert set(statuses(subject, laws).values()) == {"broken"}


def test_a_criterion_that_is_a_function_is_known_by_what_it_gives() -> None:
    def criterion(outputs: Any, targets: Any) -> Any:
        return nn.functional.binary_cross_entropy_with_logits(outputs, targets, reduction="sum")

    subject = backproof.own(Net(torch.tanh).double(), criterion=criterion)
    assert subject.scope.heads == (("sigmoid", "cross_entropy"),)
    assert (subject.conventions.reduction, subject.conventions.outputs) == ("sum", "logits")
    laws = "the_gradient_is_the,the_loss_is_the_mean"
    assert set(statuses(subject, laws).values()) == {"holds"}


def test_what_own_is_given_and_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kind='': say what <function built .* one of torch"):
        backproof.own(built)
    with pytest.raises(ValueError, match="criterium means nothing here: choose from criterion, "):
        backproof.own(built, kind="torch", criterium=nn.MSELoss())


def test_a_module_stays_as_it_is() -> None:
    module = Net(torch.tanh)
    before = [parameter.clone() for parameter in module.parameters()]
    backproof.check(module, laws="outputs_are_right", profile="quick")
    assert all(map(torch.equal, before, module.parameters()))


def tied() -> Any:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    return nn.Sequential(first, nn.Tanh(), second)


once = nn.Linear(3, 3)

REFUSED = {
    "0 is a Conv1d: it has parameters of no layer": lambda: nn.Sequential(nn.Conv1d(1, 1, 1)),
    "1 is a BatchNorm1d: it has parameters of no layer": lambda: nn.Sequential(
        nn.Linear(3, 3), nn.BatchNorm1d(3)
    ),
    "2 shares its parameters: tied layers are not judged": tied,
    "a layer is called twice, or never: tied layers are not judged": lambda: nn.Sequential(
        once, nn.Tanh(), once
    ),
    "the module has no layer with a weight, such as nn.Linear": lambda: nn.Sequential(nn.Tanh()),
    "what stands between layers 1 and 2 is no activation that is known": lambda: Net(torch.sin),
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
        ("nn.CrossEntropyLoss()", "nn.CTCLoss()", "the criterion CTCLoss is none that is known"),
        ("(module, inputs, targets, optimizer, epochs, batch_size)", "(module)", "train(module) d"),
        ("return Classifier(", "return (", "build gave a tuple, and no nn.Module"),
    ],
)
def test_what_the_file_lacks_is_one_sentence(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotLoad) as reason:
        load(written(tmp_path, old, new))
    assert words in reason.value.message


def test_the_words_of_the_option_name_a_builder() -> None:
    with pytest.raises(CannotLoad, match=r"say what builds the module, as --torch net.py:build"):
        load("--torch=net.py")
    with pytest.raises(CannotLoad, match="defines no rebuild"):
        load(f"--torch={EXAMPLE}:rebuild")
    with pytest.raises(CannotLoad, match="--option speed: choose one of loss, output, activation"):
        load(f"--torch={EXAMPLE}:build", options={"speed": "high"})


def test_what_the_page_shows_is_the_example_and_what_is_printed() -> None:
    page = Path("docs/pytorch.md").read_text(encoding="utf-8")
    example = textwrap.dedent(EXAMPLE.read_text(encoding="utf-8").replace("\n    ", "\n"))
    shown = re.findall(r"^``` { \.(\w+) \.shown }\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    build, loop = [body for language, body in shown if language == "python"][2:]
    assert build in EXAMPLE.read_text(encoding="utf-8")
    assert loop in example
    [(command, expected)] = [
        body.split("\n", 1) for language, body in shown if language == "console"
    ]
    words = [sys.executable, "-m", *shlex.split(command.removeprefix("$ "))]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=200, check=True, env=os.environ | WIDE
    )
    assert verdicts(done.stdout) == verdicts(expected)


WIDE = {"COLUMNS": "100"}


def verdicts(printed: str) -> list[str]:
    """The lines without what a machine decides: versions, seconds and last bits."""
    numbers = r"\d[\d,.e+-]*(cpu|cu\d+)?"
    return [re.sub(numbers, "", line) for line in printed.split("\n") if line]
