"""Dropout: which units are dropped in training, and that none are otherwise."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from backproof.cases.anything import seeds
from backproof.cases.case import Case
from backproof.cases.dropout import Dropped
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.chances import IMPROBABLE, binomial
from backproof.laws.verbs.masks import nearest_ball, outcomes, thinned
from backproof.subjects.subject import Subject
from refnet.architecture import Array
from refnet.rounding.arithmetic import Ball
from refnet.training.optimizers import Optimizer
from refnet.training.training import trained_balls


@law(needs="forward_training", also=("forward",), case=Dropped(), seed=seeds())
def dropout_drops_each_unit_with_its_rate_in_training_alone(
    subject: Subject, case: Case, seed: int
) -> None:
    """In training each hidden unit of each row is 0 with probability p, else divided by 1 - p.

    For all activations and heads, one or two hidden layers, every unit and row for itself, and each
    seed; in evaluation no unit is dropped. Where it is declared, the factor 1 - p stands in
    evaluation instead.

    Why:       the definition. The mean over all masks of what a unit passes on is what it passes on
               in evaluation: (1 - p) a / (1 - p) = a.
    Tolerance: an output has one value for each set of dropped units, with a ball of the forward
               pass. How many rows have each value is binomial, and so is how many pairs of rows
               have the same one; a count that is less probable than 10^-12 breaks the law.
    Catches:   the rate taken for the share that stays, a scale that is forgotten or on the wrong
               side, one mask for all rows or all layers, dropout in evaluation, a seed that is
               ignored.
    Source:    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 15 (2014).
    """
    known = outcomes(subject, case)
    observed = subject.forward_training(case, seed)[:, 0]
    nearest = nearest_ball(observed.value, known)
    value, radius, chance = np.array(known).T
    near(observed, value[nearest], radius[nearest], what="outputs in training")
    for place, (at, _, share) in enumerate(known):
        what = f"how many outputs in training are {at:.3g}, a p-value"
        binomial(int(np.sum(nearest == place)), len(nearest), share, what)
    pairs = nearest[: len(nearest) // 2 * 2].reshape(-1, 2)
    alike = int(np.sum(pairs[:, 0] == pairs[:, 1]))
    together = float(np.sum(chance**2))
    binomial(alike, len(pairs), together, "how many rows have equal masks, a p-value")
    again = subject.forward_training(case, seed)[:, 0]
    near(again.value, observed.value, 0.0, what="outputs in training with the same seed")
    if together ** len(nearest) < IMPROBABLE:
        other = subject.forward_training(case, (seed + 1) % 2**32)[:, 0]
        same = np.array_equal(other.value, observed.value)
        near(same, 0.0, 0.0, what="whether two seeds drop the same units")
    if subject.offers("forward"):
        answer = subject.forward(case)
        near(answer, answer.expected, answer.radius, what="outputs in evaluation")


@law(needs="train", case=Dropped(twins=True), seed=seeds())
def dropout_parts_units_that_start_equal(subject: Subject, case: Case, seed: int) -> None:
    """Two equal units part in the first step with dropout, row by row as each is dropped or kept.

    For two hidden units of any activation, any head and seed. Row i has the i-th feature alone, so
    that the weights of feature i move as in the network that the mask of row i leaves.

    Why:       equal units get equal gradients only as long as nothing treats them differently, and
               a mask for each unit does: for a row that drops a unit the network is one without it.
    Tolerance: the ball of a step of the network that is left, for each of the four masks. How many
               rows have each mask is binomial; a count less probable than 10^-12 breaks the law.
    Catches:   dropout that is left out in training, a mask of the forward pass that the gradient
               does not share, one mask for all units or rows, a seed that is ignored.
    Source:    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 15 (2014).
    """
    rate = float(len(case.inputs))  # against the mean over rows
    descent = Optimizer("gradient_descent", learning_rate=rate)
    hidden, output = subject.train_randomly(case, descent, 1, seed)
    balls, chances = zip(*_steps(subject, case, descent), strict=True)
    values, radii = np.stack([ball.value for ball in balls]), np.stack([b.radius for b in balls])
    beyond = np.abs(hidden.weights.value - values) - radii
    nearest = np.argmin(np.max(beyond, axis=-1), axis=0)
    rows = np.arange(len(nearest))
    near(hidden.weights, values[nearest, rows], radii[nearest, rows], what="weights after a step")
    if _apart(values, radii):
        for place, chance in enumerate(chances):
            what = f"how many rows have mask {place} of {len(chances)}, a p-value"
            binomial(int(np.sum(nearest == place)), len(nearest), chance, what)
    again = subject.train_randomly(case, descent, 1, seed)
    for place, (layer, other) in enumerate(zip((hidden, output), again, strict=True)):
        what = f"parameters[{place}].weights of a training with the same seed"
        near(other.weights.value, layer.weights.value, 0.0, what=what)


def _steps(subject: Subject, case: Case, descent: Optimizer) -> Iterator[tuple[Ball, float]]:
    """The first weights after a step, for each mask if all rows had it, and its chance."""
    for masked, chance in thinned(subject, case):
        problem = subject.problem(masked)
        yield trained_balls(problem, descent, 1, None, subject.precision)[0].weights, chance


def _apart(values: Array, radii: Array) -> bool:
    """Whether no two masks can be taken for one another in any row."""
    pairs = combinations(range(len(values)), 2)
    beyond = [np.abs(values[i] - values[j]) > radii[i] + radii[j] for i, j in pairs]
    return all(bool(np.all(np.any(apart, axis=-1))) for apart in beyond)
