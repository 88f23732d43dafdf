"""Mistakes in fitting."""

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.contract import Fit
from backproof.mutants import mutant
from refnet.architecture import Layer
from refnet.logistic import newton

HONEST = "a_fit_stops_where_the_gradient_is_as_small_as_it_promises"
MINIMISER = "a_fit_ends_at_the_minimiser"


@mutant(HONEST, MINIMISER)
class CalledConverged(Refnet):
    """The fit ends half a percent before the minimiser, and calls itself converged."""

    def fit(self, *arguments: Any) -> Any:
        parameters, tolerance = super().fit(*arguments)
        return Fit([Layer(0.995 * w, 0.995 * b) for w, b in parameters], tolerance)


@mutant(MINIMISER, HONEST)
class InterceptPenalised(Refnet):
    """The fit penalises the intercept like any other weight."""

    def fit(self, *arguments: Any) -> Any:
        architecture, inputs, targets, _, *rest = arguments
        design = np.append(inputs, np.ones((len(inputs), 1)), axis=1).astype(np.float64)
        weights = rest[0] if rest else None
        found = newton.fit(design, targets.astype(np.float64), architecture.l2, weights)
        return Fit([Layer(found.weights[:-1], found.weights[-1])], found.gradient_norm)


@mutant(MINIMISER, HONEST)
class PenaltyNotHalved(Refnet):
    """The fit minimises the loss plus the squared weights, not half of them."""

    def fit(self, *arguments: Any) -> Any:
        architecture, *rest = arguments
        return super().fit(replace(architecture, l2=2 * architecture.l2), *rest)


@mutant(MINIMISER, HONEST)
class RowWeightsIgnored(Refnet):
    """The fit takes weights of rows and does not use them."""

    def fit(self, *arguments: Any) -> Any:
        return super().fit(*arguments[:4])
