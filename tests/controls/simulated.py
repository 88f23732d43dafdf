"""Correct networks that differ from the engine in every way that the arithmetic allows.

Each rounds after every operation, in its own precision, order of summation, and choice of formulas:
the negative controls of the laws. A law that breaks on one of them is wrong.
"""

from typing import Any

import numpy as np

from backproof.contract import (
    Architecture,
    Array,
    Implementation,
    Layer,
    Parameters,
    Scope,
    conventions_of,
)
from refnet import Precision, Problem
from refnet.functions.activations import TABLE as ACTIVATIONS
from refnet.functions.losses import TABLE as HEADS
from refnet.rounding.precision import PRESETS
from tests.engine.lowprecision import STYLES, Answer, Style, evaluate

NAMES = {style.name: style for style in STYLES}


class Simulated(Implementation):
    """The network in a precision and a style of computing."""

    scope = Scope(
        activations=tuple(ACTIVATIONS),
        heads=tuple(HEADS),
        widths=(1, 8),
        rows=(1, 5),
        l2=True,
        sample_weights=True,
    )

    def __init__(self, precision: str | Precision, style: str, form: int = 0) -> None:
        self.precision: Precision = PRESETS[precision] if isinstance(precision, str) else precision
        self.name = f"{self.precision.name}, {style}"
        self._style: Style = NAMES[style]
        self._form = form

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Any:
        return self._answer(architecture, parameters, inputs).forward

    def hidden(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Any:
        return self._answer(architecture, parameters, inputs).hidden

    def loss(self, *data: Any) -> Any:
        return self._answer(*data).loss

    def gradient(self, *data: Any) -> Any:
        return self._answer(*data).gradient

    def _answer(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array | None = None,
        sample_weights: Array | None = None,
    ) -> Answer:
        if targets is None:
            targets = np.zeros((len(inputs), architecture.widths[-1]))
        problem = Problem(
            architecture,
            [Layer(_float64(weights), _float64(biases)) for weights, biases in parameters],
            _float64(inputs),
            _float64(targets),
            None if sample_weights is None else _float64(sample_weights),
            conventions_of(self.conventions, architecture.head),
        )
        return evaluate(problem, self.precision, self._style, self._form)


def _float64(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64)
