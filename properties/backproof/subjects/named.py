"""What a user names, words or an object, and the server that answers for it.

Another kind of subject is one more way here from a name to a server.
"""

from dataclasses import dataclass, field
from typing import Any

from backproof.subjects.conversation import Server
from backproof.subjects.local import Local
from backproof.subjects.process import Child, Limits


def options_of(words: list[str]) -> dict[str, str]:
    """What key=value words give, by name.

    Raises: ValueError with the word that gives nothing.
    """
    options = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            raise ValueError(word)
        options[key] = value
    return options


@dataclass(frozen=True)
class Named:
    """A subject as a user names it.

    subject:   words as on the command line, judged in a process of their own; or an object or a
               class, judged in this one
    precision, options: for the constructor of what the words name
    limits:    what its process may take
    """

    subject: Any
    precision: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @property
    def words(self) -> str:
        """The words, if there are any."""
        return self.subject if isinstance(self.subject, str) else ""

    @property
    def given(self) -> dict[str, str]:
        """What the constructor is given, by name."""
        return self.options | ({"precision": self.precision} if self.precision else {})

    def server(self) -> Server:
        """Whoever answers the calls.

        Raises: CannotLoad when the declarations of an object are wrong.
        """
        if isinstance(self.subject, str):
            return Child(self.subject, self.precision, self.options, self.limits)
        return Local(self.subject)
