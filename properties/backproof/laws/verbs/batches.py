"""The rows of a case taken in other ways: cut, copied, in another order, and added up again."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from backproof.cases.case import Case
from backproof.laws.verbs.itself import alike
from backproof.subjects.answers import Answer, parts
from backproof.subjects.subject import Subject
from refnet.problem import divisor, gradient_reduction
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import U64

Parts = list[tuple[float, Case]]
"""Cases that take all rows together, each with how often it counts."""


Answers = list[tuple[str, Answer]]
"""The answers to the questions about a case, by name."""


def answers_of(subject: Subject, case: Case) -> Answers:
    """The loss, and each part of the gradient where it is offered, by name."""
    answers = [("loss", subject.loss(case))]
    if subject.offers("gradient"):
        answers += parts(case.architecture, "gradient", subject.gradient(case))
    return answers


def rearranged(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[tuple[str, Parts]]:
    """Other ways to ask for all rows: each a list of cases with how often they count."""
    rows = len(case.inputs)
    order, cut = rng.permutation(rows), int(rng.integers(1, max(rows, 2)))
    if case.space.whole is not None:
        cut = max(rows // 2, 1)
    parts = [_rows(case, order[:cut]), _rows(case, order[cut:])]
    if rows == 1 or not all(_offers(subject, part) for part in parts):
        yield "in another order", [(1.0, _rows(case, order))]
    else:
        yield "in two batches", [(1.0, part) for part in parts]
    twice = _rows(case, np.repeat(order, 2))
    if _offers(subject, twice):
        yield "with every row twice", [(0.5, twice)]


def repeated(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[tuple[Case, Parts]]:
    """Whole numbers as weights, 0 among them, and the rows so many times, where the scope has both.

    They add up to twice the rows, which is the shape of all rows twice.
    """
    rows = len(case.inputs)
    copies = rng.multinomial(2 * rows, np.full(rows, 1 / rows))
    many = _rows(case, np.repeat(np.arange(rows), copies))
    if subject.scope.sample_weights and _offers(subject, many):
        weighted = replace(case, sample_weights=copies.astype(float))
        yield weighted, [(1.0, many)]


def _share(subject: Subject, part: Case, whole: Case, name: str) -> float:
    """What the part's sum of losses, or of their gradients, is divided by, over the whole's."""
    c = subject.conventions_of(whole)
    reduction = c.reduction if name == "loss" else gradient_reduction(c)
    divisors = [divisor(subject.problem(case), reduction) for case in (part, whole)]
    return float(np.squeeze(divisors[0] / divisors[1]))


def _rows(case: Case, chosen: NDArray[np.intp]) -> Case:
    return replace(case, inputs=case.inputs[chosen], targets=case.targets[chosen])


def _offers(subject: Subject, case: Case) -> bool:
    low, high = subject.scope.rows
    return low <= len(case.inputs) and (high is None or len(case.inputs) <= high)


def adds_up(subject: Subject, whole: Case, asked: Answers, parts: Parts, what: str) -> None:
    """Each of the answers of the whole is the sum of those of the parts, times their shares."""
    answers = [answers_of(subject, part) for _, part in parts]
    for (name, answer), *terms in zip(asked, *answers, strict=True):
        shares = [times * _share(subject, part, whole, name) for times, part in parts]
        weighted = [s * term.value for s, (_, term) in zip(shares, terms, strict=True)]
        with np.errstate(invalid="ignore"):  # what overflows has no bound, and is not judged
            total = np.asarray(sum(weighted))
        size = sum(map(np.abs, weighted))
        added = Answer(total, partial(_sum, shares, [term for _, term in terms]))
        alike(
            answer,
            added,
            answer.radius + added.radius + 4 * U64 * size,
            scale=np.abs(answer.value) + size,
            what=f"{name} against the rows {what}",
        )


def _sum(shares: list[float], terms: list[Answer]) -> Ball:
    """The ball of a weighted sum of answers."""
    pairs = list(zip(shares, terms, strict=True))
    value = np.asarray(sum(s * term.expected for s, term in pairs))
    return Ball(value, np.asarray(sum(s * term.radius for s, term in pairs)))
