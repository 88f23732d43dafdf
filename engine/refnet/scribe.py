"""An arithmetic that writes down what it is asked, as the source of a function.

A logistic regression begins so:

    def line(v0, v1, v2, v3):  # weights, biases, inputs, targets
        v4 = f4(v2, v0, v1)    # inputs @ weights + biases
        n4 = vdot(v4, v4)      # finite, if inputs, weights and biases are
        v5 = f5(v4)            # sigmoid
        ...
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from refnet.architecture import Array, Layer
from refnet.rounding.arithmetic import (
    Ball,
    Operation,
    ball_arithmetic,
    bounded,
    exact,
    plain,
    quiet,
)
from refnet.rounding.precision import Precision
from refnet.rounding.products import AFFINE

Line = Callable[..., Any]


class UnknownError(Exception):
    """A value that no operation made, so that a line would repeat its numbers."""


class Scribe:
    """Plain arithmetic, or that of balls in a precision, that writes down what it is asked.

    known: the arrays and the results of all operations; number n is v{n} in the source, and as a
           ball b{n}
    names: what else the source speaks of
    """

    def __init__(self, arrays: list[Array], precision: Precision | None) -> None:
        self.apply = ball_arithmetic(precision) if precision else plain
        self.precision = precision
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
        """The result of the operation, once its line is written."""
        result = self.apply(operation, *arguments)
        if isinstance(result, int | float) and not isinstance(result, np.generic):
            return result  # from numbers alone, and one of them
        n = len(self.known)
        self.names[f"f{n}"], self.names[f"o{n}"] = operation.value, operation
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
            raise UnknownError
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
