"""Outcomes of dropout that cannot be told apart are one, and a value belongs to its ball."""

import numpy as np

from backproof.laws.verbs.masks import Outcome, nearest_ball, told_apart

SHARP, BROAD, FAR = Outcome(0.5, 0.02, 0.25), Outcome(0.98, 0.6, 0.25), Outcome(9.0, 0.1, 0.25)


def test_a_broad_ball_takes_in_each_that_it_meets_whatever_lies_between_their_centres() -> None:
    found = told_apart([SHARP, Outcome(0.8, 0.01, 0.25), BROAD, FAR])
    assert [one.chance for one in found] == [0.75, 0.25]
    assert found[0].value - found[0].radius <= 0.38
    assert found[0].value + found[0].radius >= 1.58


def test_a_value_belongs_to_the_ball_around_it_and_not_to_the_nearest_centre() -> None:
    wide = Outcome(0.75, 0.2, 0.75)
    assert nearest_ball(np.array([0.49, 0.56, 0.9]), [SHARP, wide]).tolist() == [0, 1, 1]


def test_where_one_outcome_has_no_bound_any_value_is_legal() -> None:
    found = told_apart([SHARP, Outcome(np.inf, np.inf, 0.25), FAR])
    assert found == [Outcome(0.0, np.inf, 1.0)]
    assert nearest_ball(np.array([np.inf, 0.5]), found).tolist() == [0, 0]
