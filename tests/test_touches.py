"""What a reader moves on the site is computed as the engine computes it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import refnet
from refnet import Layer, Optimizer

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "examples"))

from pots import network, sprouted, trained, water  # noqa: E402 (where the book has it)

NODE = shutil.which("node")
STARTS = ([1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0], [1.3, -0.1, 0.7, 0.1, 1.0, 1.0, 0.0])


def asked(expression: str) -> Any:
    """What an expression of the script gives."""
    if NODE is None:
        pytest.skip("node is not installed")
    code = (
        f"const pots = require('./docs/style/pots.js'); console.log(JSON.stringify({expression}))"
    )
    done = subprocess.run(
        [NODE, "-e", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def layers(p: list[float]) -> list[Layer[Any]]:
    """A network as the script has it: w1, b1, w2, b2, v1, v2, c."""
    hidden = Layer(np.array([[p[0], p[2]]]), np.array([p[1], p[3]]))
    return [hidden, Layer(np.array([[p[4]], [p[5]]]), np.array([p[6]]))]


def test_the_pots_are_those_of_the_book() -> None:
    assert asked("pots.sprouted") == sprouted[:, 0].tolist()
    assert np.allclose(asked("pots.water"), water[:, 0])


@pytest.mark.parametrize("start", STARTS)
def test_a_network_is_trained_as_in_the_book(start: list[float]) -> None:
    net = network(2)
    end = trained(net, layers(start), 60)
    found = layers(asked(f"pots.trained({start}, 60)"))
    for one, other in zip(found, end, strict=True):
        assert np.allclose(one.weights, other.weights, rtol=1e-9)
        assert np.allclose(one.biases, other.biases, rtol=1e-9)
    loss = refnet.loss(net, end, water, sprouted)
    assert asked(f"pots.loss(pots.trained({start}, 60))") == pytest.approx(float(loss), rel=1e-9)


def test_equal_units_stay_equal_and_others_part() -> None:
    same, parted = (asked(f"pots.trained({start}, 600)") for start in STARTS)
    assert same[:2] == same[2:4]
    assert same[4] == same[5]
    loss = [asked(f"pots.loss({p})") for p in (same, parted)]
    assert loss[0] > 0.69
    assert loss[1] < 0.26


def test_an_output_layer_alone_trains_by_the_same_steps() -> None:
    start = [8.0, -4.0, -8.0, 12.0, 0.0, 0.0, 0.0]
    end = asked(f"pots.trained({start}, 400, k => k > 3)")
    assert end[:4] == start[:4]
    features = np.array([asked(f"pots.water.map(x => pots.features({start}, x))")])[0]
    net = refnet.Architecture((2, 1), "sigmoid", "sigmoid", "cross_entropy")
    zeros = [Layer(np.zeros((2, 1)), np.zeros(1))]
    (layer,) = refnet.train(net, zeros, features, sprouted, Optimizer("adam", 0.1), 400)
    assert np.allclose([*layer.weights[:, 0], *layer.biases], end[4:], rtol=1e-8)
    assert asked(f"pots.loss({end})") < 0.27
