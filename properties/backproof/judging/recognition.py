"""Convention recognition: a broken law that holds under another convention says which.

The law's own body judges a handful of examples once more, with one or two of the conventions
changed, or in a coarser precision. Where all of them pass, the finding says what to declare, or to
mend.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from backproof.reports.row import Finding
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
    "gradient_reduction",
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
    "softplus_threshold": (20.0,),
    "dampening": (0.9, 0.0),
}
"""The numbers that are tried, commonest first; words and flags are read off the type of a field."""

NOT_TRIED = {
    "loss_factor": "read off the finding, since it may be any number",
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

MOST_SECONDS = 2.0
"""What the search for a convention may take, whatever a call takes."""

BITS = 1 / math.log(2)
"""The factor of a loss in bits."""

LARGEST_FACTOR = 2.0**10
"""Nobody means a factor beyond it, or below its inverse."""

Change = tuple[str, Any]
Found = dict[Change, Finding | None]


def fitting(
    declared: Conventions,
    finding: Finding,
    finds: Callable[[Conventions], Finding | None],
    fits: Mapping[str, Callable[[Conventions], bool]],
) -> Iterator[tuple[str, str, Conventions]]:
    """What could be declared so that everything passes, the fewest changes first.

    finds: what is found at the failing example; fits: whether that and others pass, by for whom
    Yields the declaration in words, for whom it is, and what it means.
    """
    ends = time.monotonic() + MOST_SECONDS
    unchanged, found = finds(declared), dict[Change, Finding | None]()
    for change in (*alternatives(declared), *_factors(declared, finding)):
        if time.monotonic() > ends:
            return
        found[change] = finds(replace(declared, **dict([change])))
    for candidates, (whose, passes) in product((_singles, _pairs), fits.items()):
        passing = False
        for changes in candidates(found, unchanged):
            if time.monotonic() > ends:
                return
            supposed = replace(declared, **dict(changes))
            if passes(supposed):
                passing = True
                yield f"Conventions({', '.join(f'{n}={v!r}' for n, v in changes)})", whose, supposed
        if passing:  # more changes than needed explain nothing better
            return


def _singles(found: Found, unchanged: Finding | None) -> Iterator[tuple[Change, ...]]:
    """Each change that mends the failing example."""
    return ((change,) for change in found if found[change] is None)


def _pairs(found: Found, unchanged: Finding | None) -> Iterator[tuple[Change, ...]]:
    """Pairs of changes that matter at the failing example, then those of which one does."""
    matter = {change for change in found if found[change] != unchanged}
    pairs = [pair for pair in combinations(found, 2) if pair[0][0] != pair[1][0]]
    yield from (pair for pair in pairs if matter.issuperset(pair))
    yield from (pair for pair in pairs if len(matter.intersection(pair)) == 1)


def alternatives(declared: Conventions) -> Iterator[Change]:
    """Every other word, flag and number that is tried, one at a time, commonest first."""
    fields = rules(Conventions)
    for name in dict.fromkeys((*COMMONEST, *fields)):
        values = () if name in NOT_TRIED else (*fields[name].words, *NUMBERS.get(name, ()))
        yield from ((name, value) for value in values if value != getattr(declared, name))


def _factors(declared: Conventions, finding: Finding) -> Iterator[Change]:
    """The factor of the gradient, or of loss and gradient, that fits the finding, if it is simple.

    A law on the gradient alone cannot tell the two, and is about the gradient.
    """
    observed, expected = finding.observed, finding.expected
    if not (isinstance(observed, float) and isinstance(expected, float) and expected and observed):
        return
    names = ("gradient_factor", "loss_factor")
    for name in names if "gradient" in finding.what else reversed(names):
        factor = observed / expected * getattr(declared, name)
        if not 1 / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
            continue
        simple = float(Fraction(factor).limit_denominator(64))
        fitting = BITS if math.isclose(factor, BITS, rel_tol=1e-6) else simple
        if fitting and fitting != getattr(declared, name):
            yield name, fitting
