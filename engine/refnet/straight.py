"""A network as a straight line of operations, written once, then run without the code around them.

Which operations a network needs depends on its architecture, its conventions and the shapes of its
arrays, never on the numbers in them. To find that out takes a small network longer than to compute.
What is asked often is therefore written down, while it is asked of zeros, as the source of a
function that asks nothing:

    def line(v0, v1, v2, v3):  # weights, biases, inputs, targets
        v4 = f4(v2, v0, v1)    # inputs @ weights + biases
        n4 = vdot(v4, v4)      # finite, if inputs, weights and biases are
        v5 = f5(v4)            # sigmoid
        ...
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from refnet.architecture import Architecture, Array, Layer
from refnet.arithmetic import Arithmetic, Ball, Operation, bounded, exact, plain, quiet, within
from refnet.checks import checked, expected, fitting
from refnet.conventions import Conventions
from refnet.precision import Precision
from refnet.problem import Problem
from refnet.products import AFFINE

OFTEN = 16
"""How often the same is asked before it is written down, which takes about as long as that."""

Compute = Callable[[Arithmetic, Problem], Any]
Line = Callable[..., Any]


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
    checked(*problem[:5])
    return compute(_arithmetic(precision), problem)


def _arithmetic(precision: Precision | None) -> Arithmetic:
    return within(precision) if precision else plain


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
    arrays = [np.zeros(*kind) for kind in expected(architecture.widths, shape[:-1], dtype)]
    *parts, inputs, targets = arrays
    layers = [Layer(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    scribe = _Scribe(arrays, precision)
    try:
        problem = Problem(architecture, layers, inputs, targets, None, conventions)
        return scribe.function(compute(scribe, problem))
    except _UnknownError:
        return None


class _UnknownError(Exception):
    """A value that no operation made, so that a line would repeat its numbers."""


class _Scribe:
    """An arithmetic that writes down what it is asked.

    known: the arrays and the results of all operations; number n is v{n} in the source, and as a
           ball b{n}
    names: what else the source speaks of
    """

    def __init__(self, arrays: list[Array], precision: Precision | None) -> None:
        self.apply, self.precision = _arithmetic(precision), precision
        self.known: list[Any] = [*arrays]
        self.names: dict[str, Any] = {
            "Layer": Layer,
            "Ball": Ball,
            "bounded": bounded,
            "exact": exact,
            "vdot": np.vdot,
            "isfinite": math.isfinite,
        }
        self.arguments = ", ".join(f"v{n}" for n in range(len(arrays)))
        self.lines: list[str] = []
        self.squares: list[str] = []  # the sums of the squares of all logits
        if precision:
            if arrays[0].dtype != np.float64:
                self.lines += (f"v{n} = exact(v{n})" for n in range(len(arrays)))
            self.lines += (f"b{n} = Ball(v{n}, 0.0)" for n in range(len(arrays)))

    def __call__(self, operation: Operation, *arguments: Any) -> Any:
        result = self.apply(operation, *arguments)
        if isinstance(result, int | float) and not isinstance(result, np.generic):
            return result  # from numbers alone, and one of them
        n = len(self.known)
        self.names |= {f"f{n}": operation.value, f"o{n}": operation}
        self.lines.append(f"v{n} = f{n}({self.sources(arguments, 'v')})")
        if operation is AFFINE:
            self.lines.append(f"n{n} = vdot(v{n}, v{n})")
            self.squares.append(f"n{n}")
        if self.precision:
            self.names[f"r{n}"] = partial(operation.radius, self.precision.with_reference())
            radius = f"r{n}(v{n}, {self.sources(arguments, 'b')})"
            ball = "Ball(" if operation.guarded else f"bounded(o{n}, "
            self.lines.append(f"b{n} = {ball}v{n}, {radius})")
        self.known.append(result)
        return result

    def sources(self, values: Iterable[Any], letter: str) -> str:
        """The sources of values, with commas between."""
        return ", ".join(self.source(value, letter) for value in values)

    def source(self, value: Any, letter: str) -> str:
        """A name with this letter, a number, or a layer, a list or a tuple of such."""
        for n, known in enumerate(self.known):
            if known is value:
                return f"{letter}{n}"
        if isinstance(value, Layer):
            return f"Layer({self.sources(value, letter)})"
        if type(value) in (list, tuple):
            return f"{type(value).__name__}(({self.sources(value, letter)},))"
        if type(value) not in (int, float):
            raise _UnknownError
        if letter == "v" and math.isfinite(value):
            return repr(value)
        name = f"c{len(self.names)}"
        self.names[name] = value if letter == "v" else Ball(value, 0.0)
        return name

    def function(self, result: Any) -> Line:
        """The function of the arrays that runs the line."""
        answer = self.source(result, "b" if self.precision else "v")
        # no product with inf or nan is finite, and targets have been looked at
        finite = f"isfinite({' + '.join(self.squares)})"
        body = _forgetful([*self.lines, f"return {answer} if {finite} else None"])
        exec(f"def line({self.arguments}):\n    " + "\n    ".join(body), self.names)
        line: Line = self.names["line"]
        return quiet(line) if self.precision else line


def _forgetful(lines: list[str]) -> list[str]:
    """The lines, with each value deleted after its last use, so that its memory is used again."""
    later: set[str] = set()
    body: list[str] = []
    for line in reversed(lines):
        used = set(re.findall(r"\b[vb]\d+", line)) - later
        if body:
            body += (f"del {name}" for name in sorted(used))
        body.append(line)
        later |= used
    return body[::-1]
