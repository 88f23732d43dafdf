"""A network inside a larger one: a unit doubled in each hidden layer, or a layer repeated."""

from dataclasses import replace

import numpy as np

from backproof.cases.case import Case
from refnet.architecture import Architecture, Layer, Parameters

REPEATABLE = ("relu", "identity")
"""Activations with f(f(z)) = f(z)."""


def wider(case: Case, seed: int) -> Case | None:
    """One unit more in each hidden layer, or None outside of the scope.

    The new unit is a copy of another, and takes a half of its outgoing weights, or nothing.
    """
    rng, parameters, widths = (
        np.random.default_rng(seed),
        [*case.parameters],
        [*case.architecture.widths],
    )
    for place in range(case.architecture.hidden_layers):
        (weights, biases), (after, top) = parameters[place : place + 2]
        unit, share = rng.integers(len(biases)), rng.choice([0.0, 0.5])
        taken = case.space.precision.round(share * after[unit])  # exact, but for subnormals
        left = after.copy()
        left[unit] -= taken
        parameters[place] = Layer(np.c_[weights, weights[:, unit]], np.r_[biases, biases[unit]])
        parameters[place + 1] = Layer(np.r_[left, taken[None]], top)
        widths[place + 1] += 1
    return _inside(case, replace(case.architecture, widths=tuple(widths)), parameters)


def deeper(case: Case) -> Case | None:
    """The first layer that can be repeated followed by weights 1 and biases 0, if there is one."""
    a = case.architecture
    for place, name in enumerate(a.activations, 1):
        if name in REPEATABLE:
            width = a.widths[place]
            between = Layer(np.eye(width), np.zeros(width))
            parameters = [*case.parameters[:place], between, *case.parameters[place:]]
            names = a.activations
            each = isinstance(a.activation, tuple)
            mixed = (*names[:place], name, *names[place:]) if each else a.activation
            widths = (*a.widths[: place + 1], width, *a.widths[place + 1 :])
            return _inside(case, replace(a, widths=widths, activation=mixed), parameters)
    return None


def _inside(case: Case, architecture: Architecture, parameters: Parameters) -> Case | None:
    space = case.space
    if space.closed or not space.admits(architecture, len(case.inputs)):
        return None
    return replace(case, architecture=architecture, parameters=parameters)
