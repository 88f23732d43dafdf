"""What a network can approximate: the universal approximation theorem, with its constants."""

import numpy as np

from backproof.cases.bottlenecks import Bottleneck, Bottlenecks
from backproof.cases.case import Case
from backproof.cases.functions import Staircase, Staircases
from backproof.cases.ridges import Ridges, SumsOfRidges
from backproof.cases.sawtooths import Sawtooth, Sawtooths
from backproof.cases.smooth import Smooth, SmoothFunctions
from backproof.cases.subsamples import Subsample, Subsamples
from backproof.judging.judge import at_most, near
from backproof.judging.law import law
from backproof.subjects.subject import Subject
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import U64


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
    inputs = staircase.case.inputs
    wanted, error = staircase.function(inputs), staircase.function.error(inputs)
    _follows(subject, staircase.case, Ball(wanted, error + staircase.rounded), staircase.bound)


def _follows(
    subject: Subject, case: Case, function: Ball, bound: float, size: float | None = None
) -> None:
    """|f - G| <= bound, or after a sigmoid output a quarter of it."""
    answer, wanted = subject.forward(case), function.value
    logits = subject.conventions_of(case).outputs == "logits"
    share, own = 1.0, 0.0
    if case.architecture.output == "sigmoid" and not logits:
        wanted = 1 / (1 + np.exp(-wanted))
        share, own = 0.25, 4 * U64
    allowed = answer.radius + share * function.radius + own
    scale = share * (bound if size is None else size)
    at_most(np.abs(answer.value - wanted), share * bound, allowed, scale, what="|f - G|")


@law(needs="forward", ridges=SumsOfRidges())
def sums_of_ridges_approximate_functions_of_several_inputs(
    subject: Subject, ridges: Ridges
) -> None:
    """Sigmoids along a few directions follow any sum of waves on a cube as closely as a bound says.

    For all f(x) = sum_k a_k cos(w_k . x + p_k) on [-1, 1]^d, with n units of steepness c for each
    wave, |f - G| <= sum_k |a_k| (w(h_k / 2) + w(h_k) / sinh(c/2)), where h_k = 2 |w_k|_1 / n and
    w(h) = 2 sin(min(h, pi) / 2), at most h, is what a cosine can change over a distance h.

    Why:       a wave does not change across its direction, so that it is a function of the one
               number w_k . x, between -|w_k|_1 and |w_k|_1, which a staircase of sigmoids follows.
               Sums of waves come as near as you like to every continuous function on the cube.
    Tolerance: the theorem's own bound, plus the ball of the forward pass, plus what rounding the
               readout weights and computing f cost. Slopes and biases of the units are exact.
    Catches:   an input that is lost or counted twice, logits or inputs that are scaled by their
               number, the mistakes of the law for one input.
    Source:    Cybenko, Mathematics of Control, Signals and Systems 2 (1989) 303-314; Barron, IEEE
               Transactions on Information Theory 39 (1993) 930-945.
    """
    inputs, function = ridges.case.inputs, ridges.function
    wanted, error = function(inputs)[:, None], function.error(inputs)[:, None]
    _follows(subject, ridges.case, Ball(wanted, error + ridges.rounded), ridges.bound)


@law(needs="forward", smooth=SmoothFunctions())
def smooth_functions_are_approximated_to_second_order(subject: Subject, smooth: Smooth) -> None:
    """Twice as many units follow a smooth function four times as closely, in one hidden layer.

    For all f with |f''| <= M on a grid of cells of width h: ReLU units that join the values at the
    nodes are off by at most M h^2 / 8, and by nothing where f is straight between nodes. Sigmoids
    of steepness 2 to 4 per cell are off by at most m_1 L h + m_2 M h^2 / 2 with |f'| <= L, and with
    m_1 less than 0.023, m_2 less than 0.91, besides tails from beyond the grid.

    Why:       between two nodes f less the straight line is f''(y) (x - a) (x - b) / 2 for some y.
               Sigmoids as wide as a cell are a mean of the values at the nodes whose weights are
               centred at x, almost, so that the slope of f drops out.
    Tolerance: the theorem's bound, plus the ball of the forward pass, plus what rounding the
               parameters and computing f cost.
    Catches:   a ReLU that leaks or is smoothed, a sigmoid that is not as steep as it should be,
               which no theorem on continuous functions minds.
    Source:    de Boor, A Practical Guide to Splines, 1978, chapter 2; for sigmoids Poisson's
               formula, on the page.
    """
    scale = smooth.bound or smooth.size  # straight pieces have no bound but 0
    _follows(subject, smooth.case, Ball(smooth.wanted, smooth.error), smooth.bound, scale)


@law(needs="forward", subsample=Subsamples())
def a_few_units_of_many_do_nearly_as_well(subject: Subject, subsample: Subsample) -> None:
    """Of a wide layer, n units drawn by the size of their weights keep the outputs to V / sqrt(n).

    For all f(x) = sum_i v_i a_i(x) + b with |a_i| <= 1 and V = sum_i |v_i|, and any number of units
    and inputs: if unit i is drawn with probability |v_i| / V and gets the weight V / n with the
    sign of v_i, the squared distance of the outputs is on the mean (V sum_i |v_i| |a_i|^2 -
    |f - b|^2) / n, which is V^2 / n at most, and for some draws at most twice that.

    Why:       each drawn unit, times V and its sign, has f - b for its mean; the mean of n of them
               has a variance n times smaller. By Markov's inequality at most half of all draws are
               beyond twice the mean.
    Tolerance: the balls of both outputs. A draw that is within the bound is chosen before the
               subject is asked, so that nothing is left to chance; all weights are exact.
    Catches:   a wide layer of which some units are left out, where a narrow one is right.
    Source:    Barron, IEEE Transactions on Information Theory 39 (1993) 930-945, lemma 1, where the
               argument is ascribed to Maurey.
    """
    wide, few = subject.forward(subsample.wide), subject.forward(subsample.few)
    curved = subsample.wide.architecture.output == "sigmoid"
    logits = subject.conventions_of(subsample.wide).outputs == "logits"
    share = 1 / 16 if curved and not logits else 1.0  # a sigmoid has a slope of 1/4 at most
    off, radius = np.abs(few.value - wide.value), few.radius + wide.radius
    bound = share * 2 * subsample.mean
    allowed = np.mean((2 * off + radius) * radius) + 2.0**-40 * bound
    at_most(np.mean(off**2), bound, allowed, what="mean squared distance of a few units from all")


@law(needs="forward", autoencoder=Bottlenecks())
def a_bottleneck_of_k_units_never_beats_principal_components(
    subject: Subject, autoencoder: Bottleneck
) -> None:
    """An autoencoder with k units below a linear output loses what k principal components lose.

    For all weights and all units: the squares of inputs less outputs add up to the sum of the
    squares of all but the k largest singular values of the centred inputs, or more. Projections on
    the first k axes attain it, and so do units that are straight above 0, such as ReLU.

    Why:       the outputs less their biases are H V, a matrix of rank k at most, whatever the units
               are and whatever lies below them. Of all matrices of rank k none is nearer to the
               centred inputs than the first k terms of the singular value decomposition.
    Tolerance: the ball of the outputs, squared with the errors. The inputs are whole numbers with
               known singular values, and the best weights are exact.
    Catches:   inputs that reach the outputs past the bottleneck, a decoder without biases, weights
               that are tied where they should be free.
    Source:    Eckart and Young, Psychometrika 1 (1936) 211-218; Bourlard and Kamp, Biological
               Cybernetics 59 (1988) 291-294.
    """
    outputs = subject.forward(autoencoder.case)
    errors, least = np.abs(outputs.value - autoencoder.case.targets), autoencoder.floor
    left = float(np.sum(errors**2))
    radius = np.sum((2 * errors + outputs.radius) * outputs.radius) + errors.size * U64 * left
    if autoencoder.best:
        what = "sum of the squared errors of the principal components"
        near(left, least, radius, what=what)
    else:
        what = "by how much less the outputs lose than the principal components"
        at_most(least - left, 0.0, radius, scale=least, what=what)


@law(needs="forward", sawtooth=Sawtooths())
def depth_doubles_the_pieces_that_width_only_adds(subject: Subject, sawtooth: Sawtooth) -> None:
    """k layers of two ReLU units fold the line into 2^k pieces; a layer of n units makes n + 1.

    For all x = j / 2^m and all k, the deep network gives T(T(...T(x))), T(x) = 1 - |1 - 2x|, bit
    for bit. For all weights of one layer with n < 2^k - 1 units, the output is off by 1/2 or more
    at one of the points j / 2^k.

    Why:       T goes up and down, so that T after a sawtooth has each of its teeth twice. Between
               neighbouring points j / 2^k the sawtooth goes from 0 to 1 or back; an output that is
               nearer than 1/2 everywhere crosses 1/2 there, 2^k times, and each of n + 1 straight
               pieces crosses once.
    Tolerance: none for the deep network: every product and every sum is a number that the precision
               represents. For the single layer the ball of the outputs.
    Catches:   hidden layers beyond some number that are left out, numbers that pass through a
               coarser precision between layers: k layers magnify an error by 2^k.
    Source:    Telgarsky, Proceedings of Machine Learning Research 49 (2016) 1517-1539.
    """
    outputs = subject.forward(sawtooth.case)
    if sawtooth.exact:
        near(outputs, sawtooth.wanted, 0.0, scale=1.0, what="sawtooth")
    else:
        errors = np.abs(outputs.value - sawtooth.wanted)
        missing = 0.5 - float(np.max(errors))
        most = float(np.max(outputs.radius))
        at_most(missing, 0.0, most, scale=0.5, what="how far the error stays below 1/2 everywhere")
