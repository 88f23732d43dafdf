"""One step of an optimizer, written once for plain numbers and for balls."""

from typing import Any

from refnet.architecture import Layer, Parameters
from refnet.conventions import STRICT, Conventions
from refnet.rounding.arithmetic import Arithmetic, plain
from refnet.rounding.operations import ADD_SCALED
from refnet.training.optimizers import Optimizer, State, resolved
from refnet.training.recurrences import RECURRENCES, Memory, Rule, ahead, looks_ahead
from refnet.training.terms import SHRINK


def step(
    optimizer: Optimizer,
    state: State,
    parameters: Parameters,
    gradient: Parameters,
    conventions: Conventions = STRICT,
) -> tuple[Parameters, State]:
    """The step w' = w - learning_rate * direction, and what the optimizer remembers

    Shapes: gradient and state as the parameters.
    """
    return step_in(plain, optimizer, state, parameters, gradient, conventions)


def step_in(
    apply: Arithmetic,
    optimizer: Optimizer,
    state: State,
    parameters: list[Layer[Any]],
    gradient: list[Layer[Any]],
    conventions: Conventions,
    rows: int = 1,
) -> tuple[list[Layer[Any]], State]:
    """A step in the given arithmetic, in the first form that the conventions allow.

    rows: how many the gradient is a sum over
    """
    rule = Rule(apply, optimizer, resolved(optimizer, conventions), state.steps + 1, rows)
    pairs = zip(parameters, gradient, state.velocity, state.squares, strict=True)
    moved = []
    for w, g, v, s in pairs:
        weights = _moved(rule, Memory(w.weights, v.weights, s.weights), g.weights, True)
        decays = conventions.decay_on_biases
        biases = _moved(rule, Memory(w.biases, v.biases, s.biases), g.biases, decays)
        moved.append((weights, biases))
    layers, velocity, squares = (
        [Layer(weights[part], biases[part]) for weights, biases in moved] for part in range(3)
    )
    return layers, State(rule.number, velocity, squares)


def point_in(
    apply: Arithmetic,
    optimizer: Optimizer,
    state: State,
    parameters: list[Layer[Any]],
    conventions: Conventions,
) -> list[Layer[Any]]:
    """Where the gradient of the next step is taken: the parameters, or the point ahead of them."""
    rule = Rule(apply, optimizer, resolved(optimizer, conventions), state.steps + 1)
    if not looks_ahead(rule):
        return parameters
    return [
        Layer(ahead(rule, w.weights, v.weights), ahead(rule, w.biases, v.biases))
        for w, v in zip(parameters, state.velocity, strict=True)
    ]


def _moved(rule: Rule, memory: Memory, gradient: Any, decays: bool) -> Memory:
    optimizer = rule.optimizer
    if decays and optimizer.weight_decay and optimizer.decoupled:
        rate = optimizer.learning_rate if rule.conventions.decay_times_rate else 1.0
        shrunk = rule.apply(SHRINK, memory.values, rate * optimizer.weight_decay)
        memory = memory._replace(values=shrunk)
    elif decays and optimizer.weight_decay:
        at = memory.values
        if looks_ahead(rule):
            at = ahead(rule, at, memory.velocity)
        gradient = rule.apply(ADD_SCALED, gradient, at, optimizer.weight_decay, rule.rows)
    return RECURRENCES[optimizer.name](rule, memory, gradient)
