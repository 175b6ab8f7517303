"""What changed since a baseline, on the terminal.

Since the baseline: 1 new finding, 0 gone, 1 changed (1 for the worse), 34 unchanged.

NEW: 1

OCT101 concurrent-execution, proved: ServerTasks-1003
  on OCTO-HA-A and OCTO-HA-B
  ServerTasks-1003 was executed twice at the same time ...
  TaskLogs/servertasks-1003_x.txt:9
  Why: TaskLogs/servertasks-1003_x.txt is new in the input
"""

from __future__ import annotations

from analyzer.report.changes import Change, Changes, Kind
from analyzer.report.plain import count, listing, visible
from analyzer.report.text import BOLD, COLOURS, DIM, Page


def render(changes: Changes, width: int = 80, *, colour: bool = False) -> str:
    """The figures, then every change: new, changed, gone."""
    page = Page(width, colour=colour)
    page.write(counts(changes))
    for kind in (Kind.NEW, Kind.CHANGED, Kind.GONE):
        group = changes.of(kind)
        if group:
            page.write()
            page.write(f"{kind.upper()}: {len(group):,}", style=BOLD)
        for one in group:
            _change(page, one)
    return page.text


def counts(changes: Changes) -> str:
    """One sentence."""
    changed = changes.of(Kind.CHANGED)
    worse = f" ({sum(one.worse for one in changed):,} for the worse)" if changed else ""
    return (
        f"Since the baseline: {count(len(changes.of(Kind.NEW)), 'new finding')}, {len(changes.of(Kind.GONE)):,} gone, "
        f"{len(changed):,} changed{worse}, {changes.unchanged:,} unchanged."
    )


def _change(page: Page, change: Change) -> None:
    finding = change.finding
    whose = " ".join(filter(None, [finding.customer, finding.task]))
    what = f"{finding.code} {finding.name}, {finding.verdict}"
    page.write()
    page.write(visible(f"{what}: {whose}" if whose else what), style=COLOURS[finding.severity])
    if finding.nodes:
        page.write(visible(f"on {listing(list(finding.nodes), 9)}"), 2)
    page.write(visible(finding.summary), 2)
    for one in finding.evidence[:1]:
        page.write(visible(f"{one.source}:{one.line}"), 2, DIM, wrap=False)
    page.write(visible(f"Why: {change.reason}"), 2)
