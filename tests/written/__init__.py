"""Small networks as different people write them, each with one slip that can be switched off.

Each file is one network with its adapter, which is right with `slip=False`. `learn` names those to
look at while laws and messages are made; `held` names those that are held out, to see whether what
was learned is general: tune nothing to them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Written(NamedTuple):
    """A network that somebody may have written, and what is wrong with it.

    implementation: the adapter, right when it is made with slip=False
    slip:  what is wrong, in a sentence
    stage: the first call that shows it: forward, hidden, loss, gradient, train, evaluate, fit or
           initialize
    where: the function that holds the slip
    """

    name: str
    implementation: Callable[..., Any]
    slip: str
    stage: str
    where: str
