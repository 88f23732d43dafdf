"""What a person reads: what is judged, a block for each cause of a break, the headline."""

import io
import sys
from textwrap import indent, wrap
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backproof.reports.causes import Cause
from backproof.reports.ledger import entries
from backproof.reports.lines import COLOURS, Lines, ratio
from backproof.reports.remarks import remarks
from backproof.reports.report import Report
from backproof.reports.row import Finding

WIDEST = 72
MOST_CALLS = 4


def console(error: bool = False) -> Console:
    """Where a person reads; the subject's own words are no markup."""
    stream = sys.stderr if error else sys.stdout
    moving = None if stream.isatty() else False  # no frames of a spinner, not even in colour
    return Console(file=stream, highlight=False, markup=False, force_interactive=moving)


def as_text(report: Report) -> str:
    """All that a person reads of a report, without colours and as wide as it is."""
    stream = io.StringIO()
    plain = Console(
        file=stream, highlight=False, markup=False, color_system=None, force_terminal=False
    )
    heading(report, plain)
    Lines(report, plain).rest()
    closing(report, plain)
    return stream.getvalue().rstrip("\n")


def heading(report: Report, console: Console) -> None:
    """What is judged, and which relaxations it declares."""
    subject = report.subject
    version = f" {subject.version}" if subject.version else ""
    offers = ", ".join(subject.capabilities)
    _say(f"{subject.name}{version} in {subject.precision}, offering {offers}", console)
    if subject.declared:
        _say(f"declared: {', '.join(subject.declared)}", console, "yellow")


def closing(report: Report, console: Console, verbose: bool = False) -> None:
    """A block for each likely cause of what does not hold, the notes, and the headline.

    verbose: whether what a ledger would say of them stands below, and how all of it is run again
    """
    found = report.causes
    for cause in found:
        console.print()
        _say(told(report, cause), console)
        if verbose and (entry := entries(report, cause)):
            _say(f"  for a ledger of what is known to be broken:\n{indent(entry, '    ')}", console)
    notes = remarks(report)
    if notes and found:
        console.print()
    for note in notes:
        _say(f"note: {note}", console, "yellow")
    console.print()
    if verbose or (found and len(report.laws) > 1):
        _say(f"run all of it again: {report.again()}", console)
    if report.reach.rows:
        _say(_judged_on(report), console)
    if report.chance:
        _say(_by_chance(report), console)
    _say(report.headline(), console, "bold")


def _say(text: str, console: Console, style: str = "") -> None:
    """The lines; on a terminal sentences go on below their beginning, and break between words.

    What is to be copied, a command or a value, is left in one piece.
    """
    for words in text.split("\n"):
        whole = " = " in words or "backproof " in words or not console.is_terminal
        below = " " * (len(words) - len(words.lstrip()) + 2)
        shown = [words] if whole else _folded(words, console.width, below)
        for part in shown:
            console.print(part, style=style, soft_wrap=True, highlight=False)


def _folded(words: str, width: int, below: str) -> list[str]:
    wrapped = wrap(
        words,
        max(width, 40),
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped or [words]


def _judged_on(report: Report) -> str:
    missed = f"; not reached: {', '.join(report.not_reached)}" * bool(report.not_reached)
    return f"judged by value on {report.reach.sentence()}{missed}"


def _by_chance(report: Report) -> str:
    """What the statistical laws share: the sum of what each of their tests may err."""
    return (
        f"statistical laws break a correct subject by chance once in {1 / report.chance:.0e} checks"
    )


def told(report: Report, cause: Cause) -> str:
    """A cause: the law that shows it best, and the names of the others that it breaks."""
    if everywhere(report, cause):
        return _everywhere(report)
    place = next(i for i, row in enumerate(report.laws) if row.law == cause.shown)
    lines = [explained(report, place)]
    if cause.alike:
        lines += [f"  {cause.what}, which breaks as well:", *(f"    {law}" for law in cause.alike)]
    if cause.follows:
        also = " also" * bool(cause.alike)
        lines.append(f"  as is to be expected where {cause.what}, these do not hold{also}:")
        lines += [f"    {law}" for law in cause.follows]
    return "\n".join(lines)


def everywhere(report: Report, cause: Cause) -> bool:
    """Whether all laws, of several, are errors for this one cause, so that none was judged."""
    alone = all(row.status == "error" for row in report.laws)
    return alone and len(cause.laws) == len(report.laws) > 1


def _everywhere(report: Report) -> str:
    """One reason for which no law could be judged: what it is, and no word of the laws."""
    row = report.laws[0]
    lines = _finding(row.findings[0]) if row.findings else [f"  {row.reason}"]
    return "\n".join([f"{row.status} in all {len(report.laws)} laws:", *lines])


def explained(report: Report, place: int) -> str:
    """The block of a law that does not hold: claim, smallest case, numbers, how to run it again."""
    row = report.laws[place]
    lines = [f"{row.status}: {row.law}", f"  {row.statement}"]
    lines += [f"  {row.reason}"] * (row.status == "stale")
    for number, finding in enumerate(row.findings):
        lines += ["  broken in another way, too:"] if number else []
        try:
            lines += _finding(finding) + _interpreted(finding)
        except Exception:  # nothing that is shown may end the run
            lines.append(f"  {finding!r}")
    if not row.findings and row.reason:
        lines.append(f"  {row.reason}")
    lines.append(f"  run it again: {report.again(row.law)}")
    lines.append(f"  read about it: backproof explain {row.law}")
    return "\n".join(lines)


def _finding(finding: Finding) -> list[str]:
    if finding.kind == "internal":
        return [
            "  a fault of backproof itself, not of the subject; please report it:",
            finding.what,
        ]
    lines = _case(finding)
    if finding.ratio is None:
        lines.append(f"  {finding.what}")
    elif finding.verb == "probable":
        lines += [
            f"  {finding.place()}",
            f"    observed {finding.observed!r}, how often chance alone gives this or less",
            f"    limit    {finding.expected!r}, below which it is called a fault",
        ]
    else:
        lines += [
            f"  {finding.place()}",
            f"    observed {finding.observed!r}, the subject's{_off(finding)}",
            f"    expected {finding.expected!r}",
            f"    allowed  {finding.allowed!r}, the largest error that is legal here",
            f"    ratio    {ratio(finding.ratio)}, the error over what is allowed",
        ]
    lines += [f"    {part}" for part in finding.detail.splitlines()]
    return lines


def _case(finding: Finding) -> list[str]:
    """What was sent, and what else was drawn; of many calls the first and the last."""
    if not finding.sent:
        shown = _parts(finding.arguments)
        return [*(["  the smallest case:"] if shown else []), *_named(shown)]
    first, *others = finding.sent
    drawn = [(name, value) for name, value in _flattened(finding.arguments) if _plain(name, value)]
    sent = [(name, value) for name, value in first.parts.items() if value is not None]
    lines = ["  the smallest case:", *_named([*sent, *drawn])]
    if others or any("(" in call for call in first.calls):
        more = f", and {len(first.calls) - MOST_CALLS} times more" * (len(first.calls) > MOST_CALLS)
        lines.append(f"  asked for {', '.join(first.calls[:MOST_CALLS])}{more}")
    if len(others) > 1:
        lines.append(f"  then {len(others) - 1} other ways, which --json has")
    for other in others[-1:]:
        lines += [f"  then for {', '.join(other.calls)}, with", *_named([*other.parts.items()])]
    return lines


def _named(values: list[tuple[str, Any]]) -> list[str]:
    return [f"    {name} = {_literal(value)}" for name, value in values]


def _plain(name: str, value: Any) -> bool:
    """Whether an argument is no part of a network: a rate, a seed, what is done to the case."""
    return not isinstance(value, list | dict) and not name.endswith("architecture")


def _interpreted(finding: Finding) -> list[str]:
    """How special the fault is, what would mend it, and which known mistakes answer alike."""
    lines = [f"  {words}" for words in finding.special]
    if finding.hint:
        lines.append(f"  every answer at hand fits {finding.hint}: declare it, or mend it")
    lines += [f"  {finding.clash}"] * bool(finding.clash)
    if finding.slips:
        lines.append("  what answers alike is known:")
        lines += [f"    {slip}" for slip in finding.slips]
    return lines


def _off(finding: Finding) -> str:
    """How far off, as a newcomer would say it."""
    observed, expected = finding.observed, finding.expected
    if not isinstance(observed, float) or not isinstance(expected, float) or not expected:
        return ""
    share = abs(observed / expected - 1)
    return f", off by {share:.2%}" if 1e-4 <= share < 10 else ""


def _parts(arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    """The drawn arguments; of two networks, each part with the name of its network before it."""
    networks = [name for name, value in arguments.items() if isinstance(value, dict)]
    if len(networks) < 2:
        return _flattened(arguments)
    return [
        (f"{name}.{part}" if name in networks else part, value)
        for name, argument in arguments.items()
        for part, value in _flattened({name: argument})
    ]


def _flattened(arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    """The arguments with the parts of a network, or of two, by their own names."""
    flat: list[tuple[str, Any]] = []
    for name, value in arguments.items():
        if isinstance(value, dict):
            flat += _flattened(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for place, layer in enumerate(value):
                flat += [(f"{name}[{place}].{part}", array) for part, array in layer.items()]
        else:
            flat.append((name, value))
    return flat


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = repr(value)
    if len(text) <= WIDEST or not isinstance(value, list):
        return text
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):  # no array of numbers: whatever it is, it can be printed
        return text
    shown = ", ".join(repr(float(x)) for x in array.ravel()[:3])
    return f"<{' x '.join(map(str, array.shape))} numbers, {shown}, ...; all of them in --json>"


def table(reports: list[Report], console: Console) -> None:
    """Several subjects: a row for each law, a column for each subject."""
    grid = Table(show_edge=False, pad_edge=False)
    grid.add_column("law", no_wrap=False)
    for report in reports:
        words = report.subject.subject.rpartition(":")[2] or report.subject.name
        grid.add_column(f"{words}\n{report.subject.precision}")
    for place, row in enumerate(reports[0].laws):
        cells = [report.laws[place].status for report in reports]
        grid.add_row(row.law, *(Text(status, COLOURS[status]) for status in cells))
    console.print(grid)
