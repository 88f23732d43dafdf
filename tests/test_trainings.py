"""Trainings are drawn inside the scope, get simpler, and are followed in one published form."""

from dataclasses import replace
from typing import Any

import pytest

import backproof
import refnet
from backproof.adapters.refnet import Refnet
from backproof.cases.recipe import OutOfScope
from backproof.cases.trainings import NUMBERS, Training, trainings
from backproof.contract import Scope
from backproof.judging.questions import ask
from refnet.conventions import STRICT, Conventions
from refnet.rounding.precision import FLOAT16, FLOAT64, Precision
from refnet.training.optimizers import OPTIMIZERS, Optimizer

EVERY = replace(Refnet.scope, optimizers=OPTIMIZERS)


def drawn(precision: Precision) -> list[Training]:
    found: list[Training] = []

    def keep(training: Training) -> None:
        found.append(training)

    recipe = trainings(*OPTIMIZERS).strategy(EVERY, precision, STRICT)
    ask(keep, {"training": recipe}, examples=60, seed=0)
    return found


def epsilons(precision: Precision) -> set[float]:
    found = [training.optimizer for training in drawn(precision)]
    return {optimizer.epsilon for optimizer in found if "epsilon" in NUMBERS[optimizer.name]}


def test_every_optimizer_has_numbers_to_be_drawn() -> None:
    assert set(NUMBERS) == set(OPTIMIZERS)
    assert {training.optimizer.name for training in drawn(FLOAT64)} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (replace(EVERY, optimizers=("adam",)), "the scope has no optimizer momentum or nesterov"),
        (replace(EVERY, batches=False), "the scope trains on all rows at once, in no batches"),
    ],
)
def test_what_the_scope_lacks_is_said(scope: Scope, words: str) -> None:
    with pytest.raises(OutOfScope, match=words):
        trainings("momentum", "nesterov", in_batches=True).requires(scope, FLOAT64, STRICT)


def test_an_epsilon_that_a_precision_rounds_to_0_is_not_drawn_there() -> None:
    """Beside it a gradient of 0 is divided by 0, and nan is what a correct program answers."""
    assert epsilons(FLOAT64) == {0.125, 1e-3, 1e-8}
    assert epsilons(FLOAT16) == {0.125, 1e-3}


def test_a_training_gets_simpler_until_it_is_the_plainest() -> None:
    training = Training(Optimizer("adam", 0.1, beta1=0.9, epsilon=1e-3), 5, batch_size=2)
    tried = 0
    while simpler := next(training.simpler(), None):
        training, tried = simpler, tried + 1
        assert tried < 20
    assert training.literal() == (
        "adam, learning_rate=0.5, beta1=0.5, beta2=0.75, epsilon=0.125, epochs=1"
    )


class TwoForms(Refnet):
    """Nesterov's momentum in one published form for an odd number of epochs, else in the other."""

    def train(self, *arguments: Any) -> Any:
        form: Any = "lookahead" if arguments[5] % 2 else "sutskever"
        training = *arguments, Conventions(nesterov=form)
        return refnet.train(*training)


def test_a_mixture_of_two_published_forms_is_broken() -> None:
    report = backproof.check(TwoForms(), laws="nesterov", profile="quick")
    assert report.laws[0].status == "broken"
