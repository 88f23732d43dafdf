"""What a network can approximate: the universal approximation theorem, with its constants."""

import numpy as np

from backproof.cases.functions import Staircase, Staircases
from backproof.judging.judge import at_most
from backproof.judging.law import law
from backproof.subjects.subject import Subject


@law(needs="forward", staircase=Staircases())
def sums_of_sigmoids_approximate_continuous_functions(
    subject: Subject, staircase: Staircase
) -> None:
    """A sum of n sigmoids follows any continuous function on [0, 1] as closely as the bound says.

    For all piecewise linear functions, Fourier sums, Weierstrass functions and Brownian paths f
    with modulus of continuity w, the network G of n steep steps has
    |f - G| <= w(h) (1 + 1 / sinh(c/2)), with h = 1/n and steepness c; for a concave w the first
    term is w(h/2).

    Why:       each steep sigmoid is a step; between two neighbouring nodes G is a mean of f there,
               and the tails of all other steps add up to a geometric series.
    Tolerance: the theorem's own bound, plus the ball of the forward pass, plus what rounding the
               readout weights and computing f cost. A sigmoid output halves the distance twice:
               |sigmoid(f) - sigmoid(G)| <= |f - G| / 4.
    Catches:   steps that do not reach 0 and 1, such as logits clipped near 0; a bias or a readout
               that is off at steep weights.
    Source:    Cybenko, Mathematics of Control, Signals and Systems 2 (1989) 303-314; the constants
               are derived on the page.
    """
    case, answer = staircase.case, subject.forward(staircase.case)
    wanted, error = staircase.function(case.inputs), staircase.function.error(case.inputs)
    logits = subject.conventions_of(case).outputs == "logits"
    if case.architecture.output == "sigmoid" and not logits:
        wanted = 1 / (1 + np.exp(-wanted))
        share, own = 0.25, 4 * 2.0**-53
    else:
        share, own = 1.0, 0.0
    allowed = answer.radius + share * (staircase.rounded + error) + own
    at_most(np.abs(answer.value - wanted), share * staircase.bound, allowed, what="|f - G|")
