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
from refnet.legal import rules
from refnet.rounding.precision import FLOAT32, TF32, Precision

COMMONEST = (
    "reduction",
    "squared_error",
    "penalty_factor",
    "penalty_per_row",
    "penalty_on_biases",
    "loss_includes_penalty",
    "sample_weight_mean",
    "loss_from",
    "gradient_from",
    "probability_clip",
    "clip_gradient",
)
"""The conventions that are tried first, commonest first; then come the others, as they stand."""

NUMBERS: dict[str, tuple[float, ...]] = {
    "squared_error": (1.0, 0.5),
    "penalty_factor": (1.0, 0.5),
    "probability_clip": (2.0**-52, 1e-15, 1e-12, 2.0**-23, 1e-7, 0.0),
    "leaky_slope": (0.01, 0.1, 0.2, 0.3, 1 / 3),
    "elu_alpha": (1.0,),
    "dampening": (0.9, 0.0),
}
"""The numbers that are tried, commonest first; words and flags are read off the type of a field."""

NOT_TRIED = {
    "gradient_factor": "read off the finding, since it may be any number",
    "nesterov": "its default, either, covers every form",
    "rmsprop_epsilon": "its default, either, covers every form",
    "momentum_rate": "its default, either, covers every form",
}
"""The conventions of which no alternative is tried, with the reason."""

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
    for change in (*alternatives(declared), *_factor(declared, finding)):
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


def alternatives(declared: Conventions) -> Iterator[Change]:
    """Every other word, flag and number that is tried, one at a time, commonest first."""
    fields = rules(Conventions)
    for name in dict.fromkeys((*COMMONEST, *fields)):
        values = () if name in NOT_TRIED else (*fields[name].words, *NUMBERS.get(name, ()))
        yield from ((name, value) for value in values if value != getattr(declared, name))


def _factor(declared: Conventions, finding: Finding) -> Iterator[Change]:
    """The factor of the gradient that fits the finding, when it is a simple one."""
    observed, expected, factor = finding.observed, finding.expected, declared.gradient_factor
    if isinstance(observed, float) and isinstance(expected, float) and expected and observed:
        simple = Fraction(observed / expected * factor).limit_denominator(64)
        if simple > 0 and simple != factor:
            yield "gradient_factor", float(simple)
