"""A pattern in the place of a subject: the files that fit it, and a name for each of them."""

import os
from glob import glob
from pathlib import Path

from backproof.frontends.ending import wrong


def is_pattern(words: str) -> bool:
    """Whether the words name several files: they have a *, a ? or a [, and no file is called so."""
    if words.startswith("--command="):  # no shell reads it, and neither do we
        return False
    file = words.rpartition(":")[0] or words
    return any(sign in words for sign in "*?[") and not Path(file).exists()


def in_class(subjects: list[str]) -> tuple[list[str], list[str]]:
    """The subjects with those of each pattern; where there is one, the names in the class.

    A pattern that is wrong ends the command.
    """
    try:
        found = expanded(subjects)
    except ValueError as reason:
        wrong(str(reason))
    for words in found:
        if any("\ud800" <= sign <= "\udfff" for sign in words):
            wrong(f"{words!a}: a name that is no UTF-8; rename the file")
    return found, names(found) if any(map(is_pattern, subjects)) else []


def expanded(subjects: list[str]) -> list[str]:
    """The subjects, with those that fit a pattern in its place, sorted; in a class each once.

    Raises: ValueError for a pattern that names no class, or that no file fits.
    """
    if not any(map(is_pattern, subjects)):
        return subjects
    found = [_fitting(words) if is_pattern(words) else [words] for words in subjects]
    return list(dict.fromkeys(one for words in found for one in words))


def _fitting(words: str) -> list[str]:
    pattern, colon, name = words.rpartition(":")
    if not colon or not name:
        raise ValueError(
            f"{words!r} names files; say which class in them, as {words.strip(':')}:Net"
        )
    files = sorted(file for file in glob(pattern, recursive=True) if Path(file).is_file())
    if not files:
        raise ValueError(f"no file fits {pattern!r}, as seen from {Path.cwd()}")
    return [f"{file}:{name}" for file in files]


def names(subjects: list[str]) -> list[str]:
    """What tells each subject from the others: its path, without what all of them share.

    Where all files are called alike, a submission is known by its folder.
    """
    places, classes = zip(*(_parted(words) for words in subjects), strict=True)
    root = os.path.commonpath([place.parent for place in places])
    paths = [place.relative_to(root) for place in places]
    if len({path.name for path in paths}) == 1 and len(set(places)) > 1:
        paths = [path.parent for path in paths]
    found = [path.with_suffix("") if path.suffix == ".py" else path for path in paths]
    if len(set(classes)) > 1:
        found = [
            path.with_name(f"{path.name}-{name}") for path, name in zip(found, classes, strict=True)
        ]
    return _apart([path.as_posix() for path in found])


def _parted(words: str) -> tuple[Path, str]:
    file, _, name = words.rpartition(":")
    return Path(os.path.abspath(file or name)), name


def _apart(found: list[str]) -> list[str]:
    """The names as those of files, none of which is that of another, or of the index."""
    taken = {"index"}
    for place, name in enumerate(found):
        while name.casefold() in taken:
            name += "_"
        taken.add(name.casefold())
        found[place] = name
    return found
