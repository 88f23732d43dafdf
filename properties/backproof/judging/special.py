"""How special a fault is: with what it goes, in which entries it is, and what is made of the value.

All of it is read off the survey, and said only where every example that fails agrees.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from backproof.judging.judge import Broken
from backproof.judging.survey import ENOUGH, Seen, Survey
from backproof.judging.trial import met
from refnet.rounding.arithmetic import quiet

FEW = 3
"""Examples of which every one shows the same are a pattern."""

FACTORS: dict[str, Callable[[int, int], float]] = {
    "minus the expected": lambda rows, outputs: -1.0,
    "twice the expected": lambda rows, outputs: 2.0,
    "half of the expected": lambda rows, outputs: 0.5,
    "the expected times the number of rows": lambda rows, outputs: rows,
    "the expected divided by the number of rows": lambda rows, outputs: 1 / rows,
    "the expected times the number of outputs": lambda rows, outputs: outputs,
    "the expected divided by the number of outputs": lambda rows, outputs: 1 / outputs,
    "the expected in bits": lambda rows, outputs: 1 / np.log(2),
    "0": lambda rows, outputs: 0.0,
}
"""What a wrong value may be, as a factor of the right one, by the rows and the outputs."""


def special(survey: Survey) -> list[str]:
    """What can be said of the fault as a whole, in sentences."""
    return [*_where(survey), *_factor(survey), *_entries(survey)]


def _where(survey: Survey) -> Iterator[str]:
    """At how many examples, and what these have that no other has."""
    seen, failed = survey.seen, survey.failed
    if len(seen) < ENOUGH or not failed:
        return
    if len(failed) == len(seen):
        yield f"it fails at all {len(seen)} examples"
        return
    passed = [set(_features(s)) for s in seen if not s.failure]
    common = [name for name in _features(failed[0]) if all(name in _features(s) for s in failed)]
    apart = [name for name in common if not any(name in names for names in passed)]
    words = f"it fails at {len(failed)} of {len(seen)} examples"
    if apart and len(failed) >= FEW:
        yield f"{words}: at all those with {apart[0]}, and at no other"
        return
    rare = [name for name in common if 3 * sum(name in names for names in passed) < len(passed)]
    yield f"{words}, each with {rare[0]}" if rare and len(failed) >= FEW else words


def _features(seen: Seen) -> list[str]:
    """What an example has that another may lack, simplest first."""
    if not seen.calls:
        return met(seen.arguments)
    calls, a = seen.calls, seen.calls[0].architecture
    rows = 0 if calls[0].inputs is None else len(calls[0].inputs)
    optimizers = [call.optimizer for call in calls if call.optimizer]
    has = {
        "a hidden layer": a.hidden_layers > 0,
        "several hidden layers": a.hidden_layers > 1,
        "several rows": rows > 1,
        "several outputs": a.widths[-1] > 1,
        "a penalty": a.l2 > 0,
        "row weights": any(call.sample_weights is not None for call in calls),
        "smoothed labels": a.label_smoothing > 0,
        "dropout": a.dropout > 0,
        "batches": any(call.batch_size for call in calls),
        "momentum": any(o.momentum for o in optimizers),
        "weight decay": any(o.weight_decay for o in optimizers),
        "several epochs": any(call.epochs > 1 for call in calls),
    }
    names = [f"the kind {n}" if n not in seen.names else n for n in met(seen.arguments)]
    return [*(n for n in has if has[n]), *names, *dict.fromkeys(o.name for o in optimizers)]


@quiet
def _factor(survey: Survey) -> list[str]:
    """What every wrong entry is of the expected one, where it is the same for all."""
    compared = [
        (seen.calls[0], seen.failure.compared)
        for seen in survey.failed
        if isinstance(seen.failure, Broken) and seen.failure.finding.verb == "near" and seen.calls
    ]
    without = [pair for pair in compared if not pair[0].architecture.l2]
    compared = without if len(without) >= FEW else compared  # a penalty is added, and is no factor
    if len(compared) < FEW:
        return []
    for words, factor in FACTORS.items():
        agree = True
        for call, (o, e, a, ratios) in compared:
            rows = 1 if call.inputs is None else len(call.inputs)
            meant, wrong = factor(rows, call.architecture.widths[-1]) * e, ratios > 1
            close = np.abs(o - meant) <= np.maximum(4 * a, 1e-6 * np.abs(o - e))
            agree = agree and bool(np.all(close[wrong]))
        if agree:
            return [f"what is wrong is {words}"]
    return []


AXES = {"weights": ("input", "unit"), "biases": ("unit",), "outputs": ("row", "output")}
"""What the axes of an array are called, by a word in what is compared."""

ENDS: dict[str, Callable[[NDArray[np.bool_]], bool]] = {
    "first": lambda wrong: not wrong[1:].any(),
    "last": lambda wrong: not wrong[:-1].any(),
}


def _entries(survey: Survey) -> Iterator[str]:
    """Whether only the first or the last row, unit or output is wrong, wherever there are more."""
    arrays = [
        (_axes(seen.failure.finding.what), seen.failure.compared.ratios > 1)
        for seen in survey.failed
        if isinstance(seen.failure, Broken)
    ]
    names = {name for axes, _ in arrays for name in axes}
    for name in sorted(names):
        along = [
            np.asarray(wrong.any(axis=tuple(i for i in range(wrong.ndim) if axes[i] != name)))
            for axes, wrong in arrays
            if len(axes) == wrong.ndim and name in axes and wrong.shape[axes.index(name)] > 1
        ]
        for end, alone in ENDS.items():
            if len(along) >= FEW and all(alone(wrong) for wrong in along):
                yield f"only the {end} {name} is wrong"


def _axes(what: str) -> tuple[str, ...]:
    return next((axes for word, axes in AXES.items() if word in what), ())
