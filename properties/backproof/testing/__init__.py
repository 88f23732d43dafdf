"""For the tests that people write themselves: numbers compared as closely as rounding allows.

`assert_forward`, `assert_loss`, `assert_gradient` and `assert_step` hold what a network answered
against the engine, within the ball of that very example; `tolerance` gives the radii. Read
`asserts` first.
"""

from backproof.testing import tolerance
from backproof.testing.asserts import assert_forward, assert_gradient, assert_loss, assert_step
from backproof.testing.comparison import Weak

__all__ = [
    "Weak",
    "assert_forward",
    "assert_gradient",
    "assert_loss",
    "assert_step",
    "tolerance",
]
