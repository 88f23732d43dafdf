"""What is printed of a finding is what was sent, literally."""

import re
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.mutants.fit import CalledConverged
from backproof.mutants.forward import LogitsClippedForTheSoftmax
from backproof.mutants.gradient import StepByUnit
from backproof.mutants.loss import LastBatchDropped, SampleWeightsIgnored
from backproof.reports.row import Finding
from backproof.reports.terminal import explained
from refnet.architecture import Architecture, Layer, Parameters
from refnet.training.optimizers import Optimizer


def broken(subject: Any, law: str) -> tuple[Finding, str]:
    report = backproof.check(subject, laws=law, profile="quick")
    assert report.laws[0].status == "broken"
    return report.laws[0].findings[0], explained(report, 0)


def network(parts: dict[str, Any]) -> tuple[Architecture, Parameters, Any]:
    """Architecture, parameters and inputs from what is printed."""
    count = sum(name.endswith(".weights") for name in parts)
    fields = [[f"parameters[{i}].{part}" for part in Layer._fields] for i in range(count)]
    layers = [Layer(*(np.array(parts[name]) for name in names)) for names in fields]
    inputs = np.array(parts["inputs"])
    words = eval(f"dict({parts['architecture']})")
    return Architecture(**{"activation": "identity", **words}), layers, inputs


def test_equal_units_are_printed_equal_and_give_the_printed_answer() -> None:
    finding, shown = broken(StepByUnit, "equal_initialisation")
    architecture, layers, inputs = network(finding.sent[0].parts)
    assert np.all(layers[0].weights == layers[0].weights[:, :1])
    targets = np.array(finding.sent[0].parts["targets"])
    step = Optimizer("gradient_descent", 0.5)
    answer = StepByUnit().train(architecture, layers, inputs, targets, step, 1)
    assert answer[0].weights[tuple(finding.at)] == finding.observed
    assert "train(gradient_descent, learning_rate=0.5, epochs=1, seed=0)" in shown


def test_another_step_is_printed_with_where_it_began() -> None:
    class SlowAwayFromZero(Refnet):
        """A step is halved unless it begins where all biases are 0."""

        def train(self, *arguments: Any) -> Any:
            start, arrived = arguments[1], super().train(*arguments)
            if not any(np.any(layer.biases) for layer in start):
                return arrived
            return [
                Layer(*((old + new) / 2 for old, new in zip(one, other, strict=True)))
                for one, other in zip(start, arrived, strict=True)
            ]

    finding, shown = broken(SlowAwayFromZero, "gradient_descent_subtracts")
    last = finding.sent[-1]
    if finding.what.endswith("after another step"):
        assert any(name.startswith("parameters") for name in last.parts)
        assert "  then for train(gradient_descent" in shown
    biases = [v for name, v in {**finding.sent[0].parts, **last.parts}.items() if "biases" in name]
    assert any(np.any(values) for values in biases)


@pytest.mark.parametrize("mutant", [LastBatchDropped, SampleWeightsIgnored])
def test_copies_and_weights_of_rows_are_printed(mutant: type[Refnet]) -> None:
    asked: list[Any] = []

    class Recorded(mutant):  # type: ignore[valid-type, misc]
        def loss(self, *arguments: Any) -> Any:
            asked.append(arguments)
            return super().loss(*arguments)

    finding, _ = broken(Recorded, "losses_of_batches")
    assert len(finding.sent) > 1
    for sent in finding.sent:
        parts = {**finding.sent[0].parts, **sent.parts}
        architecture, layers, inputs = network(parts)
        weights = parts["sample_weights"]
        sent_numbers = [*_arrays(layers), inputs, np.array(parts["targets"])]
        sent_numbers += [] if weights is None else [np.array(weights)]
        assert any(
            call[0].head == architecture.head and _equal(_numbers(call), sent_numbers)
            for call in asked
        )


def _numbers(call: Any) -> list[Any]:
    _, layers, inputs, targets, weights = (*call, None)[:5]
    return [*_arrays(layers), inputs, targets, *([] if weights is None else [weights])]


def _arrays(layers: Parameters) -> list[Any]:
    return [array for layer in layers for array in layer]


def _equal(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def test_what_no_call_uses_is_not_printed() -> None:
    finding, shown = broken(CalledConverged, "a_fit_ends")
    assert "parameters" in finding.arguments["case"]
    assert "parameters" not in shown
    assert "  asked for fit(seed=0)" in shown


def test_what_was_drawn_besides_the_network_is_printed() -> None:
    _, shown = broken(LogitsClippedForTheSoftmax, "softmax_is_unchanged")
    assert re.search(r"^    shift = -?1000$", shown, re.MULTILINE)
    assert re.search(
        r"^  then for forward, with\n    parameters\[0\].biases = ", shown, re.MULTILINE
    )


def test_of_many_calls_the_first_and_the_last_are_printed() -> None:
    class Half(Refnet):
        def loss(self, *arguments: Any) -> Any:
            return super().loss(*arguments) / 2

    finding, shown = broken(Half, "gradients_match")
    assert len(finding.sent) > 3
    assert f"  then {len(finding.sent) - 2} other ways, which --json has" in shown
    assert shown.count("parameters[0].biases") == 2
