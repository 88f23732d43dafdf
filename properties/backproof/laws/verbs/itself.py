"""The subject against itself: two of its answers that should agree."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backproof.judging.judge import near, remark
from backproof.subjects.answers import Answer
from refnet.architecture import Array


def alike(
    one: Answer,
    other: Answer,
    allowed: ArrayLike | None = None,
    scale: ArrayLike | None = None,
    *,
    what: str,
) -> None:
    """|x - x'| <= allowed, by default B + B', where x or x' lies within its own ball.

    Two values in their balls lie B + B' apart at most. Where both are outside, the numbers are
    those of another network, which may be larger and round more: no bound is known. That the value
    is wrong is for the law on the value to say; here the entry is counted as astray, and where the
    two differ by far more than rounding it is remarked.

    Raises: Broken at the entry with the largest ratio above 1.
    """
    radius = one.radius + other.radius if allowed is None else allowed
    astray = other.astray
    if astray.any():
        astray = astray & one.astray
        _remark_leaks(one, other, np.asarray(radius), astray)
    near(one.value, other.value, radius, scale, what=what, astray=astray)


FAR = 64
"""Two wrong answers of networks twice as large as the right one differ by up to 11 times B + B'."""


def _remark_leaks(one: Answer, other: Answer, radius: Array, astray: NDArray[np.bool_]) -> None:
    """Whether wrong answers differ by FAR times what is allowed, and are no larger than right ones.

    An estimate and no theorem, which names what the value alone leaves open: a leak of the batch.
    """
    a, b = one.value, other.value
    largest = 2 * np.max(np.abs(other.expected), initial=0.0)
    usual = np.maximum(np.abs(a), np.abs(b)) <= largest
    if np.any(astray & usual & (np.abs(a - b) > FAR * np.max(radius))):
        remark("two answers that should agree are both wrong, and differ by far more than rounding")
