"""The loss of one row as a likelihood: without its divisor, with the constant that it lacks."""

import math
from dataclasses import replace

import numpy as np

from backproof.cases.case import Case
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.conventions import Conventions
from refnet.problem import loss_share


def loss_of(subject: Subject, case: Case, y: Array) -> tuple[float, float]:
    """The loss of the first row with this outcome, and the constant it lacks, with its radius."""
    rows = len(case.inputs) if case.space.whole is not None else subject.scope.rows[0]
    inputs, targets = np.repeat(case.inputs[:1], rows, 0), np.repeat(y[None], rows, 0)
    repeated = replace(case, inputs=inputs, targets=targets)
    answer, problem = subject.loss(repeated), subject.problem(repeated)
    factor = 1 / (rows * float(loss_share(problem).factor))
    constant = (
        _missing_constant(problem.conventions, y[0]) if case.architecture.loss == "poisson" else 0.0
    )
    return float(answer.value) * factor + constant, float(answer.radius) * factor


def _log_factorial(y: float) -> float:
    return math.log(math.factorial(int(y))) if y > 0 else 0.0


def _missing_constant(c: Conventions, y: float) -> float:
    """log y!, less what a Poisson loss is declared to have of it."""
    return _log_factorial(y) - _declared_constant(c, y)


def _declared_constant(c: Conventions, y: float) -> float:
    """What a Poisson loss is declared to add to e^z - y z."""
    if c.poisson_constant == "stirling":
        return y * math.log(y) - y + 0.5 * math.log(2 * math.pi * y) if y > 1 else 0.0
    return _log_factorial(y) if c.poisson_constant == "log y!" else 0.0
