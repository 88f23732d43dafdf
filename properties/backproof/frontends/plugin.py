"""The pytest plugin: one item a law, in a user's own suite with `pytest --backproof SUBJECT`.

Nothing of the suite is imported before the option is given, for pytest loads this file in every
project where backproof is installed.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from backproof.judging.judgement import Judgement

JUDGEMENTS: "pytest.StashKey[list[Judgement]]" = pytest.StashKey()

PREFIX = "backproof::"
"""Before the id of a law, which is no file."""

WANTED = pytest.StashKey[list[str]]()
"""The ids of laws that were asked for, by the law or by the subject."""


OPTIONS = {
    "laws": ("PATTERN", "*", "the laws whose name or chapter fits"),
    "profile": ("NAME", "default", "quick, default or thorough"),
    "seed": ("N", "0", "what is drawn"),
    "precision": ("NAME", None, "for the subject's constructor"),
    "examples": ("PLACE", None, "a folder or redis://..., where what breaks a law is kept"),
}
"""What is said of the subjects, prefixed by --backproof-: its place, default and meaning."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option --backproof, and those that go with it; other plugins own the short names."""
    group = parser.getgroup("backproof")
    group.addoption(
        "--backproof",
        action="append",
        default=[],
        metavar="SUBJECT",
        help="judge SUBJECT (refnet, sklearn, file.py:Name, module:Name) by every law",
    )
    for name, (place, default, words) in OPTIONS.items():
        group.addoption(f"--backproof-{name}", metavar=place, default=default, help=words)
    group.addoption(
        "--backproof-option", action="append", default=[], metavar="KEY=VALUE", help="likewise"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the subjects that the option names, and take the laws out of what is to be collected."""
    config.stash.setdefault(JUDGEMENTS, [])
    for words in config.getoption("--backproof"):
        made = _judgement(config, words)
        config.stash[JUDGEMENTS].append(made)
    config.stash[WANTED] = [word for word in config.args if word.startswith(PREFIX)]
    config.args[:] = [word for word in config.args if not word.startswith(PREFIX)]


def _judgement(config: pytest.Config, words: str) -> "Judgement":
    """A subject before the laws, loaded.

    Raises: UsageError saying what is wrong with the subject or an option.
    """
    from backproof.frontends.check import before_the_laws
    from backproof.judging.kept import kept_in
    from backproof.judging.settings import Settings
    from backproof.subjects.failures import CannotLoad
    from backproof.subjects.named import Named, options_of

    given = {name: config.getoption(f"--backproof-{name}") for name in OPTIONS}
    seed = given["seed"]
    try:
        options = options_of(config.getoption("--backproof-option"))
    except ValueError as word:
        raise pytest.UsageError(f"--backproof-option {word}: give KEY=VALUE") from None
    if not seed.isdecimal():
        raise pytest.UsageError(f"--backproof-seed {seed}: give a whole number, at least 0")
    named = Named(words, given["precision"], options)
    try:
        settings = Settings(given["profile"], int(seed), kept=kept_in(given["examples"]))
        made = before_the_laws(named, given["laws"], settings)
        made.load()
    except (CannotLoad, ValueError) as reason:
        raise pytest.UsageError(f"--backproof {words}: {reason}") from reason
    return made


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the subjects' processes."""
    for judgement in config.stash.get(JUDGEMENTS, []):
        judgement.close()


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """One item for each law and subject, after the suite's own; or those that were asked for.

    Raises: UsageError naming an id that is none.
    """
    stash, found = session.config.stash, list[pytest.Item]()
    for judgement in stash.get(JUDGEMENTS, []):
        for place, law in enumerate(judgement.laws):
            name = f"{judgement.subject.name}::{law.name}"
            given = {"name": name, "nodeid": f"{PREFIX}{name}"}
            found.append(LawItem.from_parent(session, **given, judgement=judgement, place=place))
    wanted = stash.get(WANTED, [])
    for words in wanted:
        if not any(_within(item, words) for item in found):
            raise pytest.UsageError(f"{words}: there is no law of this id; --backproof gives them")
    items += [item for item in found if not wanted or any(_within(item, w) for w in wanted)]


def _within(item: pytest.Item, words: str) -> bool:
    """Whether the id is that of the law, or of its subject."""
    return item.nodeid == words or item.nodeid.startswith(f"{words}::")


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
