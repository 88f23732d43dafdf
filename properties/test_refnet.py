"""The laws on the reference engine, a test each; first the four that the project began with."""

from collections.abc import Callable

import backproof

FIRST = "no_hidden_layer, equal_initialisation, gradients_match, sums_of_sigmoids"


@backproof.parametrize("refnet", laws=f"{FIRST}, *")
def test_refnet(law: Callable[[], None]) -> None:
    """The engine keeps the law."""
    law()
