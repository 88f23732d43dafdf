"""Whose rights a subject has: those of the judge, or those of another user of the system."""

import subprocess
import sys
from contextlib import suppress
from typing import Any

with suppress(ImportError):  # not every system has users to look up
    import pwd


def rights(user: str) -> dict[str, Any]:
    """What `subprocess` is given, so that a process has the rights of a user; "": of the judge.

    Raises: ValueError where the system knows no such user.
    """
    if not user:
        return {}
    try:
        known = pwd.getpwnam(user)
    except (NameError, KeyError):
        raise ValueError(f"user={user!r}: this system has no such user") from None
    return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}


def check_rights(user: str) -> None:
    """Start a process with the rights of a user, as a subject will be.

    Raises: ValueError where that is not possible, with the reason.
    """
    program = [sys.executable, "-P", "-c", "import backproof.subjects.serve"]
    try:
        done = subprocess.run(program, capture_output=True, text=True, check=False, **rights(user))
    except OSError as error:
        way_out = f"root alone gives rights, and {user} has to be able to run {sys.executable}"
        raise ValueError(f"user={user!r}: {error.strerror}; {way_out}") from None
    if done.returncode:
        words = (done.stderr.strip() or "it ends").splitlines()[-1]
        raise ValueError(f"user={user!r} cannot import backproof: {words}")
