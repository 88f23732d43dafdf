"""A subject in this very process: for `backproof.check(object)` from Python.

Nothing protects the judge here: a subject that hangs, hangs the run. What is protected is the
global random state, which Hypothesis seeds before each example and which is put back after each
call, so that a subject's own draws neither repeat nor disturb ours.
"""

import random
from typing import Any

import numpy as np

from backproof.subjects.calls import hello, perform
from backproof.subjects.handed import Handed
from backproof.subjects.loading import adapted, checked, loading
from backproof.subjects.messages import Call, Hello, Outcome


class Local:
    """An object in this process, as a server of calls."""

    isolated = False

    def __init__(self, implementation: Any) -> None:
        kind = implementation if isinstance(implementation, type) else type(implementation)
        self._name = kind.__name__
        with loading(self._name):
            made = implementation() if isinstance(implementation, type) else implementation
            self._implementation = checked(adapted(made), self._name)
        self._state: tuple[Any, Any] | None = None
        self._handed = Handed()

    def hello(self) -> Hello:
        """What the object says of itself."""
        with loading(self._name):
            return hello(self._implementation, self._name)

    def call(self, call: Call) -> Outcome:
        """The outcome of a call, with the subject's own global random state around it."""
        ours = random.getstate(), np.random.get_state()
        if self._state is not None:
            random.setstate(self._state[0])
            np.random.set_state(self._state[1])
        else:
            random.seed()
            np.random.seed()
        try:
            return perform(self._implementation, call, self._handed)
        finally:
            self._state = random.getstate(), np.random.get_state()
            random.setstate(ours[0])
            np.random.set_state(ours[1])

    def restart(self) -> None:
        """Nothing: an object cannot be made to forget."""

    def close(self) -> None:
        """Nothing to end."""
