"""One row per customer: what `--each` prints over hundreds of bundles.

    errors  warnings  at once  twice  maybe  tasks  unread  customer
         2         0        1      0      1     41       0  contoso

*at once* counts tasks with a proved OCT101, *twice* those with OCT102, *maybe* those with a possible OCT101 or a second
run of undecided kind. The customer stands last, so that a long name is not cut.
"""

from __future__ import annotations

from analyzer.case import Audit
from analyzer.model import Severity, Verdict
from analyzer.report.plain import visible
from analyzer.report.summary import Part, split, undecided

HEADINGS = ("errors", "warnings", "at once", "twice", "maybe", "tasks", "unread", "customer")


def table(audit: Audit) -> str:
    """The rows, worst customer first, then by name."""
    lines = ["  ".join(HEADINGS)]
    for figures, customer in ranked(audit):
        cells = [f"{figure:>{len(heading)},}" for figure, heading in zip(figures, HEADINGS, strict=False)]
        lines.append("  ".join([*cells, visible(customer)]))
    return "\n".join(lines) + "\n"


def ranked(audit: Audit) -> list[tuple[list[int], str]]:
    """The figures of each customer in the order of HEADINGS, and its name; worst customer first, then by name."""
    rows = [(_figures(part), customer) for customer, part in split(audit).items()]
    return sorted(rows, key=lambda row: ([-figure for figure in row[0][:5]], row[1]))


def _figures(part: Part) -> list[int]:
    at_once = {one.task for one in part.findings if one.code == "OCT101" and one.verdict is Verdict.PROVED}
    twice = {one.task for one in part.findings if one.code == "OCT102"}
    maybe = {one.task for one in part.findings if one.code == "OCT101"} | {
        task for _, task in undecided(part.not_judged)
    }
    return [
        sum(finding.severity is Severity.ERROR for finding in part.findings),
        sum(finding.severity is Severity.WARNING for finding in part.findings),
        len(at_once),
        len(twice),
        len(maybe - at_once - twice),
        len(part.tasks),
        part.problems,
    ]
