"""An audit on the terminal: the answer, then the findings worst first, then what stayed open.

    2 of 41 tasks ran on two nodes at the same time: ServerTasks-1003 and ServerTasks-1017.
    Clean for 39 of 41 tasks.
    Read 82 sources, 1.2 M lines, 0 rejected.

    ERRORS: 2

    OCT101 concurrent-execution, proved: ServerTasks-1003
      on OCTO-HA-A and OCTO-HA-B, since 2023-09-18 04:18:52 UTC
      ...
      TaskLogs/servertasks-1003_x.txt:9
        ["ServerTasks-1003_X","INF",...

Text is wrapped, never cut; a place in a source is never broken, so that it can be copied.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence

from analyzer.case import Audit
from analyzer.model import Finding, Incident, IncidentStatus, NotJudged, Severity, Suppressed, Suppression
from analyzer.report.answer import answer
from analyzer.report.catalogue import columns as aligned
from analyzer.report.machines import FIRST, MEANING, machines, told
from analyzer.report.plain import count, listing, visible
from analyzer.report.since import Since

SHOWN = {Severity.ERROR: 1000, Severity.WARNING: 10, Severity.NOTE: 3}
"""How many findings of one code are told in full."""
GROUPS = 12
"""How many reasons for not judging are told."""
BOLD, DIM = "1", "2"
COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "33", Severity.NOTE: "36"}
NARROWEST = 30


def render(audit: Audit, width: int = 80, *, colour: bool = False) -> str:
    """The whole report as text of that width."""
    page = Page(width, colour=colour)
    for part in answer(audit):
        page.write(part)
    _incidents(page, audit.incidents)
    _machines(page, audit, width)
    since = Since(audit)
    for severity in reversed(Severity):
        group = [finding for finding in audit.findings if finding.severity is severity]
        if group:
            page.write()
            page.write(f"{severity.upper()}S: {len(group):,}", style=COLOURS[severity])
            _group(page, group, since)
    _suppressed(page, audit.suppressed)
    _open_questions(page, audit.not_judged)
    return page.text


def short(audit: Audit, width: int = 80, *, colour: bool = False) -> str:
    """The answer alone."""
    page = Page(width, colour=colour)
    for part in answer(audit):
        page.write(part)
    return page.text


class Page:
    """Paragraphs of a width; styled with ANSI codes where colour is wanted."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._width = max(width, NARROWEST)
        self._colour = colour
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """What was written so far."""
        return "\n".join([*self._lines, ""])

    def write(self, text: str = "", indent: int = 0, style: str = "", *, wrap: bool = True, fold: bool = False) -> None:
        """A paragraph; `fold` breaks inside words that do not fit, which is for log lines only."""
        room = self._width - indent
        lines = textwrap.wrap(text, room, break_long_words=fold, break_on_hyphens=False) if wrap else [text]
        for line in lines or [""]:
            styled = f"\x1b[{style}m{line}\x1b[0m" if style and self._colour else line
            self._lines.append((" " * indent + styled).rstrip())


def _incidents(page: Page, incidents: Sequence[Incident]) -> None:
    """A paragraph for each incident that it is or may be."""
    shown = [one for one in incidents if one.status is not IncidentStatus.EXCLUDED]
    if not shown:
        return
    page.write()
    page.write(f"KNOWN INCIDENTS: {len(shown):,}", style=BOLD)
    for one in shown:
        which = f" Tasks: {listing(list(one.tasks), 9)}." if one.tasks else ""
        whose = f", {one.customer}" if one.customer else ""
        page.write(visible(f"{one.id}, {one.status}{whose}: {one.title}. {one.reason}{which} {one.remedy}"), 2)
        page.write(visible(one.link), 2, DIM, wrap=False)


def _machines(page: Page, audit: Audit, width: int) -> None:
    """What double runs did twice, machine by machine."""
    rows = machines(audit.case)
    if not rows:
        return
    page.write()
    page.write(f"CHECK THESE MACHINES FIRST: {len(rows):,}", style=BOLD)
    page.write(MEANING, 2)
    for line in aligned([told(row) for row in rows[:FIRST]], max(width, NARROWEST) - 2).splitlines():
        page.write(line, 2, wrap=False)
    if len(rows) > FIRST:
        page.write(f"and {len(rows) - FIRST:,} more: --json FILE writes them all", 2)


def _group(page: Page, findings: Sequence[Finding], since: Since) -> None:
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    for group in by_code.values():
        shown = SHOWN[group[0].severity]
        for finding in group[:shown]:
            _finding(page, finding, since)
        if len(group) > shown:
            page.write()
            page.write(
                f"and {len(group) - shown:,} more {group[0].code} {group[0].name}: --json FILE writes them all", 2
            )


def _finding(page: Page, finding: Finding, since: Since) -> None:
    what = f"{finding.code} {finding.name}, {finding.verdict}"
    whose = " ".join(filter(None, [finding.customer, finding.task]))
    page.write()
    page.write(visible(f"{what}: {whose}" if whose else what), style=COLOURS[finding.severity])
    where = [f"on {listing(list(finding.nodes), 9)}"] if finding.nodes else []
    when = [f"since {since.of(finding)}"] if since.of(finding) else []
    if where or when:
        page.write(visible(", ".join(where + when)), 2)
    page.write(visible(finding.summary), 2)
    if finding.evidence:
        first = finding.evidence[0]
        page.write(visible(f"{first.source}:{first.line}"), 2, DIM, wrap=False)
        page.write(visible(first.excerpt), 4, DIM, fold=True)
    if len(finding.evidence) > 1:
        page.write(f"and {count(len(finding.evidence) - 1, 'more line')} of evidence", 2, DIM)


def _suppressed(page: Page, suppressed: Sequence[Suppressed]) -> None:
    """A paragraph for each suppression: what it covers, why, and until when."""
    if not suppressed:
        return
    page.write()
    page.write(f"SUPPRESSED: {len(suppressed):,}", style=BOLD)
    by: dict[Suppression, list[str]] = defaultdict(list)
    for one in suppressed:
        by[one.by].append(" ".join(filter(None, [one.finding.code, one.finding.customer, one.finding.task])))
    for suppression, names in by.items():
        where = f"{suppression.place}, until {suppression.expires}"
        page.write(visible(f"{listing(names, 9)}: {suppression.reason} ({where})"), 2)


def _open_questions(page: Page, questions: Iterable[NotJudged]) -> None:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in questions:
        groups[one.code, one.reason] += filter(None, [f"{one.customer} {one.task or ''}".strip()])
    if not groups:
        return
    page.write()
    page.write(f"NOT JUDGED: {len(groups):,}", style=BOLD)
    for (code, reason), names in list(groups.items())[:GROUPS]:
        page.write(visible(f"{code} {listing(names)}: {reason}" if names else f"{code}: {reason}"), 2)
    if len(groups) > GROUPS:
        page.write(f"and {len(groups) - GROUPS:,} more: --json FILE writes them all", 2)
