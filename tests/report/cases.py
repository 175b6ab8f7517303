"""Small cases and findings, as detectors would hand them to the reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from analyzer import schema
from analyzer.case import Audit, Case
from analyzer.model import Evidence, Finding, Findings, NotJudged, Severity, Verdict

DAWN = datetime(2023, 9, 18, 4, 18, 52, tzinfo=UTC)
NAMES = {
    "OCT101": ("concurrent-execution", Severity.ERROR),
    "OCT102": ("repeated-execution", Severity.ERROR),
    "OCT103": ("log-contention", Severity.NOTE),
    "OCT104": ("node-handover", Severity.NOTE),
    "OCT201": ("time-went-back", Severity.WARNING),
    "OCT301": ("conflicting-final-status", Severity.ERROR),
}


def finding(
    code: str, task: int | None = None, *, line: int = 9, source: str = "TaskLogs/a.txt", **more: Any
) -> Finding:
    name, severity = NAMES[code]
    values: dict[str, Any] = {
        "verdict": Verdict.PROVED,
        "summary": f"what {code} says",
        "evidence": (Evidence(source, line, line * 10, f"excerpt of line {line}"),),
        "nodes": ("OCTO-A", "OCTO-B"),
        "task": None if task is None else f"ServerTasks-{task}",
    }
    return Finding(code=code, name=name, severity=severity, **values | more)


def source(name: str, customer: str = "", **more: Any) -> dict[str, Any]:
    row = {"customer": customer, "source": name, "format": "task-log", "lines": 10, "events": 9, "rejects": 0}
    return row | more


def execution(task: int, number: int, node: str | None, start: int, end: int | None, **more: Any) -> dict[str, Any]:
    """One run from second `start` to second `end`; without an end it goes on."""
    row = {
        "customer": "",
        "task": f"ServerTasks-{task}",
        "log": "X",
        "number": number,
        "basis": "one root, one plan",
        "node": node,
        "started": DAWN + timedelta(seconds=start),
        "ended": None if end is None else DAWN + timedelta(seconds=end),
    }
    return row | more


def case(
    sources: Iterable[Mapping[str, Any]] = (), tasks: Iterable[int] = (), customer: str = "", **tables: Any
) -> Case:
    """A case with one event for each task; other tables as rows."""
    events = [{"customer": customer, "task": f"ServerTasks-{task}", "node": None} for task in tasks]
    rows = {"sources": sources, "events": events} | tables
    made = {name: schema.from_rows(schema.TABLES[name], rows.get(name, ())) for name in schema.TABLES}
    return Case(lambda _: made)


def audit(of: Case | None = None, findings: Sequence[Finding] = (), questions: Sequence[NotJudged] = ()) -> Audit:
    return Audit(of or case([source("TaskLogs/a.txt")], [1, 2, 3]), Findings(findings), tuple(questions))
