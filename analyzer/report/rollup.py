"""One row per customer: what `--each` prints over hundreds of bundles.

    errors  warnings  at once  twice  undecided  tasks  unread  customer
         2         0        1      0          1     41       0  contoso

*at once* and *twice* count tasks with OCT101 and OCT102. The customer stands last, so that a long name is not cut.
"""

from __future__ import annotations

from analyzer.model import Audit, Finding, Severity
from analyzer.report.plain import visible
from analyzer.report.summary import Part, split, undecided

HEADINGS = ("errors", "warnings", "at once", "twice", "undecided", "tasks", "unread", "customer")


def table(audit: Audit) -> str:
    """The rows, worst customer first, then by name."""
    parts = split(audit)
    rows = [_row(customer, part) for customer, part in parts.items()]
    rows.sort(key=lambda row: ([-figure for figure in row[0][:4]], row[1]))
    lines = ["  ".join(HEADINGS)]
    for numbers, customer in rows:
        cells = [f"{number:>{len(heading)},}" for number, heading in zip(numbers, HEADINGS, strict=False)]
        lines.append("  ".join([*cells, visible(customer)]))
    return "\n".join(lines) + "\n"


def _row(customer: str, part: Part) -> tuple[list[int], str]:
    numbers = [
        sum(finding.severity is Severity.ERROR for finding in part.findings),
        sum(finding.severity is Severity.WARNING for finding in part.findings),
        _tasks(part.findings, "OCT101"),
        _tasks(part.findings, "OCT102"),
        len(undecided(part.not_judged)),
        len(part.tasks),
        sum(row["problem"] is not None for row in part.sources),
    ]
    return numbers, customer


def _tasks(findings: list[Finding], code: str) -> int:
    return len({finding.task for finding in findings if finding.code == code})
