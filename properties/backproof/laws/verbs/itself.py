"""The subject against itself: two of its answers that should agree."""

from numpy.typing import ArrayLike

from backproof.judging.judge import near
from backproof.subjects.answers import Answer


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
    is wrong is for the law on the value to say; here the entry is counted as astray.

    Raises: Broken at the entry with the largest ratio above 1.
    """
    radius = one.radius + other.radius if allowed is None else allowed
    astray = other.astray
    if astray.any():
        astray = astray & one.astray
    near(one.value, other.value, radius, scale, what=what, astray=astray)
