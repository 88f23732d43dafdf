"""Batches: rows taken a few at a time, in training and in evaluation."""

from backproof.cases.case import Case
from backproof.cases.kinds import KINDS
from backproof.cases.networks import networks
from backproof.cases.trainings import Training, batch_sizes, trainings
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.trajectories import follows
from backproof.subjects.subject import Subject

USUAL, REQUIRED = tuple(KINDS), ("zeros", "small integers", "general position")
"""Without the large sizes: in batches of one row a thousand rows are a thousand steps."""


@law(
    needs="train",
    case=networks(kinds=USUAL, required=REQUIRED),
    training=trainings("gradient_descent", in_batches=True),
)
def an_epoch_takes_one_step_on_each_batch_in_order(
    subject: Subject, case: Case, training: Training
) -> None:
    """An epoch in batches of m rows is a step on rows 1 to m, a step on the next m, to the end.

    For all networks, data, learning rates and batch sizes, divisors of the number of rows or not,
    one row, and more than there are. The last batch may be smaller; its mean is over its own rows,
    and each batch feels the whole penalty, or its share where that is declared.

    Why:       the definition. Every row is met once, and a step begins where the last one ended.
    Tolerance: the ball of the steps of one epoch, from the subject's own parameters at its start.
    Catches:   a last batch that is dropped, padded or counted as a whole one, rows that are
               shuffled, the gradients of all batches taken at the start, a mean over all rows.
    Source:    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.1.3.
    """
    follows(subject, case, training)


@law(needs="evaluate", case=networks(kinds=USUAL, required=REQUIRED), batch_size=batch_sizes())
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
