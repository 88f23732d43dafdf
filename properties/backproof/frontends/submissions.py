"""A class of submissions: each is judged in turn, and is a row of the table, whatever it does."""

import sys
import textwrap
import time
from collections.abc import Callable

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from backproof.frontends.interrupts import Interrupts
from backproof.frontends.written import Asked, write_index, write_one
from backproof.judging.judgement import Judgement
from backproof.reports.gradescope import Grading
from backproof.reports.overview import COLUMNS, COUNTED, Submission
from backproof.reports.row import Row
from backproof.reports.text import printable
from backproof.subjects.failures import CannotLoad

MOST_NAME, LEAST_WORDS, ROOM = 32, 20, 60
"""Columns: of a name at most, of a finding at least, and of one that has room for a mistake."""

WIDTHS = [*map(len, COUNTED), len("seconds")]


class Progress:
    """Which submission is asked, and how many of its laws are done."""

    def __init__(self, words: str, among: int, update: Callable[[str], None]) -> None:
        self._words, self._among, self.update, self._done = words, among, update, 0

    def started(self, row: Row) -> None:
        """A law begins."""
        self.update(f"{self._words}: {self._done} of {self._among} laws ...")

    def finished(self, row: Row) -> None:
        """A law has its verdict."""
        self._done += 1


def load_or_refuse(judgement: Judgement, interrupts: Interrupts) -> None:
    """Load it until Ctrl-C; where it cannot be loaded, that is the error of every law."""
    try:
        with interrupts.stoppable():
            judgement.load()
    except CannotLoad as reason:
        judgement.refuse(reason)
    except KeyboardInterrupt:
        pass  # every law is unfinished, and the report says so


def judge_class(
    judgements: list[Judgement],
    names: list[str],
    interrupts: Interrupts,
    console: Console,
    run: Callable[[Judgement, Progress], None],
    asked: Asked,
    grading: Grading | None,
) -> None:
    """Judge each submission, show its row and write its reports; at last what is said of all."""
    width = min(MOST_NAME, max(cell_len(printable(name)) for name in (COLUMNS[0], *names)))
    _show([*COLUMNS[:-1], ""], width, "dim", console)
    done = list[Submission]()
    for place, judgement in enumerate(judgements):
        words = f"{place + 1} of {len(names)}, {names[place]}"
        begun, report = time.monotonic(), judgement.report
        with console.status(f"{words}: loading ...") as status:
            load_or_refuse(judgement, interrupts)
            if judgement.loaded and not interrupts.asked:
                run(judgement, Progress(words, len(report.laws), status.update))
        report.interrupted = interrupts.asked
        judgement.close()
        judgement.surveys.clear()  # those of a whole class would fill the memory
        done.append(Submission(names[place], report, time.monotonic() - begun))
        _show(done[-1].cells, width, "red" if report.exit_status else "green", console)
        write_one(asked, done[-1], grading)
    write_index(asked, done, grading)


def _show(cells: list[str], width: int, style: str, console: Console) -> None:
    """A row of the table; on a terminal the finding goes on below its beginning."""
    name, *numbers, words, slip = cells
    head = "".join(f"  {number:>{size}}" for number, size in zip(numbers, WIDTHS, strict=True))
    indent = width + len(head) + 2
    room = console.width - indent if console.is_terminal else sys.maxsize
    words += f", as where: {slip}" * bool(slip and room >= ROOM)
    lines = textwrap.wrap(words, max(room, LEAST_WORDS)) or [""]
    line = Text(set_cell_size(name, width), style)
    line.append(f"{head}  " + f"\n{' ' * indent}".join(lines))
    line.rstrip()
    console.print(line, soft_wrap=True)
