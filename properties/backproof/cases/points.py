"""Labelled points that stay as they are, and the networks that try to tell them apart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.random import Generator

from backproof.cases.case import Case, KnownOf, cast
from backproof.cases.kinds import KINDS
from backproof.cases.recipe import OutOfScope
from backproof.cases.space import Space
from refnet.architecture import Architecture, Array, Parameters

HEAD = ("sigmoid", "cross_entropy")


@dataclass(frozen=True, eq=False)
class Labelled(KnownOf):
    """A network on points that keep their places and labels, whatever is made simpler.

    margin: how far on the right side every logit lies, where the weights are known to solve it
    floor:  the least sum of the losses over the points, where no weights can solve it
    """

    case: Case
    margin: float = 0.0
    floor: float = 0.0

    def simpler(self) -> Iterator[Self]:
        """The same points with plainer parameters, unless these are the ones that solve them."""
        for place, layer in enumerate(self.case.parameters if not self.margin else ()):
            for part in ("weights", "biases"):
                for plain in _plainer(getattr(layer, part)):
                    parameters = list(self.case.parameters)
                    parameters[place] = layer._replace(**{part: plain})
                    yield replace(self, case=self.case.with_parameters(parameters))


def _plainer(array: Array) -> Iterator[Array]:
    """The array with one entry made 0, 1 or whole, where it is not as plain already."""
    for at in np.ndindex(array.shape):
        for plain in (0.0, 1.0, float(np.round(array[at]))):
            if array[at] == plain:
                break
            changed = array.copy()
            changed[at] = plain
            yield changed


def drawn_parameters(
    space: Space, architecture: Architecture, kind: str, rng: Generator
) -> Parameters:
    """The parameters of one of the KINDS."""
    drawn, _ = KINDS[kind](rng, architecture, 1, space.precision)
    return cast(drawn, space.precision)


def fitting(space: Space, wanted: Architecture, rows: int) -> Architecture | None:
    """The architecture as the space offers it, or None."""
    for one in space.architectures or (wanted,) if wanted.biases == space.biases else ():
        same = (one.widths, one.activations, one.head) == (
            wanted.widths,
            wanted.activations,
            wanted.head,
        )
        if same and not one.l2 and not one.label_smoothing and space.admits(one, rows):
            return one
    return None


def demanded(space: Space, wanted: Architecture, rows: int) -> Architecture:
    """The architecture as the space offers it.

    Raises: OutOfScope where it does not.
    """
    found = fitting(space, wanted, rows)
    if found is None:
        raise OutOfScope(f"the law needs {rows} rows and a network of widths {wanted.widths}")
    return found
