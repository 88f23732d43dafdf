"""The judge: ratios, power, and what is said of the worst entry."""

import numpy as np
import pytest

from backproof.judging.judge import Broken, Tally, at_most, near, probable, remark, tallying
from backproof.laws.verbs.itself import alike
from backproof.subjects.answers import Answer
from refnet.rounding.arithmetic import Ball


def tally_of(judge: object, *arguments: object, **words: object) -> Tally:
    with tallying(Tally()) as tally:
        judge(*arguments, **words)  # type: ignore[operator]
    return tally


def test_the_ratio_is_the_error_over_what_is_allowed() -> None:
    assert tally_of(near, [1.0, 2.0], [1.0, 2.5], 1.0).worst_ratio == 0.5


def test_a_ratio_above_one_is_broken_at_the_worst_entry() -> None:
    with pytest.raises(Broken) as broken:
        near([[1.0, 2.0], [3.0, 9.0]], [[1.0, 2.0], [3.0, 4.0]], 0.5, what="outputs")
    finding = broken.value.finding
    assert (finding.at, finding.observed, finding.expected) == ([1, 1], 9.0, 4.0)
    assert (finding.allowed, finding.ratio) == (0.5, 10.0)
    assert str(broken.value).startswith("outputs at [1, 1]: observed 9.0, expected 4.0")


def test_nan_is_broken() -> None:
    with pytest.raises(Broken):
        near(np.nan, 0.0, 1.0)


def test_an_exact_comparison_allows_nothing_and_has_power_where_there_is_a_scale() -> None:
    assert tally_of(near, 1.0, 1.0, 0.0).power == 1.0
    assert tally_of(near, 0.0, 0.0, 0.0, scale=1.0).power == 1.0
    assert tally_of(near, [0.0, 1.0], [0.0, 1.0], 0.0).measured == 1
    with pytest.raises(Broken) as broken:
        near(5e-324, 0.0, 0.0)
    assert broken.value.finding.ratio == np.inf


def test_an_entry_without_a_bound_is_counted_and_not_judged() -> None:
    tally = tally_of(near, [1.0, np.inf], [1.0, 0.0], [1e-9, np.inf])
    assert (tally.judged, tally.beyond) == (1, 1)


def test_power_needs_a_bound_of_five_percent_of_the_scale() -> None:
    tally = tally_of(near, [1.0, 1.0], [1.0, 1.0], [0.05, 0.0501])
    assert tally.power == 0.5


def test_where_zero_is_expected_the_scale_is_what_cancels() -> None:
    assert tally_of(near, 0.0, 0.0, 1e-3).power == 0.0
    assert tally_of(near, 0.0, 0.0, 1e-3, scale=1.0).power == 1.0


def test_power_is_not_measured_where_zero_is_expected_without_a_scale() -> None:
    tally = tally_of(near, [0.0, 1.0], [0.0, 1.0], [1e-15, 0.01])
    assert (tally.judged, tally.power) == (2, 1.0)


def answer(value: float, expected: float, radius: float = 0.1) -> Answer:
    ball = Ball(np.array([expected]), np.array([radius]))
    return Answer(np.array([value]), lambda: ball, ("loss",))


def test_an_answer_that_is_given_whole_is_judged_by_value() -> None:
    assert tally_of(near, answer(1.0, 1.0), 1.0, 0.1).by_value == {"loss"}
    assert tally_of(at_most, answer(1.0, 1.0), 2.0, 0.1).by_value == {"loss"}
    assert tally_of(near, answer(1.0, 1.0), 1.0, np.inf).by_value == set()
    assert tally_of(near, answer(1.0, 1.0).value, 1.0, 0.1).by_value == set()
    with tallying(Tally()) as tally, pytest.raises(Broken):
        near(answer(5.0, 1.0), 1.0, 0.1)
    assert tally.by_value == {"loss"}


def test_two_answers_are_no_judgement_by_value() -> None:
    tally = tally_of(alike, answer(1.05, 1.0), answer(0.95, 1.0), what="loss")
    assert (tally.judged, tally.itself, tally.by_value) == (1, 1, set())
    assert tally.worst_ratio == pytest.approx(0.5)


def test_two_answers_that_are_both_wrong_are_not_judged() -> None:
    tally = tally_of(alike, answer(9.0, 1.0), answer(5.0, 1.0), what="loss")
    assert (tally.judged, tally.astray, tally.beyond, tally.power) == (0, 1, 0, 0.0)
    with pytest.raises(Broken):
        alike(answer(9.0, 1.0), answer(1.0, 1.0), what="loss")
    tally = tally_of(alike, answer(np.inf, 1.0, np.inf), answer(1.0, 1.0, np.inf), what="loss")
    assert (tally.judged, tally.astray, tally.beyond) == (0, 0, 1)


def test_what_has_no_bound_has_no_power() -> None:
    assert tally_of(near, [1.0, 1.0], [1.0, 1.0], [1e-9, np.inf]).power == 0.5


def test_the_median_of_what_is_allowed_is_taken_of_all_measured_entries() -> None:
    tally = Tally()
    for part in ([1e-3, 1e-1], [1e-2, np.inf]):
        tally.add(tally_of(near, [2.0, 2.0], [2.0, 2.0], part))
    assert tally.median_share == 5e-3
    assert Tally().median_share == np.inf


def test_at_most_counts_the_share_of_the_bound() -> None:
    assert tally_of(at_most, 3.0, 5.0, 1.0).worst_ratio == 0.5
    assert tally_of(at_most, -3.0, 0.0, 0.0).worst_ratio == 0.0
    with pytest.raises(Broken):
        at_most(6.1, 5.0, 1.0)


def test_probable_compares_logarithms() -> None:
    assert tally_of(probable, 1e-3, 1e-9).worst_ratio == pytest.approx(1 / 3)
    with pytest.raises(Broken):
        probable(1e-10, 1e-9)
    with pytest.raises(Broken):
        probable(0.0, 1e-9)


def test_what_chance_allows_is_added_up() -> None:
    with tallying(Tally()) as tally:
        for _ in range(3):
            probable(0.5, 1e-12)
    assert tally.chance == pytest.approx(3e-12)


def test_a_remark_touches_no_verdict() -> None:
    assert tally_of(remark, "odd") == Tally(remarks={"odd"})
