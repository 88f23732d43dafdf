"""The pytest plugin: one item a law, in a user's own suite with `pytest --backproof SUBJECT`.

Nothing of the suite is imported before the option is given, for pytest loads this file in every
project where backproof is installed.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from backproof.judging.judgement import Judgement

JUDGEMENTS: "pytest.StashKey[list[Judgement]]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option --backproof."""
    parser.getgroup("backproof").addoption(
        "--backproof",
        action="append",
        default=[],
        metavar="SUBJECT",
        help="judge SUBJECT (refnet, sklearn, file.py:Name, module:Name) by every law",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the subjects that the option names."""
    config.stash.setdefault(JUDGEMENTS, [])
    subjects = config.getoption("--backproof")
    if subjects:
        from backproof.frontends.check import before_the_laws
        from backproof.judging.settings import Settings
        from backproof.subjects.failures import CannotLoad
        from backproof.subjects.named import Named

        for words in subjects:
            try:
                made = before_the_laws(Named(words), "*", Settings())
                made.load()
            except CannotLoad as reason:
                raise pytest.UsageError(f"--backproof {words}: {reason}") from reason
            config.stash[JUDGEMENTS].append(made)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the subjects' processes."""
    for judgement in config.stash.get(JUDGEMENTS, []):
        judgement.close()


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """One item for each law and subject, after the suite's own."""
    for judgement in session.config.stash.get(JUDGEMENTS, []):
        for place, law in enumerate(judgement.laws):
            name = f"{judgement.subject.name}::{law.name}"
            items.append(LawItem.from_parent(session, name=name, judgement=judgement, place=place))


class LawItem(pytest.Item):
    """One law on one subject."""

    def __init__(self, *, judgement: "Judgement", place: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.judgement, self.place = judgement, place

    def runtest(self) -> None:
        """Judge, and fail or skip as the verdict says."""
        from backproof.frontends.outcome import put_to_the_test

        put_to_the_test(self.judgement, self.place)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding, as `backproof check` prints it."""
        from backproof.frontends.outcome import LawFailed

        if isinstance(excinfo.value, LawFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """A law is known by its name."""
        return self.path, None, self.name
