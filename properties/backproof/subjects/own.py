"""The weights that an implementation came with, held against its scope when it is loaded."""

from typing import Any

import numpy as np

from backproof.subjects.border import said
from backproof.subjects.failures import CannotLoad
from refnet.architecture import Architecture, Layer, Parameters
from refnet.checks import checked
from refnet.rounding.precision import Precision


def own_weights(implementation: Any, subject: str) -> list[Parameters] | None:
    """The layers for each architecture of the scope in float64, or None where none came.

    Raises: CannotLoad naming what does not fit, the rule and the value.
    """
    given, scope = getattr(implementation, "weights", None), implementation.scope
    if given is None:
        if scope.frozen:
            raise CannotLoad(
                f"{subject} has a frozen scope and no weights: give it `weights`, "
                "a list of layers for each of scope.architectures"
            )
        return None
    if scope.architectures is None:
        raise CannotLoad(
            f"{subject} has weights, and its scope no architectures: name those that they "
            "belong to, or call the attribute otherwise"
        )
    count = len(scope.architectures)
    if not isinstance(given, list | tuple) or len(given) != count:
        found = f"{len(given)} of them" if isinstance(given, list | tuple) else said(given, repr)
        raise CannotLoad(f"{subject} has weights for {count} architectures, and gives {found}")
    pairs = enumerate(zip(scope.architectures, given, strict=True))
    precision = implementation.precision
    return [_of_one(a, layers, precision, f"{subject}: weights[{i}]") for i, (a, layers) in pairs]


def _of_one(a: Architecture, given: Any, precision: Precision, name: str) -> Parameters:
    """The layers of one architecture."""
    try:
        layers = [_layer(layer) for layer in given]
        checked(a, layers, np.zeros((1, a.widths[0])))
    except Exception as error:  # whatever what was given does when it is read
        rule = f"give Layer(weights, biases) for each of the shapes {a.shapes}"
        raise CannotLoad(f"{name}: {said(error)}; {rule}") from None
    for place, layer in enumerate(layers):
        if not all(np.array_equal(precision.round(part), part) for part in layer):
            what = f"{name}[{place}] has more digits than {precision.name}"
            raise CannotLoad(f"{what}; give the numbers that the network computes with")
    return layers


def _layer(given: Any) -> Layer[Any]:
    """A layer in float64; biases that are not there are zeros.

    Raises: ValueError where it is no pair.
    """
    weights, biases = given
    held = np.array(weights, dtype=np.float64)
    absent = biases is None
    return Layer(held, np.zeros(held.shape[-1:]) if absent else np.array(biases, np.float64))
