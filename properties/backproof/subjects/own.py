"""The weights that an implementation came with, held against its scope when it is loaded."""

from typing import Any

import numpy as np

from backproof.subjects.arrays import numbers
from backproof.subjects.border import said
from backproof.subjects.failures import CannotLoad
from refnet.architecture import Architecture, Array, Layer, Parameters
from refnet.checks import checked
from refnet.rounding.arithmetic import quiet
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
    try:
        return [layers_of(a, layers, precision, f"weights[{i}]") for i, (a, layers) in pairs]
    except ValueError as reason:
        raise CannotLoad(f"{subject}: {reason}") from None


def layers_of(a: Architecture, given: Any, precision: Precision, name: str) -> Parameters:
    """Pairs of weights and biases as the layers of an architecture, in float64.

    Raises: ValueError naming what does not fit, the rule and the value.
    """
    try:
        layers = [_layer(f"{name}[{i}]", layer) for i, layer in enumerate(given)]
        checked(a, layers, np.zeros((1, a.widths[0])))
    except Exception as error:  # whatever what was given does when it is read
        rule = f"give Layer(weights, biases) for each of the shapes {a.shapes}"
        raise ValueError(f"{name}: {said(error)}; {rule}") from None
    for place, layer in enumerate(layers):
        if layer.weights.ndim != 2 or layer.biases.ndim != 1:
            raise ValueError(f"{name}[{place}] is a stack of layers; give one network")
        for part in layer:
            check_digits(f"{name}[{place}]", part, precision)
    return layers


@quiet  # a cast may overflow
def check_digits(name: str, array: Array, precision: Precision) -> None:
    """Nothing, when the precision holds every number, so that no cast changes it.

    Raises: ValueError giving one that it does not hold.
    """
    beyond = array[precision.round(array) != array]
    if beyond.size:
        what = f"{name} has more digits than {precision.name}"
        way_out = "give the numbers that the network computes with"
        raise ValueError(f"{what}; {way_out}, not {float(beyond[0])!r}")


def _layer(name: str, given: Any) -> Layer[Any]:
    """A layer in float64; biases that are not there are zeros.

    Raises: TypeError or ValueError where it is no pair, or no numbers.
    """
    weights, biases = given
    held = numbers(weights, f"{name}.weights is")
    if biases is None:
        return Layer(held, np.zeros(held.shape[-1:]))
    return Layer(held, numbers(biases, f"{name}.biases is"))
