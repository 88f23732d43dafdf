"""The adapter of onnxruntime answers what the runtime answers, and the laws hold for it."""

from typing import Any

import numpy as np
import pytest

import backproof
from backproof.contract import Architecture, Layer, NotSupported, Parameters

ort = pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed: pip install '.[onnxruntime]'"
)
pytest.importorskip("onnx", reason="onnx is not installed: pip install '.[onnxruntime]'")

from backproof.adapters.onnxruntime import OnnxRuntime  # noqa: E402 (only where it is)

NET = Architecture((2, 3, 2), "tanh", "softmax", "cross_entropy")
INPUTS = np.array([[1.0, 0.5], [-2.0, 0.25], [0.5, 3.0]])
TARGETS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])


def parameters() -> Parameters:
    rng = np.random.default_rng(0)
    return [Layer(rng.normal(size=s), rng.normal(size=s[1])) for s in NET.shapes]


@pytest.mark.parametrize("precision", ["float64", "float32", "float16"])
@pytest.mark.parametrize("weights", ["inputs", "initializers"])
def test_onnxruntime_keeps_the_laws(precision: str, weights: str) -> None:
    report = backproof.check(
        "onnxruntime", laws="outputs_are_right,the_loss_is_the", profile="quick",
        precision=precision, options={"weights": weights},
    )  # fmt: skip
    outputs, loss = report.laws
    assert outputs.status == "holds"
    assert loss.status in ("holds", "weak", "unsupported"), loss.reason
    assert report.subject.version == ort.__version__


def test_the_outputs_are_those_of_numpy() -> None:
    (w, b), (v, c) = parameters()
    logits = np.tanh(INPUTS @ w + b) @ v + c
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for subject in (OnnxRuntime(), OnnxRuntime(weights="initializers")):
        found = subject.forward(NET, parameters(), INPUTS)
        assert np.allclose(found, p, rtol=1e-14)
        (hidden,) = subject.hidden(NET, parameters(), INPUTS)
        assert np.allclose(hidden, np.tanh(INPUTS @ w + b), rtol=1e-14)
        loss = subject.loss(NET, parameters(), INPUTS, TARGETS)
        assert float(loss) == pytest.approx(-np.mean(np.log(p[TARGETS == 1])), rel=1e-14)


def test_gelu_of_doubles_has_the_digits_of_single_precision_and_a_law_sees_it() -> None:
    laws = "outputs_are_right"
    options = {"gelu": "tanh"}
    report = backproof.check("onnxruntime", laws=laws, profile="quick", options=options)
    assert report.laws[0].status == "broken"
    ledger = "examples/ledgers/onnxruntime.toml"
    report = backproof.check(
        "onnxruntime", laws=laws, profile="quick", options=options, known=ledger
    )
    assert report.laws[0].status == "known"


def test_what_the_runtime_has_no_code_for_is_refused() -> None:
    net = Architecture((2, 3, 2), "tanh", "identity", "squared_error")
    with pytest.raises(NotSupported, match="no operator for a loss but"):
        OnnxRuntime().loss(net, parameters(), INPUTS, TARGETS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"precision": "bfloat16"}, "precision='bfloat16': choose one of float64, float32"),
        ({"weights": "none"}, "weights='none': choose one of inputs, initializers"),
        ({"gelu": "erf"}, "gelu='erf': choose one of tanh"),
    ],
)
def test_an_option_that_is_none_is_refused(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OnnxRuntime(**given)
