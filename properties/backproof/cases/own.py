"""The weights that networks came with: the kind "own weights", and all that a frozen one has."""

from dataclasses import dataclass, fields

from numpy.random import Generator

from backproof.cases.kinds import KINDS, Filled
from backproof.contract import Scope
from refnet.architecture import Architecture, Parameters
from refnet.rounding.precision import Precision

OWN = "own weights"


@dataclass(frozen=True, kw_only=True, eq=False)
class Owned(Scope):
    """A scope with the weights of its architectures, a list of layers for each."""

    weights: tuple[Parameters, ...]


def owned(scope: Scope, weights: list[Parameters] | None) -> Scope:
    """The scope with these weights, if there are any."""
    if weights is None:
        return scope
    declared = {field.name: getattr(scope, field.name) for field in fields(Scope)}
    return Owned(**declared, weights=tuple(weights))


def weights_of(scope: Scope) -> dict[Architecture, Parameters]:
    """The weights of each architecture that came with some."""
    if not isinstance(scope, Owned):
        return {}
    return dict(zip(scope.architectures or (), scope.weights, strict=True))


def filled(
    rng: Generator, a: Architecture, rows: int, precision: Precision, own: Parameters
) -> Filled:
    """These parameters, and the inputs of any kind."""
    kinds = tuple(KINDS.values())
    _, inputs = kinds[rng.integers(len(kinds))](rng, a, rows, precision)
    return own, inputs
