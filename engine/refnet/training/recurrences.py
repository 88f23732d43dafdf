"""Where each optimizer moves: its recurrence, written once for plain numbers and for balls.

A recurrence takes what is known of one array of parameters and its gradient, and gives what is
known after the step.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from refnet.conventions import Conventions
from refnet.rounding.arithmetic import Arithmetic
from refnet.rounding.operations import ADD, ADD_SCALED
from refnet.training.optimizers import Optimizer
from refnet.training.terms import (
    ADD_ROWS,
    COEFFICIENT,
    CORRECTION,
    MIX,
    QUOTIENT,
    RATIO,
    ROOT,
    ROUNDED,
    SQUARE,
    Cap,
)


class Memory(NamedTuple):
    """An array of parameters with all that one step knows of it, in either arithmetic."""

    values: Any
    velocity: Any
    squares: Any


class Rule(NamedTuple):
    """What a recurrence is made with: the arithmetic, the numbers, the form, the step's number.

    rows: how many the gradient is a sum over
    """

    apply: Arithmetic
    optimizer: Optimizer
    conventions: Conventions
    number: int
    rows: int = 1


def looks_ahead(rule: Rule) -> bool:
    """Whether the gradient is taken at the point ahead."""
    return rule.optimizer.name == "nesterov" and rule.conventions.nesterov == "lookahead"


def _inside(rule: Rule) -> bool:
    return rule.conventions.momentum_rate == "inside"


def ahead(rule: Rule, values: Any, velocity: Any) -> Any:
    """The point w + mu v where the velocity contains the rate, otherwise w - lr mu v"""
    mu, rate = rule.optimizer.momentum, rule.optimizer.learning_rate
    return rule.apply(ADD_SCALED, values, velocity, mu if _inside(rule) else -rate * mu)


def _descend(rule: Rule, memory: Memory, direction: Any) -> Any:
    """The point w - learning_rate * direction"""
    return rule.apply(ADD_SCALED, memory.values, direction, -rule.optimizer.learning_rate)


def _gradient_descent(rule: Rule, memory: Memory, gradient: Any) -> Memory:
    if rule.conventions.step_sum == "gradient":
        return memory._replace(values=_descend(rule, memory, gradient))
    rate, rows = rule.optimizer.learning_rate, rule.rows
    return memory._replace(values=rule.apply(ADD_ROWS, memory.values, gradient, -rate, rows))


def _velocity(rule: Rule, memory: Memory, gradient: Any) -> Any:
    """The velocity mu v + (1 - d) g, or with the rate inside mu v - lr (1 - d) g"""
    apply, mu, rate = rule.apply, rule.optimizer.momentum, rule.optimizer.learning_rate
    dampening = rule.conventions.dampening
    taken = mu if dampening == "as momentum" else dampening
    share, size = 1 - taken, 1.0 if taken else 0.0  # 1 - d errs by u where d is cast
    if _inside(rule):
        share, size = -rate * share, 3 * rate
    return apply(
        MIX, memory.velocity, gradient, apply(COEFFICIENT, mu, mu), apply(COEFFICIENT, share, size)
    )


def _momentum(rule: Rule, memory: Memory, gradient: Any) -> Memory:
    velocity = _velocity(rule, memory, gradient)
    if _inside(rule):
        values = rule.apply(ADD_SCALED, memory.values, velocity, 1.0)
    else:
        values = _descend(rule, memory, velocity)
    return memory._replace(values=values, velocity=velocity)


def _nesterov(rule: Rule, memory: Memory, gradient: Any) -> Memory:
    """The step w - lr (g + mu v'), or the momentum step with g taken at the point ahead."""
    if looks_ahead(rule):
        return _momentum(rule, memory, gradient)
    apply, mu, rate = rule.apply, rule.optimizer.momentum, rule.optimizer.learning_rate
    velocity = _velocity(rule, memory, gradient)
    share = apply(COEFFICIENT, mu, mu)
    if _inside(rule):
        factor = apply(COEFFICIENT, -rate, rate)
        direction = apply(MIX, gradient, velocity, factor, share)
        values = apply(ADD_SCALED, memory.values, direction, 1.0)
    else:
        values = _descend(rule, memory, apply(MIX, gradient, velocity, 1.0, share))
    # (w + mu v') - lr g rounds once more than w + (mu v' - lr g)
    return memory._replace(values=apply(ROUNDED, values), velocity=velocity)


def _mean(rule: Rule, mean: Any, new: Any, beta: float) -> Any:
    """The mean beta * mean + (1 - beta) * new"""
    apply = rule.apply
    return apply(MIX, mean, new, apply(COEFFICIENT, beta, 1.0), apply(COEFFICIENT, 1 - beta, 1.0))


def _root(rule: Rule, squares: Any, epsilon: Any, inside: bool) -> Any:
    """The root sqrt(s + epsilon), or sqrt(s) + epsilon"""
    apply = rule.apply
    if inside:
        return apply(ROOT, apply(ADD, squares, epsilon))
    return apply(ADD, apply(ROOT, squares), epsilon)


def _rmsprop(rule: Rule, memory: Memory, gradient: Any) -> Memory:
    apply, rho, epsilon = rule.apply, rule.optimizer.rho, rule.optimizer.epsilon
    inside = rule.conventions.rmsprop_epsilon == "inside"
    squares = _mean(rule, memory.squares, apply(SQUARE, gradient), rho)
    root = _root(rule, squares, apply(COEFFICIENT, epsilon, epsilon), inside)
    memory_length = 1 / (1 - rho)
    bound = math.sqrt(memory_length)
    cap = Cap(bound, 10 + 12 * memory_length, memory_length, epsilon, inside)
    direction = apply(RATIO, gradient, root, cap)
    return memory._replace(values=_descend(rule, memory, direction), squares=squares)


def _adam(rule: Rule, memory: Memory, gradient: Any) -> Memory:
    apply, optimizer, form = rule.apply, rule.optimizer, rule.conventions.adam_epsilon
    beta1, beta2, epsilon = optimizer.beta1, optimizer.beta2, optimizer.epsilon
    velocity = _mean(rule, memory.velocity, gradient, beta1)
    squares = _mean(rule, memory.squares, apply(SQUARE, gradient), beta2)
    first, second = (apply(CORRECTION, beta, rule.number) for beta in (beta1, beta2))
    held, inside = apply(COEFFICIENT, epsilon, epsilon), form == "inside"
    if form == "uncorrected":
        held = apply(QUOTIENT, held, apply(ROOT, second))
    root = _root(rule, apply(QUOTIENT, squares, second), held, inside)
    memories = 1 / (1 - beta1), 1 / (1 - beta2)
    roundings = 10 + 8 * rule.number + 12 * sum(memories)
    cap = Cap(adam_cap(beta1, beta2, rule.number), roundings, memories[1], epsilon, inside)
    direction = apply(RATIO, apply(QUOTIENT, velocity, first), root, cap)
    return Memory(_descend(rule, memory, direction), velocity, squares)


def adam_cap(beta1: float, beta2: float, count: int) -> float:
    """C_t = sqrt(sum_i a_i^2 / b_i), the largest |m| / sqrt(s) that Adam reaches at step t

    a_i and b_i are the corrected weights of the gradient i steps ago. C_t is 1 at the first step
    and grows: the step is bounded by learning_rate * C_t, and growing gradients attain it.
    """
    ago = np.arange(count)
    first = beta1**ago * (1 - beta1) / (1 - beta1**count)
    second = beta2**ago * (1 - beta2) / (1 - beta2**count)
    used = first > 0
    if not np.all(second[used] > 0):
        return math.inf
    return math.sqrt(float(np.sum(first[used] ** 2 / second[used])))


RECURRENCES: dict[str, Callable[[Rule, Memory, Any], Memory]] = {
    "gradient_descent": _gradient_descent,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "rmsprop": _rmsprop,
    "adam": _adam,
}
