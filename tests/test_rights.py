"""A subject with the rights of another user, so that it can end no judge and write no score."""

import os
import pwd
import subprocess
import sys
from typing import Any

import pytest

from backproof.subjects import pipes, rights
from backproof.subjects.process import Limits

ME = pwd.getpwuid(os.getuid())


def test_the_rights_of_a_user_are_all_that_a_process_has() -> None:
    assert rights.rights("") == {}
    assert rights.rights(ME.pw_name) == {
        "user": ME.pw_uid, "group": ME.pw_gid, "extra_groups": [],
    }  # fmt: skip


def test_root_alone_gives_rights() -> None:
    if os.getuid():
        with pytest.raises(ValueError, match="root alone gives rights"):
            Limits(user=ME.pw_name)
    else:
        assert Limits(user=ME.pw_name).user == ME.pw_name


def test_a_user_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="user='no such': this system has no such user"):
        Limits(user="no such")


def test_the_process_of_a_subject_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given, start = dict[str, Any](), subprocess.Popen

    def started(*_: Any, **more: Any) -> Any:
        given.update(more)
        return start([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(subprocess, "Popen", started)
    pipes.Piped("backproof.subjects.serve", user=ME.pw_name).end()
    assert (given["user"], given["group"], given["extra_groups"]) == (ME.pw_uid, ME.pw_gid, [])


def test_a_user_who_cannot_import_what_serves_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess((), 1, stderr="Traceback\nModuleNotFoundError: no numpy\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ValueError, match="cannot import backproof: ModuleNotFoundError: no numpy"):
        Limits(user=ME.pw_name)
