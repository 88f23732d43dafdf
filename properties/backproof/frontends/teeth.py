"""backproof teeth: every law before every mutant, several laws at a time."""

import time
from collections.abc import Callable
from importlib.metadata import version

from backproof.frontends.interrupts import Interrupts
from backproof.frontends.pool import finished, workers
from backproof.judging.law import Law
from backproof.judging.limits import known
from backproof.judging.settings import Settings
from backproof.laws.catalogue import by_name
from backproof.mutants import Mutant, mutants
from backproof.mutants.bites import bites
from backproof.mutants.mixtures import limit
from backproof.reports.limits import Limit, Limits
from backproof.reports.teeth import Bite, Bug, Teeth

PRECISIONS = ("float64", "float32")


def before_the_mutants(found: list[Law], bugs: list[Mutant], settings: Settings) -> Teeth:
    """The matrix before anything is tried."""
    return Teeth(
        backproof=version("backproof"),
        profile=settings.profile,
        seed=settings.seed,
        whole=len(bugs) == len(mutants()),
        laws=[law.name for law in found],
        mutants=[
            Bug(
                mutant=bug.name,
                mistake=bug.mistake,
                killers=[*bug.killers],
                equivalent=bug.equivalent,
            )
            for bug in bugs
        ],
    )


def bite(
    teeth: Teeth, settings: Settings, jobs: int, interrupts: Interrupts, show: Callable[[str], None]
) -> None:
    """Fill the matrix, a law at a time in each process, until Ctrl-C; `show` is told each law."""
    names = [bug.mutant for bug in teeth.mutants]
    with workers(interrupts, jobs) as pool:
        futures = {pool.submit(bitten, law, names, settings): law for law in teeth.laws}
        for future in finished(futures, interrupts):
            law = futures[future]
            found, teeth.seconds[law], fault = future.result()
            teeth.bites += found
            if fault:
                teeth.faults[law] = fault
            show(law)
    teeth.interrupted = interrupts.asked


def bitten(law: str, names: list[str], settings: Settings) -> tuple[list[Bite], float, str]:
    """In a worker: who fails, the processor time, and what is wrong with the engine itself."""
    found = by_name()[law]
    started, bugs = time.process_time(), {bug.name: bug for bug in mutants()}
    try:
        result = bites(found, [bugs[name] for name in names], settings)
    except Exception as fault:  # a law that the engine breaks, or a fault of the law
        return [], time.process_time() - started, f"{type(fault).__name__}: {fault}"
    return result, time.process_time() - started, ""


def measure(
    names: list[str],
    jobs: int,
    interrupts: Interrupts,
    show: Callable[[str, str, Limit | None], None],
) -> Limits:
    """The limits of these laws, beside what is known of the others; `show` is told each."""
    found = Limits(backproof=version("backproof"), laws=dict(known().laws))
    with workers(interrupts, jobs) as pool:
        futures = {
            pool.submit(limited, law, precision): (law, precision)
            for law in names
            for precision in PRECISIONS
        }
        for future in finished(futures, interrupts):
            (law, precision), result = futures[future], future.result()
            known_of = found.laws.get(law, {})
            others = {name: one for name, one in known_of.items() if name != precision}
            found.laws[law] = others | ({precision: result} if result else {})
            show(law, precision, result)
    order = [*by_name()]
    kept = sorted((law for law in found.laws if law in order), key=order.index)
    found.laws = {law: dict(sorted(found.laws[law].items(), reverse=True)) for law in kept}
    return found


def limited(law: str, precision: str) -> Limit | None:
    """In a worker: the limit of a law."""
    return limit(by_name()[law], precision)
