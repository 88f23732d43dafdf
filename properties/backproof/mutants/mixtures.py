"""How small an error a law finds: what answers right + t (wrong - right), for ever smaller t.

The mistake is cut where it is larger than the right number itself, so that t is the largest
relative error, and what is right to be 0 stays 0. Where a law finds nothing of that, as it may
where 0 is right or a theorem leaves room, t is the share of the whole mistake.
"""

from contextlib import suppress
from typing import Any, Literal

import numpy as np

from backproof.contract import Fit
from backproof.judging.law import Law
from backproof.judging.questions import ask
from backproof.judging.settings import Settings
from backproof.judging.slowness import Enough
from backproof.judging.trial import Trial
from backproof.mutants import Mutant, mutants
from backproof.mutants.open import Open, by_value, engine_like
from backproof.reports.limits import Limit
from backproof.subjects.messages import Call, Hello, Outcome
from backproof.subjects.subject import Subject
from refnet.architecture import Layer

Of = Literal["value", "mistake"]

RUNS, NEEDED = 5, 3
FINEST = 20
"""A law that finds a share of 10^-20 is exact, and finds any."""


def limit(law: Law, precision: str, profile: str = "default") -> Limit | None:
    """The smallest share that is found in three of five runs; None where not even the whole is."""
    bug = own_mutant(law)
    kinds: tuple[Of, ...] = ("value", "mistake")
    for of in kinds:
        mixture = Mixture(bug, precision, of)
        runs = [finest(law, mixture, Settings(profile, seed)) for seed in range(RUNS)]
        power = sorted(runs, reverse=True)[NEEDED - 1]
        if power >= 0:
            return Limit(share=float(f"1e-{power}"), of=of, mutant=bug.name)
    return None


def own_mutant(law: Law) -> Mutant:
    """The first mutant that names the law, before all others if there is one."""
    named = [bug for bug in mutants() if law.name in bug.killers]
    return min(named, key=lambda bug: bug.killers.index(law.name))


class Mixture:
    """A subject between the engine and a mutant, in the type of its precision."""

    isolated = False

    def __init__(self, bug: Mutant, precision: str, of: Of) -> None:
        wrong = bug.implementation(precision)
        self._right, self._wrong, self._of = Open(engine_like(wrong)), Open(wrong), of
        self.share = 1.0

    def hello(self) -> Hello:
        """What both say of themselves."""
        return self._right.hello()

    def call(self, call: Call) -> Outcome:
        """What lies between the answers of both, or why one of them has none."""
        right, wrong = self._right.call(call), self._wrong.call(call)
        if right.failure or wrong.failure:
            return right if right.failure else wrong
        return Outcome(answer=self._between(right.answer, wrong.answer))

    def restart(self) -> None:
        """Nothing: no law asks for it."""

    def close(self) -> None:
        """Nothing to end."""

    def _between(self, right: Any, wrong: Any) -> Any:
        if isinstance(right, np.ndarray | np.float64):
            mistake, most = wrong - right, np.abs(right)
            if self._of == "value":
                mistake = np.clip(np.nan_to_num(mistake), -most, most)
            mixed = right + self.share * mistake
            return mixed.astype(self.hello().precision.dtype).astype(np.float64)
        if isinstance(right, list):
            return [*map(self._between, right, wrong)]
        # a layer, or a fit, whose promise stays as it is
        return (
            type(right)(*map(self._between, right, wrong))
            if isinstance(right, Layer | Fit)
            else right
        )


def finest(law: Law, mixture: Mixture, settings: Settings) -> int:
    """The largest p for which a share of 10^-p breaks the law in a run; -1 where not even 1 does.

    Each example goes on where those before it have come to.
    """
    trial, power = Trial(law, Subject(mixture)), 0

    def example(**arguments: Any) -> None:
        nonlocal power
        mixture.share = 10.0**-power
        while by_value(trial.judged(arguments)):
            power += 1
            mixture.share = 10.0**-power
            if power > FINEST:
                raise Enough

    with suppress(Enough):
        ask(example, trial.strategies(), examples=settings.examples, seed=settings.seed)
    return power - 1
