"""Examples run while the site is built, so that a page shows what is printed today.

A fence ```` ```python run ```` is run together with the others of its page, in order, and is
followed by what it prints. A fence ```` ```console run ```` holds one command after a `$ `, and is
completed by what the command prints. What is printed is kept until a file changes (`kept.py`).

With BACKPROOF_DRAFT=1 of each chapter of laws one page runs its commands: minutes less, for who
writes, and for tests that ask elsewhere whether a law sees what its page shows.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from kept import kept
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from backproof.laws.catalogue import laws

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(python|console) run\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BETWEEN = "-- the next block --"
SECONDS = 600
AT_ONCE = os.cpu_count() or 1


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Start every example of every page."""
    for file in files.documentation_pages():
        if file.src_uri not in left_out():
            _start(file.content_string)
    return files


@cache
def left_out() -> set[str]:
    """The pages whose commands a draft does not run."""
    if not os.environ.get("BACKPROOF_DRAFT"):
        return set()
    first = {law.chapter: law for law in reversed(laws())}
    return {f"{law.page}.md" for law in laws() if law != first[law.chapter]}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with what its examples print."""
    if page.file.src_uri in left_out():
        return FENCE.sub(r"```\1\n\2(not run in a draft)\n```", markdown)
    printed = iter(_python(markdown).split(f"{BETWEEN}\n"))
    return FENCE.sub(lambda found: _shown(found, printed), markdown)


def _shown(found: re.Match[str], printed: Iterator[str]) -> str:
    language, body = found.groups()
    if language == "console":
        return f"```console\n{body}{_console(body)}```"
    output = next(printed)
    block = f"```python\n{body}```"
    return f"{block}\n\n``` {{ .text .printed }}\n{output}```" if output else block


def _start(markdown: str) -> None:
    if program := _program(markdown):
        _begun((sys.executable, "-c", program))
    for language, body in FENCE.findall(markdown):
        if language == "console":
            _begun(_command(body))


def _python(markdown: str) -> str:
    """What the blocks of a page print, with a mark after each but the last."""
    program = _program(markdown)
    return _begun((sys.executable, "-c", program)).result() if program else ""


def _program(markdown: str) -> str:
    blocks = [body for language, body in FENCE.findall(markdown) if language == "python"]
    return f"print({BETWEEN!r}, flush=True)\n".join(blocks)


def _console(body: str) -> str:
    return _begun(_command(body)).result()


def _command(body: str) -> tuple[str, ...]:
    first, *rest = body.splitlines()
    if rest or not first.startswith("$ "):
        raise PluginError(f"{body!r}: a console example is one line, `$ command`")
    return ("sh", "-c", first.removeprefix("$ "))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE)


@cache
def _begun(command: tuple[str, ...]) -> Future[str]:
    return _pool().submit(kept, repr(command), lambda: _printed(command))


def _printed(command: tuple[str, ...]) -> str:
    """What a command prints in the root of the repository, on 80 columns without colours."""
    here = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, ("examples", os.environ.get("PYTHONPATH")))),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    done = subprocess.run(
        command, cwd=ROOT, env=here, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    legal = (0, 1) if command[0] == "sh" else (0,)  # 1: a law is broken, and the page shows it
    if done.returncode not in legal or done.stderr:
        raise PluginError(f"{command[-1]}\nleft with {done.returncode}\n{done.stderr}")
    return done.stdout
