"""Convention recognition: a broken law that holds under another convention says which.

The law's own body judges a handful of examples once more, with one or two of the conventions
changed, or in a coarser precision. Where all of them pass, the finding says what to declare, or to
mend.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any

from backproof.reports.report import Finding
from refnet.conventions import Conventions
from refnet.rounding.precision import FLOAT32, TF32, Precision

ALTERNATIVES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("reduction", ("sum", "mean over outputs", "mean")),
    ("squared_error", (1.0, 0.5)),
    ("penalty_factor", (1.0, 0.5)),
    ("penalty_per_row", (True, False)),
    ("penalty_on_biases", (True, False)),
    ("loss_includes_penalty", (False, True)),
    ("sample_weight_mean", ("rows", "weights")),
    ("loss_from", ("probabilities",)),
    ("probability_clip", (2.0**-52, 1e-15, 1e-12, 2.0**-23, 1e-7)),
    ("huber", ("smooth_l1", "delta")),
    ("poisson_constant", ("log y!", "stirling", "none")),
    ("leaky_slope", (0.01, 0.1, 0.2, 0.3, 1 / 3)),
    ("elu_alpha", (1.0,)),
    ("gelu", ("tanh", "erf")),
    ("decay_on_biases", (False, True)),
    ("decay_times_rate", (False, True)),
    ("initial_biases", ("other",)),
)
"""The conventions that are tried, commonest first."""

COARSER: dict[str, Precision] = {
    "float64": replace(FLOAT32, input=FLOAT32.unit),  # the arguments were rounded too
    "float32": TF32,
}
"""What the numbers of a precision most often pass through by mistake."""

MOST_SECONDS = 3.0
"""What the search for a convention may take, whatever a call takes."""

Change = tuple[str, Any]


def recognised(
    declared: Conventions,
    finding: Finding,
    finds: Callable[[Conventions], Finding | None],
    passes: Callable[[Conventions], bool],
) -> str:
    """What to declare so that everything passes, with the fewest changes; "" if nothing does.

    finds: what is found at the failing example; passes: whether that and others pass
    """
    ends = time.monotonic() + MOST_SECONDS
    unchanged, found = finds(declared), dict[Change, Finding | None]()
    for change in (*_changes(declared), *_factor(finding)):
        if time.monotonic() > ends:
            return ""
        found[change] = finds(replace(declared, **dict([change])))
    for changes in _candidates(found, unchanged):
        if time.monotonic() > ends:
            return ""
        if passes(replace(declared, **dict(changes))):
            return ", ".join(f"{name}={value!r}" for name, value in changes)
    return ""


def _candidates(
    found: dict[Change, Finding | None], unchanged: Finding | None
) -> Iterator[tuple[Change, ...]]:
    """Each change that mends the failing example, then pairs of which one matters there."""
    yield from ((change,) for change in found if found[change] is None)
    matter = {change for change in found if found[change] != unchanged}
    for pair in combinations(found, 2):
        if pair[0][0] != pair[1][0] and matter.intersection(pair):
            yield pair


def _changes(declared: Conventions) -> Iterator[tuple[str, Any]]:
    for name, values in ALTERNATIVES:
        for value in values:
            if value != getattr(declared, name):
                yield name, value


def _factor(finding: Finding) -> Iterator[tuple[str, float]]:
    """A constant factor of the gradient, when the finding shows a simple one."""
    observed, expected = finding.observed, finding.expected
    if isinstance(observed, float) and isinstance(expected, float) and expected and observed:
        simple = Fraction(observed / expected).limit_denominator(64)
        if simple > 0 and simple != 1:
            yield "gradient_factor", float(simple)
