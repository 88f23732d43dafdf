"""What a person reads: a line for each law, a block for each broken one, the headline."""

import io
import shlex
import sys
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backproof.reports.causes import Cause
from backproof.reports.remarks import remarks
from backproof.reports.report import Report
from backproof.reports.row import FAILING, Finding, Row, Status

COLOURS: dict[Status, str] = {
    "holds": "green",
    "broken": "bold red",
    "error": "bold red",
    "vacuous": "red",
    "weak": "yellow",
    "unsupported": "dim",
    "unfinished": "yellow",
    "internal": "bold magenta",
    "known": "yellow",
    "stale": "red",
}
WIDEST = 72
MOST_CALLS = 4


def console(error: bool = False) -> Console:
    """Where a person reads; the subject's own words are no markup."""
    return Console(file=sys.stderr if error else sys.stdout, highlight=False, markup=False)


def as_text(report: Report) -> str:
    """All that a person reads of a report, without colours and as wide as it is."""
    stream = io.StringIO()
    plain = Console(file=stream, highlight=False, markup=False, color_system=None)
    heading(report, plain)
    for row in report.laws:
        line(row, plain)
    closing(report, plain)
    return stream.getvalue().rstrip("\n")


def heading(report: Report, console: Console) -> None:
    """What is judged, and which relaxations it declares."""
    subject = report.subject
    version = f" {subject.version}" if subject.version else ""
    offers = ", ".join(subject.capabilities)
    words = f"{subject.name}{version} in {subject.precision}, offering {offers}"
    console.print(words, soft_wrap=True)
    if subject.declared:
        console.print(f"declared: {', '.join(subject.declared)}", style="yellow", soft_wrap=True)


def line(row: Row, console: Console) -> None:
    """One row: the verdict, the law, and how much was judged."""
    text = Text()
    text.append(f"{row.status:<12}", COLOURS[row.status])
    text.append(row.law)
    if row.judged:
        text.append(f"  {_measures(row)}, {row.seconds:.1f} s", "dim")
    if row.reason and row.status not in FAILING:
        text.append(f"  {row.reason}", "dim")
    console.print(text, soft_wrap=True, highlight=False)


def _measures(row: Row) -> str:
    """How much was judged, how near to its limit it came, and how much it could have seen."""
    uneven = row.least_power_of and row.least_power < row.power - 0.05
    least = f" ({row.least_power:.0%} {row.least_power_of})" if uneven else ""
    planted = f", found a planted {row.limit.share:.0e}" if row.limit and row.limit.relative else ""
    return (
        f"{row.examples} examples, {row.judged:,} entries, "
        f"worst ratio {_ratio(row.worst_ratio)}, power {row.power:.0%}{least}{_sees(row)}{planted}"
    )


def _sees(row: Row) -> str:
    """The relative error that half of the comparisons see; a statistical test allows none."""
    if row.chance:
        return ""
    return f", sees {f'{row.median_allowed:.0e}' if row.median_allowed else 'any'} error"


class Progress:
    """The law that is running, and the rows that are done."""

    def __init__(self, console: Console, status: Any) -> None:
        self._console, self._status = console, status

    def started(self, row: Row) -> None:
        """A law begins."""
        self._status.update(f"{row.law} ...")

    def finished(self, row: Row) -> None:
        """A law has its verdict, or may be tried again."""
        if row.status != "unfinished":
            line(row, self._console)


def _ratio(value: float) -> str:
    if value >= 1e300 or value != value:
        return "infinite"
    return f"{value:.2f}" if 0.005 <= value < 1000 or value == 0 else f"{value:.1e}"


def closing(report: Report, console: Console) -> None:
    """A block for each likely cause of what does not hold, the notes, and the headline."""
    found = report.causes
    for cause in found:
        console.print()
        console.print(told(report, cause), soft_wrap=True)
    notes = remarks(report)
    if notes and found:
        console.print()
    for note in notes:
        console.print(f"note: {note}", style="yellow", soft_wrap=True, highlight=False)
    console.print()
    if report.reach.rows:
        console.print(_judged_on(report), soft_wrap=True, highlight=False)
    if report.chance:
        console.print(_by_chance(report), soft_wrap=True, highlight=False)
    console.print(report.headline(), style="bold", soft_wrap=True, highlight=False)


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
    place = next(i for i, row in enumerate(report.laws) if row.law == cause.shown)
    lines = [explained(report, place)]
    if cause.alike:
        lines += [f"  {cause.what}, which breaks as well:", *(f"    {law}" for law in cause.alike)]
    if cause.follows:
        also = " also" * bool(cause.alike)
        lines.append(f"  as is to be expected where {cause.what}, these do not hold{also}:")
        lines += [f"    {law}" for law in cause.follows]
    return "\n".join(lines)


def explained(report: Report, place: int) -> str:
    """The block of a law that does not hold: claim, smallest case, numbers, how to run it again."""
    row = report.laws[place]
    lines = [f"{row.status}: {row.law}", f"  {row.statement}"]
    for number, finding in enumerate(row.findings):
        lines += ["  broken in another way, too:"] if number else []
        try:
            lines += _finding(finding) + _interpreted(finding)
        except Exception:  # nothing that is shown may end the run
            lines.append(f"  {finding!r}")
    if not row.findings and row.reason:
        lines.append(f"  {row.reason}")
    lines.append(f"  run it again: {_again(row, report)}")
    lines.append(f"  read about it: backproof explain {row.law}")
    return "\n".join(lines)


def _again(row: Row, report: Report) -> str:
    """The call that gives the same verdict."""
    subject = report.subject
    if not subject.subject:  # an object, judged from Python
        given = f"laws={row.law!r}, profile={report.profile!r}, seed={report.seed}"
        return f"backproof.check({subject.name}, {given})"
    options = {**subject.options}
    precision = options.pop("precision", None)
    words = ["backproof", "check", subject.subject, "--laws", row.law, "--seed", str(report.seed)]
    words += ["--profile", report.profile] if report.profile != "default" else []
    words += ["--precision", precision] if precision else []
    words += [word for key, value in options.items() for word in ("--option", f"{key}={value}")]
    return shlex.join(words)


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
            f"    chance gives this in a share of {finding.observed!r}",
            f"    limit {finding.expected!r}, below which it is called a fault",
        ]
    else:
        lines += [
            f"  {finding.place()}",
            f"    observed {finding.observed!r}, the subject's{_off(finding)}",
            f"    expected {finding.expected!r}",
            f"    allowed  {finding.allowed!r}, the largest error that is legal here",
            f"    ratio    {_ratio(finding.ratio)}, the error over what is allowed",
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
        lines.append("  these known mistakes answer alike, at so many of the examples:")
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
