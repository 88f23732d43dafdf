"""Optimisers: what is remembered from step to step, and how it turns the gradient into a step."""

from backproof.cases.case import Case
from backproof.cases.dyadic import IntegerNetworks
from backproof.cases.integers import IntegerCase
from backproof.cases.networks import networks
from backproof.cases.trainings import Training, trainings
from backproof.judging.judge import near
from backproof.judging.law import law
from backproof.laws.verbs.trajectories import follows
from backproof.subjects.answers import parts
from backproof.subjects.subject import Subject
from refnet.training.optimizers import OPTIMIZERS


@law(needs="train", case=networks(), training=trainings("momentum"))
def momentum_steps_along_a_fading_sum_of_gradients(
    subject: Subject, case: Case, training: Training
) -> None:
    """Momentum is v' = mu v + g, w' = w - rate v', with v = 0 before the first step.

    For all networks, data, rates and mu in [0, 1), step after step from wherever it has arrived.

    Why:       the definition. v is sum_i mu^i g_(t-i): a gradient that stays adds up to
               g / (1 - mu), and one that changes its sign in each step to g / (1 + mu).
    Tolerance: the ball of the recurrence, begun at the subject's own parameters in each step; what
               is remembered is carried along as a ball. The rate may stand outside the velocity or
               inside of it; with a rate that stays the same both are the same method.
    Catches:   a gradient that is damped by 1 - mu unasked, a step by the velocity before its
               update, the velocity of another layer, Nesterov's step in its place.
    Source:    Polyak, USSR Computational Mathematics and Mathematical Physics 4(5) (1964) 1-17.
    """
    follows(subject, case, training)


@law(needs="train", case=networks(), training=trainings("nesterov"))
def nesterov_momentum_looks_ahead(subject: Subject, case: Case, training: Training) -> None:
    """Nesterov's momentum takes the gradient where the velocity alone would lead.

    With v' = mu v + g the step is rate (g + mu v'); or g is taken at w - rate mu v, and the step is
    rate v'. For all networks, data, rates and mu in [0, 1), step after step.

    Why:       the second form is the method; in the first w stands for the point ahead, so that it
               is the same method in another variable.
    Tolerance: the ball of the recurrence, begun at the subject's own parameters in each step. All
               steps must keep to one of the two forms, unless it is declared which.
    Catches:   plain momentum in its place, mu applied once too often or too seldom, a look ahead
               from the wrong point, a mixture of the two forms.
    Source:    Sutskever, Martens, Dahl and Hinton, ICML 2013.
    """
    follows(subject, case, training)


@law(needs="train", case=networks(), training=trainings("rmsprop"))
def rmsprop_divides_by_the_root_of_a_mean_square(
    subject: Subject, case: Case, training: Training
) -> None:
    """RMSprop is s' = rho s + (1 - rho) g^2, w' = w - rate g / (sqrt(s') + epsilon), with s = 0.

    For all networks, data, rates, rho in [0, 1) and epsilon, step after step; each parameter for
    itself. Epsilon may stand beside the root or under it.

    Why:       the definition. The step has the units of the rate alone: gradients ten times as
               large give the same step, up to epsilon.
    Tolerance: the ball of the recurrence, begun at the subject's own parameters in each step. Where
               a gradient is all noise its sign is open, but |g| / sqrt(s') is at most
               1 / sqrt(1 - rho), so that the ball stays finite.
    Catches:   a correction as in Adam, a mean of |g|, the square root of the mean before its
               update, a forgotten epsilon, one mean for a whole layer.
    Source:    Tieleman and Hinton, Coursera, Neural Networks for Machine Learning, lecture 6.5,
               2012.
    """
    follows(subject, case, training)


@law(needs="train", case=networks(), training=trainings("adam"))
def adam_divides_a_mean_gradient_by_a_root_mean_square(
    subject: Subject, case: Case, training: Training
) -> None:
    """Adam is w' = w - rate m^ / (sqrt(s^) + epsilon), with means of g and g^2 free of their start.

    m' = beta1 m + (1 - beta1) g and s' = beta2 s + (1 - beta2) g^2 begin at 0 and are divided by
    1 - beta1^t and 1 - beta2^t at step t. For all networks, data, rates, betas and epsilon.

    Why:       the definition. The corrections make the weights of the gradients add up to 1, so
               that the first step is rate g / (|g| + epsilon). By Cauchy and Schwarz no step is
               longer than rate sqrt(sum a_i^2 / b_i), with a_i and b_i these weights.
    Tolerance: the ball of the recurrence, begun at the subject's own parameters in each step, and
               nowhere wider than that longest step on either side. Epsilon may join the root after
               the corrections or before; under the root is declared.
    Catches:   forgotten corrections, a count that begins at 0 or at 2, epsilon under the root,
               beta1 and beta2 exchanged.
    Source:    Kingma and Ba, ICLR 2015, algorithm 1.
    """
    follows(subject, case, training)


@law(needs="train", case=networks(), training=trainings(*OPTIMIZERS, decays=True))
def weight_decay_is_part_of_the_gradient_or_of_the_step(
    subject: Subject, case: Case, training: Training
) -> None:
    """Coupled decay d takes g + d w for the gradient; decoupled decay takes rate d w off the step.

    For every optimiser, all networks, data, rates and decays, step after step. Biases decay like
    weights, and decoupled decay is multiplied by the rate, unless declared otherwise.

    Why:       the definitions. Under gradient descent both are the same, and an l2 of d in the
               loss, too. An optimiser that divides by the size of the gradient divides coupled
               decay as well, so that large gradients undo it; decoupled decay stays as it is.
    Tolerance: the ball of the recurrence, begun at the subject's own parameters in each step, with
               w (1 - rate d) rounded in any order.
    Catches:   one kind in the place of the other, decay that acts after the step, a decay of biases
               or none that is not declared, a rate too many or too few.
    Source:    Loshchilov and Hutter, ICLR 2019.
    """
    follows(subject, case, training)


@law(needs="train", case=IntegerNetworks(fitted=True), training=trainings(*OPTIMIZERS))
def a_perfect_fit_stays_where_it_is(
    subject: Subject, case: IntegerCase, training: Training
) -> None:
    """Where every target is met exactly, training changes nothing, whatever the optimiser.

    For all networks of integers with an identity output, whose own outputs are the targets; for
    every optimiser, its numbers, and any number of epochs, without a penalty or decay.

    Why:       outputs - targets is exactly 0, and so is every product with it and every sum of
               these: the gradient is 0, the velocity stays 0, and so do the mean squares, beside an
               epsilon above 0.
    Tolerance: none; w - rate 0 is w, bit for bit.
    Catches:   decay that is left on, noise, parameters that are kept in a shorter format, a
               step that has a constant part.
    Source:    the definition of a stationary point.
    """
    trained = subject.train(case, training.optimizer, training.epochs, training.batch_size)
    before = parts(case.architecture, "parameters", case.parameters)
    after = parts(case.architecture, "parameters", trained)
    for (what, old), (_, answer) in zip(before, after, strict=True):
        near(answer, old, 0.0, what=f"{what} at a perfect fit")
