"""Batches: rows taken a few at a time, in training and in evaluation."""

import numpy as np

from backproof.cases.anything import seeds
from backproof.cases.case import Case
from backproof.cases.kinds import KINDS
from backproof.cases.networks import networks
from backproof.cases.trainings import Training, batch_sizes, trainings
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.batches import adds_up, answers_of, rearranged, repeated
from backproof.laws.verbs.trajectories import follows
from backproof.subjects.subject import Subject
from refnet.training.optimizers import OPTIMIZERS

USUAL, REQUIRED = tuple(KINDS), ("zeros", "small integers", "general position")
"""Without the large sizes: in batches of one row a thousand rows are a thousand steps."""


ANYWHERE_ELSE = tuple(kind for kind in KINDS if kind != "zeros")  # there gradients vanish


@law(
    needs="loss",
    also=("gradient",),
    case=networks(
        plain=True, kinds=ANYWHERE_ELSE, required=("small integers", "general position"), few=2
    ),
    seed=seeds(),
)
def the_losses_of_batches_average_to_the_loss_of_all_rows(
    subject: Subject, case: Case, seed: int
) -> None:
    """F(A and B) = (|A| F(A) + |B| F(B)) / (|A| + |B|), for loss and gradient.

    For all networks and every way to cut the rows in two; hence the order of the rows does not
    matter, nor whether all of them occur twice, and where the scope has sample weights, a whole
    number as a weight is that many copies of the row, and 0 is none. Where the rows are summed,
    F(A) + F(B).

    Why:       a mean is linear, and so is its derivative.
    Tolerance: the sum of the balls of the answers, each with its share.
    Catches:   a sum for a mean or a mean for a sum, a last batch that is dropped or counts too
               much, weights that are ignored, rows that see one another.
    Source:    the definition of the loss as a mean over rows.
    """
    asked = answers_of(subject, case)
    for what, parts in rearranged(subject, case, np.random.default_rng(seed)):
        adds_up(subject, case, asked, parts, what)
    for weighted, parts in repeated(subject, case, np.random.default_rng(seed)):
        asked = answers_of(subject, weighted)
        adds_up(subject, weighted, asked, parts, "with copies for their weights")


@law(
    needs="train",
    case=networks(kinds=USUAL, required=REQUIRED, most_rows=12),
    training=trainings(*OPTIMIZERS, in_batches=True),
)
def an_epoch_takes_one_step_on_each_batch_in_order(
    subject: Subject, case: Case, training: Training
) -> None:
    """An epoch in batches of m rows is a step on rows 1 to m, a step on the next m, to the end.

    For every optimiser, all networks, data, rates and batch sizes, divisors of the number of rows
    or not, one row, and more than there are. The last batch may be smaller; its mean is over its
    own rows, and each batch feels the whole penalty, or its share where that is declared.

    Why:       the definition. Every row is met once, a step begins where the last one ended, and
               what an optimiser remembers goes on from batch to batch and from epoch to epoch.
    Tolerance: the ball of the steps of one epoch, from the subject's own parameters at its start.
    Catches:   a last batch that is dropped, padded or counted as a whole one, rows that are
               shuffled, the gradients of all batches taken at the start, a mean over all rows, an
               optimiser that forgets at the end of an epoch, or counts epochs for steps.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.1.3.
    """
    follows(subject, case, training)


@law(
    needs="evaluate",
    case=networks(kinds=USUAL, required=REQUIRED, dropout=True),
    batch_size=batch_sizes(),
)
def evaluation_does_not_depend_on_the_batch_size(
    subject: Subject, case: Case, batch_size: int
) -> None:
    """The loss of a data set is the same however many rows are taken at a time.

    For all networks, data and batch sizes, divisors of the number of rows or not, one row, and more
    than there are: it is the loss of all rows, as if there were no batches.

    Why:       the mean over all rows is the mean of the batches' means, each weighted with its
               rows, or with its weights; a penalty stands beside it once.
    Tolerance: the ball of the loss, for sums in any order, in batches or not.
    Catches:   a mean of means where the last batch is smaller, a last batch that is dropped, a
               penalty for each batch, dropout or noise left on.
    Source:    the definition of the loss as a mean over rows.
    """
    answer = subject.evaluate(case, batch_size)
    near(answer, answer.expected, answer.radius, what="evaluate")
