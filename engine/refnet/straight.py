"""A network as a straight line of operations, written once, then run without the code around them.

Which operations a network needs depends on its architecture, its conventions and the shapes of its
arrays, never on the numbers in them. To find that out takes a small network longer than to compute.
What is asked often is therefore written down, while it is asked of zeros, as the source of a
function that asks nothing.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from refnet.architecture import Architecture, Layer
from refnet.checks import all_finite, expected, explain, fitting
from refnet.conventions import Conventions
from refnet.problem import Problem
from refnet.rounding.arithmetic import Arithmetic, ball_arithmetic, plain, quiet
from refnet.rounding.precision import Precision
from refnet.scribe import Line, Scribe, UnknownError

OFTEN = 16
"""How often the same is asked before it is written down, which takes about as long as that."""

Compute = Callable[[Arithmetic, Problem], Any]


def answered(compute: Compute, problem: Problem, precision: Precision | None = None) -> Any:
    """compute(arithmetic, problem), for a problem that fits; the arithmetic of balls in a precision

    Raises: ValueError naming the array, the rule and the value.
    """
    architecture, parameters, inputs, targets, weights, conventions = problem
    arrays = fitting(architecture, parameters, inputs, targets) if weights is None else []
    if arrays:
        form = (compute, precision, architecture, conventions, inputs.shape, inputs.dtype)
        question = _question(*form)
        line = question.line or question.asked()
        try:
            answer = line(*arrays) if line else None
        except (FloatingPointError, RuntimeWarning):
            answer = None  # the user has made errors of warnings; what deserves one comes again
        if answer is not None:
            return answer
    if not (arrays and all_finite(arrays)):
        explain(*problem[:5])
    return _in_balls(compute, problem, precision) if precision else compute(plain, problem)


@quiet
def _in_balls(compute: Compute, problem: Problem, precision: Precision) -> Any:
    return compute(ball_arithmetic(precision), problem)


class _Question:
    """The same computation on arrays of the same shapes and type, and how often it was asked."""

    def __init__(self, *form: Any) -> None:
        self.form = form
        self.times = 0
        self.line: Line | None = None

    def asked(self) -> Line | None:
        """The straight line, from the time on that it is worth its while."""
        self.times += 1
        if self.times == OFTEN:
            self.line = _straight(*self.form)
        return self.line


_question = lru_cache(maxsize=256)(_Question)


@quiet
def _straight(
    compute: Compute,
    precision: Precision | None,
    architecture: Architecture,
    conventions: Conventions,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> Line | None:
    """compute(arithmetic, problem) as a function of arrays, None where a logit is not finite

    There is none where the code computes with arrays outside of any operation.
    """
    arrays = [np.zeros(at, dtype) for _, at, _ in expected(architecture.widths, shape[:-1], dtype)]
    *parts, inputs, targets = arrays
    layers = [Layer(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    scribe = Scribe(arrays, precision)
    try:
        problem = Problem(architecture, layers, inputs, targets, None, conventions)
        return scribe.function(compute(scribe, problem))
    except UnknownError:
        return None
